#pragma once
// async_result: what a function of async_map that calls back (async_map.hpp) completes when its results are there.
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/runtime/async_mailbox.hpp"

namespace weir {
namespace detail {

template <class Output>
struct async_outcome_of final : async_outcome {
  async_outcome_of(std::uint64_t of, std::uint32_t which, std::vector<Output> found, std::exception_ptr why)
      : async_outcome(of, which, std::move(why)), results(std::move(found)) {}
  std::vector<Output> results;
};

/// What is posted when every async_result of a call has gone without a completion.
std::exception_ptr dropped_async_result();

/// The right to complete one attempt, once.
template <class Output>
class async_completion {
 public:
  async_completion(std::shared_ptr<async_mailbox> mailbox, std::uint64_t number, std::uint32_t attempt)
      : mailbox_(std::move(mailbox)), number_(number), attempt_(attempt) {}
  async_completion(const async_completion&) = delete;
  async_completion& operator=(const async_completion&) = delete;
  ~async_completion() {
    if (!completed_.load(std::memory_order_relaxed)) post({}, dropped_async_result());
  }

  void post(std::vector<Output> results, std::exception_ptr failure) {
    if (completed_.exchange(true, std::memory_order_acq_rel)) return;
    mailbox_->post(
        std::make_unique<async_outcome_of<Output>>(number_, attempt_, std::move(results), std::move(failure)));
  }

 private:
  std::shared_ptr<async_mailbox> mailbox_;
  std::uint64_t number_;
  std::uint32_t attempt_;
  std::atomic<bool> completed_{false};
};

}  // namespace detail

/// Takes the results of one call: none, one or several. From any thread, during the call or long after it. Copies stand
/// for the same call; only the first completion of all counts. A call whose async_results have all gone without one has
/// failed.
template <class Output>
class async_result {
 public:
  using output_type = Output;

  explicit async_result(std::shared_ptr<detail::async_completion<Output>> completion)
      : completion_(std::move(completion)) {}

  /// `complete()` gives no result, `complete(a)` one, `complete(a, b)` two.
  template <class... Values>
    requires(std::is_constructible_v<Output, Values &&> && ...)
  void complete(Values&&... values) const {
    std::vector<Output> results;
    results.reserve(sizeof...(values));
    (results.emplace_back(std::forward<Values>(values)), ...);
    completion_->post(std::move(results), nullptr);
  }

  /// Gives the elements of a range.
  template <class Range>
  void complete_all(Range&& values) const {
    std::vector<Output> results;
    for (auto&& each : values) results.emplace_back(std::forward<decltype(each)>(each));
    completion_->post(std::move(results), nullptr);
  }

  /// Fails the job with `failure`, an exception or a std::exception_ptr, unless the call is tried again.
  template <class Exception>
  void complete_exceptionally(Exception failure) const {
    if constexpr (std::is_same_v<Exception, std::exception_ptr>) {
      completion_->post({}, std::move(failure));
    } else {
      completion_->post({}, std::make_exception_ptr(std::move(failure)));
    }
  }

 private:
  std::shared_ptr<detail::async_completion<Output>> completion_;
};

}  // namespace weir
