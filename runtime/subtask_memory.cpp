#include "weir/runtime/subtask_memory.hpp"

#include "weir/runtime/memory_budget.hpp"

namespace weir::detail {

void subtask_memory::begin_step() noexcept { counted_at_ = counted_bytes; }

void subtask_memory::end_step(any_chain& chain, step_status status) {
  if (status == step_status::progress || status == step_status::done) {
    look(chain);
  } else {
    count();
  }
}

void subtask_memory::look(any_chain& chain) {
  if (!chain.keeps_state()) return;
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

void subtask_memory::count() noexcept {
  counted_ += counted_bytes - counted_at_;
  counted_at_ = counted_bytes;
}

}  // namespace weir::detail
