#include "weir/dsl/async_map.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir::detail {
namespace {

/// The outermost frame of a call, which goes when its task has ended.
struct async_start {
  struct promise_type {
    async_start get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}  // nothing in it throws

    async_task_context here{};
    async_task_context* context = &here;
  };
  std::coroutine_handle<promise_type> coroutine;
};

async_start start_of(std::unique_ptr<async_run> run) {
  co_await *run;
  run->finish();
}

}  // namespace

void start_run(std::unique_ptr<async_run> run, async_mailbox& mailbox) {
  const async_start started = start_of(std::move(run));
  started.coroutine.promise().here = {&mailbox, started.coroutine};
  started.coroutine.resume();
}

std::string async_detail(const async_settings& settings) {
  std::string text = fmt::format("{}, {} in flight", settings.ordered ? "ordered" : "unordered", settings.capacity);
  if (settings.timeout.count() > 0) text += ", timeout " + duration_text(settings.timeout);
  if (settings.retry.attempts_max > 1) text += fmt::format(", {} attempts", settings.retry.attempts_max);
  return text;
}

async_settings checked_settings(bool in_order, std::size_t capacity) {
  if (capacity == 0) {
    throw error(fmt::format("{}(0): nothing could be in flight; give the number of elements that may be, such as 100",
                            in_order ? "ordered" : "unordered"));
  }
  return {.ordered = in_order, .capacity = capacity};
}

std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout) {
  if (timeout.count() < 0) {
    throw error(
        fmt::format(".timeout({}ms): a call cannot take less than no time; give a positive duration, or 0ms for none",
                    timeout.count()));
  }
  return timeout;
}

retry_schedule checked_schedule(const char* name, std::uint32_t attempts, std::chrono::milliseconds delay,
                                std::chrono::milliseconds delay_max, double multiplier) {
  if (attempts == 0) {
    throw error(fmt::format("{}(0, ...): the number of attempts counts the first one; give at least 1", name));
  }
  if (delay.count() < 0 || delay_max < delay || !(multiplier >= 1)) {
    throw error(
        fmt::format("{}: pauses must not be negative or become shorter; give a delay of at least 0ms, a longest "
                    "one that is not less, and a multiplier of at least 1",
                    name));
  }
  return {.attempts_max = attempts, .delay = delay, .delay_max = delay_max, .multiplier = multiplier};
}

void throw_delay_outside_async_map() {
  throw error(
      "async_delay: this coroutine was not called by async_map, so there is no clock to wait for; await it in an "
      "async_task that an async_map runs");
}

std::exception_ptr dropped_async_result() {
  return std::make_exception_ptr(error(
      "async_map: a call dropped its async_result without completing it; complete it, with no results if there are "
      "none, or complete it exceptionally"));
}

}  // namespace weir::detail
