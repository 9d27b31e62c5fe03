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

/// The outermost frame of a call: runs a task to its end, hands its outcome on, and goes.
struct async_start {
  struct promise_type {
    async_start get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}  // what it runs catches everything

    async_task_context here{};
    async_task_context* context = &here;
  };

  std::coroutine_handle<promise_type> coroutine;

  /// On the calling thread, to the first suspension that is one.
  void run(async_mailbox& mailbox) const {
    coroutine.promise().here = {&mailbox, coroutine};
    coroutine.resume();
  }
};

/// `result` takes what `task` gives; what the task refers to lives as long as `kept` does.
template <class Value, class Result>
async_start start_of(async_task<Value> task, Result result, std::shared_ptr<const void> kept) {
  static_cast<void>(kept);
  std::exception_ptr failure;
  try {
    Value value = co_await std::move(task);
    result.complete(std::move(value));
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) result.complete_exceptionally(failure);
}

}  // namespace detail

/// Suspends an async_task for a time of the job's clock: of the simulator's in simulated jobs. `co_await
/// async_delay(20ms);`
inline detail::async_delay_awaiter async_delay(std::chrono::milliseconds delay) { return {delay}; }

}  // namespace weir
