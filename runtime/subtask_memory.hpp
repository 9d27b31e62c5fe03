#pragma once
// What the states of one subtask take, looked at after each of its steps: never per record, and nothing at all where no
// operator has state. A step takes in about a batch, so a budget is passed by what one batch adds at most.
#include <cstddef>
#include <cstdint>

#include "weir/runtime/memory_budget.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/state/counted_memory.hpp"

namespace weir::detail {

/// One thread, that of the slot.
class subtask_memory {
 public:
  /// Null: there is no budget, and what the states take is a figure only. It outlives the subtask.
  explicit subtask_memory(memory_budget* budget) noexcept : budget_(budget) {}

  /// Makes a step of a subtask, `step()`, and looks at what it has left in the states of its chain. Throws
  /// memory_exceeded.
  template <class Chain, class Step>
  [[gnu::always_inline]] step_status watch(Chain& chain, Step&& step) {
    if constexpr (!Chain::holds_state) {
      return step();
    } else {
      counted_at_ = counted_bytes;
      const step_status status = step();
      if (status == step_status::progress || status == step_status::done) {
        look(chain);
      } else {
        count();
      }
      return status;
    }
  }

  /// The same within a step that goes on.
  template <class Chain>
  void look(Chain& chain) {
    if constexpr (Chain::holds_state) {
      count();
      const auto counted = static_cast<std::size_t>(counted_ < 0 ? 0 : counted_);
      std::size_t bytes = chain.state_bytes({.counted = counted});
      if (budget_ == nullptr || budget_->change(bytes_, bytes)) [[likely]] {
        bytes_ = bytes;
        return;
      }
      // An estimate must not fail a job.
      const std::size_t estimated = bytes;
      bytes_ = chain.state_bytes({.counted = counted, .exactly = true});
      static_cast<void>(budget_->change(estimated, bytes_));
      if (budget_->is_exceeded()) throw memory_exceeded();
    }
  }

 private:
  void count() noexcept {
    counted_ += counted_bytes - counted_at_;
    counted_at_ = counted_bytes;
  }

  memory_budget* budget_;
  std::size_t bytes_ = 0;
  std::int64_t counted_ = 0;     ///< that the states hold, of what is counted where it is allocated
  std::int64_t counted_at_ = 0;  ///< the thread's count when it was last read
};

}  // namespace weir::detail
