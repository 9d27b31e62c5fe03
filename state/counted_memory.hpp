#pragma once
// What the containers of states allocate, counted where they allocate it: lists and maps, and keys too long to lie in
// place. They grow and shrink within the steps of one subtask, so the difference that a step makes belongs to it
// (runtime/subtask_memory.hpp), whatever thread runs it: one row with a very long list is seen at once.
#include <cstddef>
#include <cstdint>

#include "weir/core/owned_bytes.hpp"

namespace weir::detail {

/// Bytes allocated by states on this thread less those freed: only differences mean anything.
inline constinit thread_local std::int64_t counted_bytes = 0;

inline void count_allocated(std::size_t bytes) noexcept {
  counted_bytes += static_cast<std::int64_t>(heap_bytes(bytes));
}
inline void count_freed(std::size_t bytes) noexcept { counted_bytes -= static_cast<std::int64_t>(heap_bytes(bytes)); }

/// How an operator with state is asked what memory that takes.
struct memory_look {
  std::size_t counted = 0;  ///< of its subtask, as above
  bool exactly = false;     ///< every entry is looked at, not only some
};

}  // namespace weir::detail
