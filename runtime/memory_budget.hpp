#pragma once
// The memory that a running job may use, and what it uses of it. Subtasks say what their states take after each step in
// which that may have changed; who passes the budget fails the job (see job_execution).
#include <atomic>
#include <cstddef>

#include "weir/core/error.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/memory_shares.hpp"

namespace weir::detail {

/// The job takes more memory than it may. Whoever steps the subtask says so in a sentence; trying again does not help.
class memory_exceeded : public error {
 public:
  memory_exceeded() : error("weir: the memory budget of the job is exceeded") {}
};

/// Any thread.
class memory_budget {
 public:
  /// Copies that wait for the writer of a checkpoint lie in `copies` (null: none are taken), which outlives it.
  memory_budget(const memory_shares& shares, const checkpoint_mailbox* copies) noexcept
      : shares_(shares), copies_(copies) {}

  const memory_shares& shares() const noexcept { return shares_; }

  /// What somebody held has changed from `before` to `now` bytes. False if all hold too much, and this is more than it
  /// was.
  bool change(std::size_t before, std::size_t now) noexcept {
    if (before == now) return true;
    held_.fetch_add(now - before, std::memory_order_relaxed);  // unsigned: less is added as a very large number
    return now < before || !is_exceeded();
  }

  bool is_exceeded() const noexcept { return held() + copies() > shares_.state(); }

  /// By subtasks: their states, and what spills.
  std::size_t held() const noexcept { return held_.load(std::memory_order_relaxed); }
  /// On their way to a checkpoint.
  std::size_t copies() const noexcept { return copies_ == nullptr ? 0 : copies_->queued_bytes(); }

 private:
  memory_shares shares_;
  const checkpoint_mailbox* copies_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace weir::detail
