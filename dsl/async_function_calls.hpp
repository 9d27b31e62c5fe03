#pragma once
// The calls of one function of async_map: its inputs, its results and what the options hold, with their types. The rest
// is in runtime/async_calls.hpp.
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/owned.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/async_function.hpp"
#include "weir/dsl/function_state.hpp"
#include "weir/runtime/async_calls.hpp"
#include "weir/runtime/async_watermarks.hpp"
#include "weir/state/operator_list_state.hpp"

namespace weir::detail {

/// What a snapshot holds of an async_map: its inputs that have not left, in order. Other subtasks may take them over.
template <class Entry>
struct async_inputs {
  BOOST_HANA_DEFINE_STRUCT(async_inputs, (operator_list_state<Entry>, in_flight));
};

/// An input as a snapshot holds it: with its event time, where it has one.
template <class Element, bool Timed>
using async_entry = std::conditional_t<Timed, std::pair<owned_t<Element>, timestamp>, owned_t<Element>>;

template <class Element, bool Timed, class Function, class Options>
class async_function_calls final : public async_calls {
  using traits = async_traits<Function, Element>;
  using entry = async_entry<Element, Timed>;

 public:
  using output = typename traits::output;

  /// The function outlives every call, also one that somebody else still works on when the subtask has gone.
  struct call final : async_call, std::enable_shared_from_this<call> {
    call(std::shared_ptr<Function> calls, owned_t<Element> element)
        : function(std::move(calls)), input(std::move(element)) {}
    decltype(auto) element() const { return borrow<Element>(input); }

    std::shared_ptr<Function> function;
    owned_t<Element> input;
    std::vector<output> results;
    std::size_t given = 0;  ///< results that have gone downstream
  };

  async_function_calls(const Function& function, const Options& options, const std::string& uid)
      : async_calls(options.settings, uid), function_(std::make_shared<Function>(function)), options_(options) {}
  async_function_calls(const async_function_calls&) = delete;
  async_function_calls& operator=(const async_function_calls&) = delete;
  ~async_function_calls() override { close(); }

  void open(const subtask_context& subtask) {
    open_function(*function_, open_context_of(subtask), [] {});
  }

  template <class Record>
  void add(Record&& record, timestamp time) {
    auto made = std::make_shared<call>(function_, owned_t<Element>(std::forward<Record>(record)));
    made->time = time;
    made->bytes = heap_bytes(sizeof(call) + shared_block_bytes) + owned_bytes(made->input);
    queue().add(std::move(made));
  }

  // ---- snapshots ----------------------------------------------------------------------------------------------------

  /// Puts in what is there, and event time: `passed` has gone downstream.
  void put(const operator_snapshot& out, timestamp passed) {
    async_inputs<entry> held;
    attach_operator_states(held);
    async_watermarks watermarks{.passed = passed};
    queue().for_each([&](const async_queue::item& each) {
      if (each.call != nullptr) {
        held.in_flight.add(entry_of(static_cast<const call&>(*each.call)));
      } else if (each.mark.watermark) {
        watermarks.waiting.emplace_back(held.in_flight.size(), *each.mark.watermark);
      }
    });
    put_operator_states(held, out);
    out.part(async_watermarks_part, watermarks.encode());
  }

  /// Puts the inputs of a snapshot that belong to this subtask into the queue, and the watermarks between them.
  void restore(const operator_restore& from, const async_watermarks& watermarks) {
    async_inputs<entry> held;
    attach_operator_states(held);
    restore_function(held, from, [] {});
    auto waiting = watermarks.waiting.begin();
    std::size_t before = 0;
    const auto add_marks = [&] {
      for (; waiting != watermarks.waiting.end() && waiting->first <= before; ++waiting) {
        queue().add_mark({.watermark = waiting->second});
      }
    };
    for (const entry& each : held.in_flight) {
      add_marks();
      if constexpr (Timed) {
        add(each.first, each.second);
      } else {
        add(each, min_timestamp);
      }
      ++before;
    }
    before = static_cast<std::size_t>(-1);
    add_marks();
  }

 private:
  static constexpr std::size_t shared_block_bytes = 16;  // what std::make_shared keeps beside an object

  static entry entry_of(const call& each) {
    if constexpr (Timed) {
      return {each.input, each.time};
    } else {
      return each.input;
    }
  }

  async_result<output> result_for(const async_call& each, std::uint32_t attempt) {
    return async_result<output>(std::make_shared<async_completion<output>>(mailbox(), each.number, attempt));
  }

  void begin(async_call& next) override {
    auto& each = static_cast<call&>(next);
    try {
      if constexpr (traits::form == async_form::callback) {
        std::invoke(*function_, each.element(), result_for(each, each.attempts));
      } else if constexpr (traits::form == async_form::task) {
        using run = async_run_of<output, async_result<output>>;
        start_run(std::make_unique<run>(std::invoke(*function_, each.element()), result_for(each, each.attempts),
                                        each.shared_from_this()),
                  *mailbox());
      } else {
        futures_.push_back({each.shared_from_this(), std::invoke(*function_, each.element())});
      }
    } catch (...) {
      async_outcome_of<output> outcome(each.number, each.attempts, {}, std::current_exception());
      conclude(each, outcome);
    }
  }

  bool wants_retry(const async_outcome& outcome) override {
    if (outcome.failure) return is_retried(options_.when_retried.on_exception, outcome.failure);
    return is_retried(options_.when_retried.on_result, static_cast<const async_outcome_of<output>&>(outcome).results);
  }

  void keep_results(async_call& of, async_outcome& outcome) override {
    auto& each = static_cast<call&>(of);
    each.results = std::move(static_cast<async_outcome_of<output>&>(outcome).results);
    queue().hold(each, owned_bytes(each.results));
  }

  void handle_timeout(async_call& late) override {
    using handler = decltype(options_.on_timeout);
    auto& each = static_cast<call&>(late);
    if constexpr (returns_timeout_result<handler, Element, output>) {
      each.results.emplace_back(std::invoke(options_.on_timeout, each.element()));
      queue().hold(each, owned_bytes(each.results));
      settle(each);
    } else if constexpr (!std::is_same_v<handler, not_given>) {
      std::invoke(options_.on_timeout, each.element(), result_for(each, 0));
    }
  }

  // ---- futures ------------------------------------------------------------------------------------------------------

  static constexpr auto find_future() {
    if constexpr (traits::form == async_form::future) {
      return std::type_identity<std::remove_cvref_t<std::invoke_result_t<Function&, const Element&>>>{};
    } else {
      return std::type_identity<not_given>{};
    }
  }
  using future = typename decltype(find_future())::type;
  /// It stays until it is ready, also where nobody waits for it any more: some block when they are destroyed.
  struct awaited_future {
    std::shared_ptr<call> of;
    future result;
  };

  bool look_at_futures() override {
    bool found = false;
    if constexpr (traits::form == async_form::future) {
      for (std::size_t index = 0; index < futures_.size();) {
        using status = decltype(futures_[index].result.wait_for(std::chrono::nanoseconds{0}));
        if (futures_[index].result.wait_for(std::chrono::nanoseconds{0}) == status::timeout) {
          ++index;
          continue;
        }
        awaited_future ready = std::move(futures_[index]);
        if (index + 1 < futures_.size()) futures_[index] = std::move(futures_.back());
        futures_.pop_back();
        found = true;
        async_outcome_of<output> outcome(ready.of->number, ready.of->attempts, {}, nullptr);
        try {
          outcome.results.push_back(ready.result.get());
        } catch (...) {
          outcome.failure = std::current_exception();
        }
        if (!ready.of->done && !ready.of->timed_out) conclude(*ready.of, outcome);
      }
    }
    return found;
  }
  bool awaits_futures() const noexcept override { return !futures_.empty(); }

  std::shared_ptr<Function> function_;
  Options options_;
  std::vector<awaited_future> futures_;
};

}  // namespace weir::detail
