#pragma once
// async_task: the coroutine type for functions of async_map (async_map.hpp). It awaits other async_tasks, async_delay,
// and whatever awaitable a client library has:
//   async_task<priced> price(const order& each) {
//     for (int attempt = 0; attempt < 3; ++attempt) {
//       if (const auto found = co_await client.price_of(each.item)) co_return priced{each, *found};
//       co_await async_delay(20ms);
//     }
//     co_return priced{each, 0};
//   }
// It begins when it is awaited, or when async_map calls it; what it throws is thrown to whoever awaits it.
#include <chrono>
#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "weir/runtime/async_mailbox.hpp"

namespace weir {

template <class Value>
class async_task;

namespace detail {

template <class Value, class Result>
class async_run_of;

/// What all coroutines of one call share.
struct async_task_context {
  async_mailbox* mailbox = nullptr;
  std::coroutine_handle<> outermost{};
};

/// Throws weir::error: the coroutine was not started by async_map.
[[noreturn]] void throw_delay_outside_async_map();

struct async_promise_base {
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().awaited_by;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }

  std::coroutine_handle<> awaited_by{};
  async_task_context* context = nullptr;
  std::exception_ptr failure{};
};

template <class Value>
struct async_promise : async_promise_base {
  async_task<Value> get_return_object();
  template <class From>
    requires std::is_constructible_v<Value, From&&>
  void return_value(From&& from) {
    value.emplace(std::forward<From>(from));
  }
  Value take() { return std::move(*value); }

  std::optional<Value> value;
};
template <>
struct async_promise<void> : async_promise_base {
  async_task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

/// A coroutine that gives a `Value`, or nothing. Move-only; awaited once: `co_await std::move(task)` or
/// `co_await function()`.
template <class Value>
class [[nodiscard]] async_task {
 public:
  using value_type = Value;
  using promise_type = detail::async_promise<Value>;

  explicit async_task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  async_task(async_task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  async_task& operator=(async_task&&) = delete;
  ~async_task() {
    if (coroutine_) coroutine_.destroy();
  }

  struct awaiter {
    std::coroutine_handle<promise_type> coroutine;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) const noexcept {
      coroutine.promise().awaited_by = caller;
      if constexpr (requires {
                      { caller.promise().context } -> std::convertible_to<detail::async_task_context*>;
                    }) {
        coroutine.promise().context = caller.promise().context;
      }
      return coroutine;
    }
    Value await_resume() const {
      if (coroutine.promise().failure) std::rethrow_exception(coroutine.promise().failure);
      return coroutine.promise().take();
    }
  };
  awaiter operator co_await() && noexcept { return {coroutine_}; }

 private:
  template <class, class>
  friend class detail::async_run_of;

  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class Value>
async_task<Value> async_promise<Value>::get_return_object() {
  return async_task<Value>(std::coroutine_handle<async_promise>::from_promise(*this));
}
inline async_task<void> async_promise<void>::get_return_object() {
  return async_task<void>(std::coroutine_handle<async_promise>::from_promise(*this));
}

struct async_delay_awaiter {
  std::chrono::milliseconds delay;
  bool await_ready() const noexcept { return false; }
  template <class Promise>
    requires std::is_base_of_v<async_promise_base, Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) const {
    async_task_context* const context = caller.promise().context;
    if (context == nullptr) throw_delay_outside_async_map();
    context->mailbox->resume_after(delay, caller, context->outermost);
  }
  void await_resume() const noexcept {}
};

/// A call whose function is a coroutine: the task, and what becomes of its outcome.
class async_run {
 public:
  async_run(std::coroutine_handle<> task, async_promise_base& promise) : task_(task), promise_(promise) {}
  async_run(const async_run&) = delete;
  async_run& operator=(const async_run&) = delete;
  virtual ~async_run() = default;

  /// The task has come to its end. Does not throw.
  virtual void finish() noexcept = 0;

  struct awaiter {
    async_run& run;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> outermost) const noexcept {
      run.promise_.awaited_by = outermost;
      run.promise_.context = outermost.promise().context;
      return run.task_;
    }
    void await_resume() const noexcept {}
  };
  awaiter operator co_await() noexcept { return {*this}; }

 private:
  std::coroutine_handle<> task_;
  async_promise_base& promise_;
};

/// Runs a task on the calling thread, to its first suspension that is one.
void start_run(std::unique_ptr<async_run> run, async_mailbox& mailbox);

/// `Result` takes what the task gives; what the task refers to lives as long as `kept` does.
template <class Value, class Result>
class async_run_of final : public async_run {
 public:
  async_run_of(async_task<Value> task, Result result, std::shared_ptr<const void> kept)
      : async_run(task.coroutine_, task.coroutine_.promise()),
        kept_(std::move(kept)),
        result_(std::move(result)),
        task_(std::move(task)) {}

  void finish() noexcept override {
    async_promise<Value>& promise = task_.coroutine_.promise();
    if (promise.failure) {
      result_.complete_exceptionally(promise.failure);
    } else {
      result_.complete(promise.take());
    }
  }

 private:
  std::shared_ptr<const void> kept_;
  Result result_;
  async_task<Value> task_;
};

}  // namespace detail

/// Suspends an async_task for a time of the job's clock: of the simulator's in simulated jobs. `co_await
/// async_delay(20ms);`
inline detail::async_delay_awaiter async_delay(std::chrono::milliseconds delay) { return {delay}; }

}  // namespace weir
