#pragma once
// How results reach an async subtask (dsl/async_subtask.hpp): from whatever thread completes them, into one box that
// the slot of the subtask empties. Coroutines that wait for a time lie in it, too, until the subtask has set their
// timers.
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "weir/runtime/parker.hpp"

namespace weir::detail {

/// What one attempt at a call came to. The results themselves, of the type that the call gives, are in what derives.
struct async_outcome {
  async_outcome(std::uint64_t of, std::uint32_t which, std::exception_ptr why)
      : number(of), attempt(which), failure(std::move(why)) {}
  async_outcome(const async_outcome&) = delete;
  async_outcome& operator=(const async_outcome&) = delete;
  virtual ~async_outcome() = default;

  std::uint64_t number;        ///< of the input, see async_queue.hpp
  std::uint32_t attempt;       ///< from 1; 0: what was done about a timeout
  std::exception_ptr failure;  ///< null: there are results, or none on purpose
};

/// A suspended coroutine, to be resumed once. One that is not is destroyed with all that wait for it.
class suspended_task {
 public:
  /// `outermost` is the frame that holds all others.
  suspended_task(std::coroutine_handle<> at, std::coroutine_handle<> outermost) : at_(at), outermost_(outermost) {}
  suspended_task(suspended_task&& other) noexcept
      : at_(other.at_), outermost_(std::exchange(other.outermost_, nullptr)) {}
  suspended_task& operator=(suspended_task&&) = delete;
  ~suspended_task() {
    if (outermost_) outermost_.destroy();
  }

  void resume() && {
    outermost_ = nullptr;
    at_.resume();
  }

 private:
  std::coroutine_handle<> at_;
  std::coroutine_handle<> outermost_;
};

struct delayed_task {
  std::chrono::milliseconds delay;
  suspended_task task;
};

class async_mailbox {
 public:
  struct contents {
    std::vector<std::unique_ptr<async_outcome>> outcomes;
    std::vector<delayed_task> delayed;
  };

  // ---- from any thread ----------------------------------------------------------------------------------------------

  /// What comes after `close` is dropped.
  void post(std::unique_ptr<async_outcome> outcome);
  /// Throws weir::error after `close`.
  void resume_after(std::chrono::milliseconds delay, std::coroutine_handle<> at, std::coroutine_handle<> outermost);

  // ---- for the subtask ----------------------------------------------------------------------------------------------

  bool empty() const noexcept { return !filled_.load(std::memory_order_acquire); }
  contents take();
  /// Whom to wake when something comes; null: nobody sleeps. After it has returned, whoever was set before is not
  /// touched.
  void set_waker(parker* waker);
  /// Nobody will take anything any more.
  void close();

 private:
  void announce();

  std::mutex mutex_;
  contents contents_;
  std::atomic<bool> filled_{false};
  parker* waker_ = nullptr;
  bool closed_ = false;
};

}  // namespace weir::detail
