#pragma once
// How an async_map (async_map.hpp) runs its calls: in which order results leave, how many calls there are at a time,
// how long one may take, and when it is tried again.
//   ordered(100).timeout(5s)
//   unordered(500).timeout(1s, [](const order& each) { return priced{each, 0}; })
//                 .retry(exponential_backoff(4, 10ms, 1s).if_empty())
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "weir/runtime/async_calls.hpp"

namespace weir {
namespace detail {

/// Where no function is given.
struct not_given {};

struct async_options_tag {};
struct async_retry_tag {};

/// Throw weir::error for what makes no sense.
async_settings checked_settings(bool in_order, std::size_t capacity);
std::chrono::milliseconds checked_timeout(std::chrono::milliseconds timeout);
retry_schedule checked_schedule(const char* name, std::uint32_t attempts, std::chrono::milliseconds delay,
                                std::chrono::milliseconds delay_max, double multiplier);

/// No result at all.
struct is_empty_result {
  template <class Results>
  bool operator()(const Results& results) const
    requires requires { results.empty(); }
  {
    return results.empty();
  }
};

}  // namespace detail

/// When and how often a call is tried again: made by `fixed_delay` and `exponential_backoff`. Unless said otherwise an
/// attempt that failed with any exception is followed by another one.
template <class OnResult = detail::not_given, class OnException = detail::not_given>
struct async_retry : detail::async_retry_tag {
  detail::retry_schedule schedule;
  OnResult on_result;
  OnException on_exception;

  async_retry(const detail::retry_schedule& s, OnResult r, OnException e)
      : schedule(s), on_result(std::move(r)), on_exception(std::move(e)) {}

  /// Also where the results are such: `predicate(results)` with a const std::vector<Output>&, or `predicate(result)`
  /// with a const Output&, for any of them.
  template <class Predicate>
  auto if_result(Predicate predicate) const {
    return async_retry<Predicate, OnException>(schedule, std::move(predicate), on_exception);
  }
  /// Also where there is no result.
  auto if_empty() const { return if_result(detail::is_empty_result{}); }
  /// Only for the exceptions for which `predicate(const std::exception&)` is true. Something thrown that is no
  /// std::exception is not tried again then.
  template <class Predicate>
  auto if_exception(Predicate predicate) const {
    return async_retry<OnResult, Predicate>(schedule, on_result, std::move(predicate));
  }
};

/// The same pause before every further attempt; `attempts` counts the first one.
inline async_retry<> fixed_delay(std::uint32_t attempts, std::chrono::milliseconds delay) {
  return {detail::checked_schedule("fixed_delay", attempts, delay, delay, 1), {}, {}};
}
/// A pause that is multiplied with each further attempt, up to `delay_max`; `attempts` counts the first one.
inline async_retry<> exponential_backoff(std::uint32_t attempts, std::chrono::milliseconds delay,
                                         std::chrono::milliseconds delay_max, double multiplier = 2) {
  return {detail::checked_schedule("exponential_backoff", attempts, delay, delay_max, multiplier), {}, {}};
}

/// Made by `ordered` and `unordered`.
template <class OnTimeout = detail::not_given, class Retry = async_retry<>>
struct async_options : detail::async_options_tag {
  detail::async_settings settings;
  OnTimeout on_timeout;
  Retry when_retried;

  async_options(const detail::async_settings& s, OnTimeout t, Retry r)
      : settings(s), on_timeout(std::move(t)), when_retried(std::move(r)) {}

  /// An input without results after this time, over all attempts, fails the job. 0: it may take as long as it likes.
  async_options timeout(std::chrono::milliseconds after) const {
    async_options changed(*this);
    changed.settings.timeout = detail::checked_timeout(after);
    return changed;
  }
  /// The same, but `handler(element)` returns the result that counts instead, or `handler(element,
  /// async_result<Output>)` completes with others, also later. What the call itself gives after that is ignored.
  template <class Handler>
  auto timeout(std::chrono::milliseconds after, Handler handler) const {
    async_options<Handler, Retry> changed(settings, std::move(handler), when_retried);
    changed.settings.timeout = detail::checked_timeout(after);
    changed.settings.handles_timeout = true;
    return changed;
  }
  template <class Strategy>
    requires std::is_base_of_v<detail::async_retry_tag, Strategy>
  auto retry(Strategy strategy) const {
    async_options<OnTimeout, Strategy> changed(settings, on_timeout, std::move(strategy));
    changed.settings.retry = changed.when_retried.schedule;
    return changed;
  }
};

/// Results leave in the order of their inputs. At most `capacity` inputs and watermarks are in flight at a time.
inline async_options<> ordered(std::size_t capacity = 100) {
  return {detail::checked_settings(true, capacity), {}, {{}, {}, {}}};
}
/// Results leave as they come, but never past a watermark.
inline async_options<> unordered(std::size_t capacity = 100) {
  return {detail::checked_settings(false, capacity), {}, {{}, {}, {}}};
}

}  // namespace weir
