#pragma once
// The calls of an async subtask (dsl/async_subtask.hpp): starts them as the queue has room, takes their results out of
// the mailbox, tries again, gives up at timeouts. What depends on the types of inputs and results is in what derives
// (dsl/async_function_calls.hpp).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "weir/core/clock.hpp"
#include "weir/runtime/async_mailbox.hpp"
#include "weir/runtime/async_queue.hpp"

namespace weir::detail {

/// How long to wait before the attempt that follows attempt number n, and how many there are with the first.
struct retry_schedule {
  std::uint32_t attempts_max = 1;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds delay_max{0};
  double multiplier = 1;

  std::chrono::milliseconds after(std::uint32_t attempts) const;
};

struct async_settings {
  bool ordered = true;
  std::size_t capacity = 100;            ///< inputs and marks admitted at most
  std::chrono::milliseconds timeout{0};  ///< of an input, over all its attempts; 0: none
  bool handles_timeout = false;          ///< else a timeout fails the job
  retry_schedule retry{};
};

/// One thread, that of the slot. A failure that nobody handles is thrown by the call that meets it.
class async_calls {
 public:
  async_calls(const async_settings& settings, std::string uid);
  async_calls(const async_calls&) = delete;
  async_calls& operator=(const async_calls&) = delete;
  virtual ~async_calls() = default;

  async_queue& queue() noexcept { return queue_; }
  const async_queue& queue() const noexcept { return queue_; }

  /// Everything that can go on at `now`: results, retries, timeouts, inputs for which there is room. Returns whether
  /// anything did.
  bool work(processing_clock::time_point now);
  /// Whether `work` would find something to do before the next timer.
  bool can_work() const noexcept { return !mailbox_->empty() || queue_.can_admit(); }
  processing_clock::time_point next_timer() const noexcept;
  /// Whether results may come without a wake-up.
  bool polls() const noexcept { return !queue_.empty() && (awaits_futures() || !wakes_); }

  /// Calls the function for inputs for which there is room, as of the last `work`; returns whether there was any.
  bool start();
  /// The input has ended: what waits for another attempt is tried once more, now, and nothing after that.
  void end_input();
  /// Gives up all that is there.
  void drop_all() { queue_.clear(); }

  /// Whom results wake; null: nobody sleeps.
  void set_waker(parker* waker) {
    wakes_ = waker != nullptr;
    mailbox_->set_waker(waker);
  }

 protected:
  const std::shared_ptr<async_mailbox>& mailbox() const noexcept { return mailbox_; }

  /// For the destructor of what derives: no result is taken any more, coroutines that wait for a time are destroyed.
  void close();
  /// The outcome of the latest attempt is known. Throws what it failed with, unless there is another attempt.
  void conclude(async_call& call, async_outcome& outcome);
  /// Its results stand, and come from elsewhere than an attempt.
  void settle(async_call& call) { queue_.complete(call); }

 private:
  /// Calls the function for the attempt that has begun. Does not throw; its results come by the mailbox, or by
  /// `conclude`.
  virtual void begin(async_call& call) = 0;
  /// Whether an attempt that came to this should be followed by another one.
  virtual bool wants_retry(const async_outcome& outcome) = 0;
  virtual void keep_results(async_call& call, async_outcome& outcome) = 0;
  /// Calls the user's handler, which gives results now (then `settle`) or by the mailbox, as attempt 0.
  virtual void handle_timeout(async_call& call) = 0;
  /// Concludes what has become ready and cannot say so; returns whether there was any.
  virtual bool look_at_futures() = 0;
  virtual bool awaits_futures() const noexcept = 0;

  bool empty_mailbox();
  bool resume_delayed();
  bool fire_timers();
  void begin_next_attempt(async_call& call);
  void time_out(async_call& call);

  async_settings settings_;
  std::string uid_;
  std::shared_ptr<async_mailbox> mailbox_ = std::make_shared<async_mailbox>();
  async_queue queue_;
  std::multimap<processing_clock::time_point, suspended_task> delayed_;
  processing_clock::time_point now_{};
  bool wakes_ = false;
  bool ended_ = false;
};

}  // namespace weir::detail
