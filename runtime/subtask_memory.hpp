#pragma once
// What the states of one subtask take, looked at after each of its steps: never per record, and nothing at all where no
// operator has state. A step takes in about a batch, so a budget is passed by what one batch adds at most.
#include <cstddef>
#include <cstdint>

#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/subtask.hpp"

namespace weir::detail {

class memory_budget;

/// One thread, that of the slot.
class subtask_memory {
 public:
  /// Null: there is no budget, and what the states take is a figure only. It outlives the subtask.
  explicit subtask_memory(memory_budget* budget) noexcept : budget_(budget) {}

  /// Makes a step of a subtask, `step()`, and looks at what it has left in the states of its chain. Throws
  /// memory_exceeded.
  template <class Step>
  [[gnu::always_inline]] step_status watch(any_chain& chain, Step&& step) {
    const bool looks = chain.keeps_state();
    if (looks) begin_step();
    const step_status status = step();
    if (looks) end_step(chain, status);
    return status;
  }

  /// The same within a step that goes on.
  void look(any_chain& chain);

 private:
  void begin_step() noexcept;
  void end_step(any_chain& chain, step_status status);
  void count() noexcept;

  memory_budget* budget_;
  std::size_t bytes_ = 0;
  std::int64_t counted_ = 0;     ///< that the states hold, of what is counted where it is allocated
  std::int64_t counted_at_ = 0;  ///< the thread's count when it was last read
};

}  // namespace weir::detail
