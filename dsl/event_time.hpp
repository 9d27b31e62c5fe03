#pragma once
// event_time and ingestion_time: where records get their time from, and how watermarks follow it. `from` takes either,
// `assign_event_time` (dsl/assign_event_time.hpp) the first. docs/concepts/time.md says what they mean.
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/event_time_policy.hpp"
#include "weir/runtime/watermark_strategy.hpp"

namespace weir {
namespace detail {

struct time_tag {};

/// What `event_time(...)` and `ingestion_time()` return.
template <class Type>
concept time_description = std::derived_from<std::remove_cvref_t<Type>, time_tag>;

/// Calls an event-time extractor: a pointer to a timestamp member, or a function that returns a timestamp.
template <class Function>
struct time_extractor {
  [[no_unique_address]] Function function;
  template <class Record>
  [[gnu::always_inline]] timestamp operator()(const Record& record) const {
    return std::invoke(function, record);
  }
};

template <class Element, class... Facts>
struct event_time_rejected {
  static_assert(never<Element, Facts...>,
                "weir: event_time(f, ...): f must give a weir::timestamp for the source's records; name a timestamp "
                "member, such as &order::at, or a function of const Record& that returns one");
};
template <class Element, class... Facts>
struct event_time_strategy_rejected {
  static_assert(
      never<Element, Facts...>,
      "weir: event_time(f, s): s makes no watermarks for these records; give out_of_orderness(5s), ascending(), "
      "or a type with observe(const Record&, timestamp) and either current() const or an observe that returns "
      "std::optional<timestamp>");
};
template <class Strategy>
struct event_time_strategy_lost {
  static_assert(never<Strategy>,
                "weir: event_time(f, s): what s keeps would be lost in a restart; list the members that change with "
                "BOOST_HANA_DEFINE_STRUCT, and leave out those that only configure it");
};
template <class Extractor>
struct event_time_without_strategy {
  static_assert(
      never<Extractor>,
      "weir: event_time(f): say how far records may be out of order; write event_time(f, out_of_orderness(5s)) "
      "or event_time(f, ascending())");
};

/// What `event_time(...)` returns: a policy that is still to meet its records. `OfSplits`: it says something that only
/// a source can do.
template <class Function, class Strategy, bool OfSplits = false>
class event_time_description : public time_tag {
 public:
  using policy_type = event_time_policy<time_extractor<Function>, Strategy>;
  static constexpr bool of_splits = OfSplits;

  explicit event_time_description(policy_type policy) : policy_(std::move(policy)) {}

  /// Emits a watermark after every `records` records of a split instead of every 256; 1 makes lateness exact.
  event_time_description watermark_interval(std::size_t records) && {
    policy_.interval = records == 0 ? 1 : records;
    return std::move(*this);
  }
  /// A live split without records for longer than this does not hold event time back.
  event_time_description idle_after(std::chrono::milliseconds quiet) && {
    policy_.idle = idle_timer(quiet);
    return std::move(*this);
  }
  /// The user's promise that later files of a glob hold later times, so that unopened files do not hold time back.
  event_time_description<Function, Strategy, true> time_ordered() && {
    policy_.time_ordered = true;
    return event_time_description<Function, Strategy, true>(std::move(policy_));
  }
  /// Sources with the same `group` wait for each other: a split whose watermark is more than `drift` ahead of the least
  /// among them is not read on until they have caught up. It looks again every `interval`. Throws weir::error for an
  /// empty name, a negative drift, or an interval of nothing.
  event_time_description<Function, Strategy, true> align(
      std::string group, std::chrono::milliseconds drift,
      std::chrono::milliseconds interval = std::chrono::milliseconds(20)) && {
    policy_.alignment = alignment_request{std::move(group), drift, interval};
    policy_.alignment->check();
    return event_time_description<Function, Strategy, true>(std::move(policy_));
  }

  policy_type policy() && { return std::move(policy_); }

  template <class Element>
  static constexpr bool accepts =
      std::is_copy_constructible_v<Function> && std::is_invocable_r_v<timestamp, const Function&, const Element&> &&
      (is_built_in_strategy<Strategy> || (watermark_strategy<Strategy, Element> && strategy_is_stored<Strategy>));

  template <class Element>
  static void explain() {
    if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else if constexpr (!std::is_invocable_r_v<timestamp, const Function&, const Element&>) {
      static_cast<void>(event_time_rejected<Element, Function>{});
    } else if constexpr (!watermark_strategy<Strategy, Element>) {
      static_cast<void>(event_time_strategy_rejected<Element, Strategy>{});
    } else {
      static_cast<void>(event_time_strategy_lost<Strategy>{});
    }
  }

 private:
  policy_type policy_;
};

class ingestion_time_description : public time_tag {
 public:
  static ingestion_time_policy policy() {
    return {{.extractor = {}, .strategy = ascending(), .interval = 256, .idle = std::nullopt, .time_ordered = true}};
  }
  template <class Element>
  static constexpr bool accepts = true;
  template <class Element>
  static void explain() {}
};

}  // namespace detail

/// Where records carry their event time, and how watermarks follow it:
/// `event_time(&order::at, out_of_orderness(5s))`, `event_time(&order::at, ascending())`, or with a strategy of your
/// own (weir::watermark_strategy).
template <class Extractor, class Strategy>
auto event_time(Extractor extractor, Strategy strategy) {
  using description = detail::event_time_description<Extractor, Strategy>;
  return description(typename description::policy_type{.extractor = {std::move(extractor)},
                                                       .strategy = std::move(strategy),
                                                       .interval = 256,
                                                       .idle = std::nullopt,
                                                       .time_ordered = false,
                                                       .alignment = std::nullopt});
}

template <class Extractor>
detail::broken_pipeline event_time(const Extractor&) {
  static_cast<void>(detail::event_time_without_strategy<Extractor>{});
  return {};
}

/// The event time of a record is when it is read, by the job's clock; it never goes back, and no record is late. A
/// record that is read again after a failure gets another time.
inline auto ingestion_time() { return detail::ingestion_time_description{}; }

}  // namespace weir
