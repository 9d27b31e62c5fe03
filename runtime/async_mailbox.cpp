#include "weir/runtime/async_mailbox.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void async_mailbox::post(std::unique_ptr<async_outcome> outcome) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  contents_.outcomes.push_back(std::move(outcome));
  announce();
}

void async_mailbox::resume_after(std::chrono::milliseconds delay, std::coroutine_handle<> at,
                                 std::coroutine_handle<> outermost) {
  const std::lock_guard lock(mutex_);
  if (closed_) throw error("async_delay: the job that started this call has ended; let the coroutine end, too");
  contents_.delayed.push_back({delay, suspended_task(at, outermost)});
  announce();
}

void async_mailbox::announce() {
  filled_.store(true, std::memory_order_release);
  if (waker_ != nullptr) waker_->notify();
}

async_mailbox::contents async_mailbox::take() {
  const std::lock_guard lock(mutex_);
  filled_.store(false, std::memory_order_relaxed);
  return std::exchange(contents_, {});
}

void async_mailbox::set_waker(parker* waker) {
  const std::lock_guard lock(mutex_);
  waker_ = waker;
}

void async_mailbox::close() {
  contents dropped;  // destroyed last: a coroutine that goes may want to post
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::swap(dropped, contents_);
}

}  // namespace weir::detail
