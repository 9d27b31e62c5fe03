#pragma once
// What `open` of a process function may be told of its subtask. For functions, see process.hpp.
#include <cstddef>

namespace weir {

/// A function that has `void open(const open_context& context)` is called with it once, before any record; operator state
/// of a snapshot is there by then.
struct open_context {
  std::size_t subtask = 0;      ///< which of them this is, from 0
  std::size_t parallelism = 1;  ///< how many subtasks the function has
  bool restored = false;        ///< the job goes on from a snapshot
};

}  // namespace weir
