#pragma once
// Puts one waiting thread to sleep until others have work for it. A notifier pays one atomic operation when nobody
// sleeps, and no wake-up is lost: both sides change the same flag by read-modify-write
// only, so that one of them sees the other.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace weir::detail {

class parker {
 public:
  /// Called by any thread after it has published work.
  void notify() noexcept {
    if (asleep_.fetch_or(0, std::memory_order_acq_rel) == 0) return;
    {
      const std::lock_guard lock(mutex_);
      asleep_.exchange(0, std::memory_order_acq_rel);
    }
    wake_.notify_one();
  }

  /// Sleeps until notified or for `timeout`. Returns at once when `ready()` holds after sleep has been announced.
  template <class Ready>
  void wait(std::chrono::nanoseconds timeout, Ready&& ready) {
    asleep_.exchange(1, std::memory_order_acq_rel);
    if (ready()) {
      asleep_.exchange(0, std::memory_order_acq_rel);
      return;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, timeout, [this] { return asleep_.load(std::memory_order_acquire) == 0; });
    asleep_.exchange(0, std::memory_order_acq_rel);
  }

 private:
  std::atomic<unsigned> asleep_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace weir::detail
