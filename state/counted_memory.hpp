#pragma once
// What the containers of states allocate, counted where they allocate it: lists and maps, and keys too long to lie in
// place. They grow and shrink within the steps of one subtask, so the difference that a step makes belongs to it
// (runtime/subtask_memory.hpp), whatever thread runs it: one row with a very long list is seen at once.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "weir/core/owned_bytes.hpp"

namespace weir::detail {

/// Bytes allocated by states on this thread less those freed: only differences mean anything.
inline constinit thread_local std::int64_t counted_bytes = 0;

inline void count_allocated(std::size_t bytes) noexcept {
  counted_bytes += static_cast<std::int64_t>(heap_bytes(bytes));
}
inline void count_freed(std::size_t bytes) noexcept { counted_bytes -= static_cast<std::int64_t>(heap_bytes(bytes)); }

/// An allocator for containers of states; it counts.
template <class Type>
struct counted_allocator {
  using value_type = Type;

  counted_allocator() = default;
  template <class Other>
  counted_allocator(const counted_allocator<Other>&) noexcept {}

  Type* allocate(std::size_t count) {
    Type* const allocated = std::allocator<Type>().allocate(count);
    count_allocated(count * sizeof(Type));
    return allocated;
  }
  void deallocate(Type* allocated, std::size_t count) noexcept {
    count_freed(count * sizeof(Type));
    std::allocator<Type>().deallocate(allocated, count);
  }
  friend bool operator==(counted_allocator, counted_allocator) noexcept { return true; }
};

/// How an operator with state is asked what memory that takes.
struct memory_look {
  std::size_t counted = 0;  ///< of its subtask, as above
  bool exactly = false;     ///< every entry is looked at, not only some
};

}  // namespace weir::detail
