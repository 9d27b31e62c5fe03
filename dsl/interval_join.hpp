#pragma once
// interval_join: pairs of records of two streams that have the same key and whose times lie close to each other.
//   connect(std::move(orders) | key_by(&order::customer), std::move(payments) | key_by(&payment::customer))
//       | interval_join<"paid">(between(0s, 1h), [](const order& o, const payment& p) { return paid_order{…}; })
// interval_left_join, interval_right_join and interval_full_join also give the records without a partner.
#include <algorithm>
#include <chrono>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/state/time_ordered_state.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/co_process.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/interval_join_operator.hpp"
#include "weir/dsl/join_side.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {

/// How far after the time of a left record that of a right one may lie: made by `between`.
class interval {
 public:
  /// Both bounds included. Throws weir::error if `lower` is greater than `upper`.
  interval(std::chrono::milliseconds lower, std::chrono::milliseconds upper);

  /// The same without the bound itself.
  interval lower_exclusive() const;
  interval upper_exclusive() const;

  /// The bounds as they are applied: included.
  std::chrono::milliseconds first() const noexcept;
  std::chrono::milliseconds last() const noexcept;

  /// "between(-1s, 5s)"
  std::string describe() const;

 private:
  std::chrono::milliseconds lower_;
  std::chrono::milliseconds upper_;
  bool lower_included_ = true;
  bool upper_included_ = true;
};

/// A right record joins a left one if its time is in [left time + lower, left time + upper].
inline interval between(std::chrono::milliseconds lower, std::chrono::milliseconds upper) { return {lower, upper}; }

namespace detail {

/// The function behind the interval joins that also give records without a partner; for the others see
/// interval_join_operator.hpp. Each side is kept per key, in the order of its times. A record waits for partners as long
/// as one that is not late can come: a left one up to its time + max(last, 0), a right one up to its time + max(-first,
/// 0). At the watermark that reaches this it is gone. A timer of the key sees to it at the moment of the record that goes
/// first.
template <class Left, class Right, class Function, join_kind Kind>
class interval_join_function {
  static constexpr bool gives_left = Kind == join_kind::left || Kind == join_kind::full;
  static constexpr bool gives_right = Kind == join_kind::right || Kind == join_kind::full;

 public:
  using output_type = join_result<Function, Left, Right, Kind>;
  using late = late_side<Left, Right>;
  using late_left = side<"late_left", Left>;
  using late_right = side<"late_right", Right>;
  using side_outputs = weir::side_outputs<late, late_left, late_right>;

  interval_join_function(Function function, const interval& within)
      : function_(std::move(function)),
        first_(within.first()),
        last_(within.last()),
        left_waits_(std::max(within.last(), std::chrono::milliseconds{0})),
        right_waits_(std::max(-within.first(), std::chrono::milliseconds{0})) {}

  void count_late_in(operator_metrics& metrics) noexcept { metrics_ = &metrics; }

  void process_left(const Left& record, auto& context, auto& out) {
    const timestamp time = time_of_joined(context);
    if (time < context.current_watermark()) [[unlikely]] {
      metrics_->late_records.add(1);
      out(late{late::value_type::of_left(record)});
      out(late_left{record});
      return;
    }
    const std::optional<timestamp> before = next_removal();
    [[maybe_unused]] auto& kept = left.insert(time, record);
    for (auto& other : right.entries().within(saturating_add(time, first_), saturating_add(time, last_))) {
      const Right& partner = borrow<Right>(other.value);
      out.at(call_join<Left, Right, Kind>(function_, &record, &partner), std::max(time, other.time));
      if constexpr (gives_left) kept.matched = true;
      if constexpr (gives_right) other.matched = true;
    }
    set_timer(before, context);
  }

  void process_right(const Right& record, auto& context, auto& out) {
    const timestamp time = time_of_joined(context);
    if (time < context.current_watermark()) [[unlikely]] {
      metrics_->late_records.add(1);
      out(late{late::value_type::of_right(record)});
      out(late_right{record});
      return;
    }
    const std::optional<timestamp> before = next_removal();
    [[maybe_unused]] auto& kept = right.insert(time, record);
    for (auto& other : left.entries().within(saturating_add(time, -last_), saturating_add(time, -first_))) {
      const Left& partner = borrow<Left>(other.value);
      out.at(call_join<Left, Right, Kind>(function_, &partner, &record), std::max(time, other.time));
      if constexpr (gives_right) kept.matched = true;
      if constexpr (gives_left) other.matched = true;
    }
    set_timer(before, context);
  }

  void on_timer(timestamp at, auto& context, auto& out) {
    give(left.entries(), left_waits_, at, [&]([[maybe_unused]] const auto& each) {
      if constexpr (gives_left) {
        if (each.matched) return;
        const Left& alone = borrow<Left>(each.value);
        out(call_join<Left, Right, Kind>(function_, &alone, static_cast<const Right*>(nullptr)));
      }
    });
    give(right.entries(), right_waits_, at, [&]([[maybe_unused]] const auto& each) {
      if constexpr (gives_right) {
        if (each.matched) return;
        const Right& alone = borrow<Right>(each.value);
        out(call_join<Left, Right, Kind>(function_, static_cast<const Left*>(nullptr), &alone));
      }
    });
    if (const auto next = next_removal()) context.register_event_time_timer(*next);
  }

  time_ordered_state<Left, gives_left> left;
  time_ordered_state<Right, gives_right> right;

 private:
  /// After a record was put in; `before` is what next_removal() has said before.
  [[gnu::always_inline]] void set_timer(const std::optional<timestamp>& before, auto& context) const {
    const timestamp next = *next_removal();
    if (before == next) return;
    if (before) context.delete_event_time_timer(*before);
    context.register_event_time_timer(next);
  }

  std::optional<timestamp> next_removal() const {
    std::optional<timestamp> next;
    if (!left.entries().empty()) next = saturating_add(left.entries().front().time, left_waits_);
    if (!right.entries().empty()) {
      const timestamp other = saturating_add(right.entries().front().time, right_waits_);
      if (!next || other < *next) next = other;
    }
    return next;
  }

  /// Removes what goes at `limit` or before; `visit` sees each.
  template <class Buffer, class Visit>
  [[gnu::always_inline]] static void give(Buffer& entries, std::chrono::milliseconds waits, timestamp limit, Visit&& visit) {
    std::size_t count = 0;
    for (const auto& each : entries) {
      if (saturating_add(each.time, waits) > limit) break;
      visit(each);
      ++count;
    }
    entries.drop_front(count);
  }

  Function function_;
  std::chrono::milliseconds first_;
  std::chrono::milliseconds last_;
  std::chrono::milliseconds left_waits_;
  std::chrono::milliseconds right_waits_;
  operator_metrics* metrics_ = nullptr;
};

template <class Function, join_kind Kind>
struct interval_join_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  interval within;
  std::string uid;
  std::source_location where;
  interval_join_description(Function f, const interval& i, std::string u, std::source_location w)
      : function(std::move(f)), within(i), uid(std::move(u)), where(w) {}

  template <class Stream>
  static constexpr bool accepts = check_join<false, Function, Kind, Stream>();
  template <class Stream>
  static void explain() {
    check_join<true, Function, Kind, Stream>();
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using both = typename Stream::element_type;
    if constexpr (Kind == join_kind::inner) {
      return append_inner(std::forward<Stream>(source));
    } else {
      using joined = interval_join_function<typename both::left_type, typename both::right_type, Function, Kind>;
      return co_process_description<joined, false>(
                 joined(std::move(function), within), std::move(uid), std::nullopt, std::nullopt, where,
                 {.kind = join_name("interval", Kind), .detail = within.describe(), .bounded = true})
          .apply(std::forward<Stream>(source));
    }
  }

 private:
  template <class Stream>
  auto append_inner(Stream&& source) {
    using stream_type = std::remove_cvref_t<Stream>;
    using both = typename stream_type::element_type;
    using left = typename both::left_type;
    using right = typename both::right_type;
    using key = typename stream_type::key_type;
    auto keyed = std::move(source).take_stage();
    using made = interval_join_operator<left, right, key, decltype(keyed.selector), Function>;
    made operation(keyed.selector, std::move(function), within.first(), within.last());
    using written = written_join<typename written_type<owned_t<left>>::type, typename written_type<owned_t<right>>::type>;
    const std::string kind = join_name("interval", Kind);
    const std::string detail = within.describe();
    const operator_note note{.kind = kind,
                             .detail = detail,
                             .uid = uid,
                             .where = where,
                             .stateful = true,
                             .table = make_table_schema(describe<key>(), describe<written>())};
    auto behind = hash_exchange<both, typename stream_type::clock, true>(std::move(keyed));
    return append<typename made::result_type>(
        make_stream<both, no_key, typename stream_type::clock, typename stream_type::guarantee>(std::move(behind)),
        std::move(operation), note);
  }
};

template <class... Facts>
struct interval_join_without_uid {
  static_assert(never<Facts...>,
                "weir: an interval join has state, which needs a name; write interval_join<\"uid\">(between(lower, upper), f)");
};

template <fixed_string Uid, join_kind Kind, class Function>
auto describe_interval_join(const interval& within, Function function, std::source_location where) {
  static_assert(Uid.view().size() > 0, "weir: a join has state, which needs a name; write interval_join<\"uid\">");
  return interval_join_description<Function, Kind>(std::move(function), within, std::string(Uid.with_former()), where);
}

}  // namespace detail

template <class Left, class Right, class Function, detail::join_kind Kind>
struct record_fields<detail::interval_join_function<Left, Right, Function, Kind>> {
  using joined = detail::interval_join_function<Left, Right, Function, Kind>;
  using type = field_list<field<&joined::left, "left">, field<&joined::right, "right">>;
};

/// Joins each record of the left stream of connect(left, right) with each of the right one that has its key and a time
/// in [left time + lower, left time + upper]: `interval_join<"uid">(between(lower, upper), f)`.
/// Emits     f(left, right) as soon as both are there, with the later of their times.
/// Time      a record whose time is before the watermark is late: it goes to split<"late">(), as an either of both, or
///           to split<"late_left">() or split<"late_right">(), is counted, and joins nothing.
/// State     the records of each key, as long as a partner may come, and one entry of a calendar per key.   Thread: one subtask.
/// Requires  connect of two streams with key and event time; f(const Left&, const Right&) returns the result.
template <fixed_string Uid, class Function>
auto interval_join(const interval& within, Function function,
                   std::source_location where = std::source_location::current()) {
  return detail::describe_interval_join<Uid, detail::join_kind::inner>(within, std::move(function), where);
}
/// The same with f(left, nullptr) for each left record that found no partner, when none can come any more: at its time +
/// max(upper, 0), which is also the result's time. f takes (const Left&, const Right*).
template <fixed_string Uid, class Function>
auto interval_left_join(const interval& within, Function function,
                        std::source_location where = std::source_location::current()) {
  return detail::describe_interval_join<Uid, detail::join_kind::left>(within, std::move(function), where);
}
/// The same with f(nullptr, right) for each right record that found no partner, at its time + max(-lower, 0). f takes
/// (const Left*, const Right&).
template <fixed_string Uid, class Function>
auto interval_right_join(const interval& within, Function function,
                         std::source_location where = std::source_location::current()) {
  return detail::describe_interval_join<Uid, detail::join_kind::right>(within, std::move(function), where);
}
/// Both of them. f takes (const Left*, const Right*).
template <fixed_string Uid, class Function>
auto interval_full_join(const interval& within, Function function,
                        std::source_location where = std::source_location::current()) {
  return detail::describe_interval_join<Uid, detail::join_kind::full>(within, std::move(function), where);
}

template <class... Arguments>
detail::broken_pipeline interval_join(const Arguments&...) {
  static_cast<void>(detail::interval_join_without_uid<Arguments...>{});
  return {};
}
template <class... Arguments>
detail::broken_pipeline interval_left_join(const Arguments&...) {
  static_cast<void>(detail::interval_join_without_uid<Arguments...>{});
  return {};
}
template <class... Arguments>
detail::broken_pipeline interval_right_join(const Arguments&...) {
  static_cast<void>(detail::interval_join_without_uid<Arguments...>{});
  return {};
}
template <class... Arguments>
detail::broken_pipeline interval_full_join(const Arguments&...) {
  static_cast<void>(detail::interval_join_without_uid<Arguments...>{});
  return {};
}

}  // namespace weir
