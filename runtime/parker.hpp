#pragma once
// Puts one waiting thread to sleep until others have work for it. A notifier pays one atomic operation when nobody
// sleeps, and no wake-up is lost: both sides change the same flag by read-modify-write
// only, so that one of them sees the other.
#include <atomic>
#include <chrono>
#include <memory>

namespace weir::detail {

class parker {
 public:
  parker();
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;
  ~parker();

  /// Called by any thread after it has published work.
  void notify() noexcept {
    if (asleep_.fetch_or(0, std::memory_order_acq_rel) != 0) wake();
  }

  /// Sleeps until notified or for `timeout`. Returns at once when `ready()` holds after sleep has been announced.
  template <class Ready>
  void wait(std::chrono::nanoseconds timeout, Ready&& ready) {
    asleep_.exchange(1, std::memory_order_acq_rel);
    if (!ready()) sleep(timeout);
    asleep_.exchange(0, std::memory_order_acq_rel);
  }

 private:
  struct bed;

  void wake() noexcept;
  void sleep(std::chrono::nanoseconds timeout);

  std::atomic<unsigned> asleep_{0};
  std::unique_ptr<bed> bed_;  // not in place: <condition_variable> is no part of what every job parses
};

}  // namespace weir::detail
