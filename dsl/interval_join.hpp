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
#include "weir/state/value_state.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/co_process.hpp"
#include "weir/dsl/connect.hpp"
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

/// The function behind the interval joins. Each side is kept per key, in the order of its times. A record waits for
/// partners as long as one that is not late can come: a left one up to its time + max(last, 0), a right one up to its
/// time + max(-first, 0). At the watermark that reaches this it is gone.
///
/// Where records are given without a partner, a timer of the key does that at the moment of the record that goes first.
/// An inner join need not be told: what is gone is removed when the key is next seen, and a timer half an interval after
/// the record that goes last sees to a key that is not seen any more. That is one timer per key and interval instead of
/// one per record, and a key that is seen again soon keeps its row.
template <class Left, class Right, class Function, join_kind Kind>
class interval_join_function {
  static constexpr bool gives_left = Kind == join_kind::left || Kind == join_kind::full;
  static constexpr bool gives_right = Kind == join_kind::right || Kind == join_kind::full;
  static constexpr bool removes_when_seen = Kind == join_kind::inner;

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
        right_waits_(std::max(-within.first(), std::chrono::milliseconds{0})),
        unseen_for_((left_waits_ + right_waits_) / 2) {}

  void count_late_in(operator_metrics& metrics) noexcept { metrics_ = &metrics; }

  void process_left(const Left& record, auto& context, auto& out) {
    const timestamp time = time_of_joined(context);
    if (time < context.current_watermark()) [[unlikely]] {
      metrics_->late_records.add(1);
      out(late{late::value_type::of_left(record)});
      out(late_left{record});
      return;
    }
    const auto before = before_insertion(time, context.current_watermark());
    [[maybe_unused]] auto& kept = left.insert(time, record);
    const auto end = right.entries().end();
    const timestamp last = saturating_add(time, last_);
    for (auto other = right.entries().first_at(saturating_add(time, first_)); other != end && other->time <= last; ++other) {
      const Right& partner = borrow<Right>(other->value);
      out.at(call_join<Left, Right, Kind>(function_, &record, &partner), std::max(time, other->time));
      if constexpr (gives_left) kept.matched = true;
      if constexpr (gives_right) other->matched = true;
    }
    set_timer(before, saturating_add(time, left_waits_), context);
  }

  void process_right(const Right& record, auto& context, auto& out) {
    const timestamp time = time_of_joined(context);
    if (time < context.current_watermark()) [[unlikely]] {
      metrics_->late_records.add(1);
      out(late{late::value_type::of_right(record)});
      out(late_right{record});
      return;
    }
    const auto before = before_insertion(time, context.current_watermark());
    [[maybe_unused]] auto& kept = right.insert(time, record);
    const auto end = left.entries().end();
    const timestamp last = saturating_add(time, -first_);
    for (auto other = left.entries().first_at(saturating_add(time, -last_)); other != end && other->time <= last; ++other) {
      const Left& partner = borrow<Left>(other->value);
      out.at(call_join<Left, Right, Kind>(function_, &partner, &record), std::max(time, other->time));
      if constexpr (gives_right) kept.matched = true;
      if constexpr (gives_left) other->matched = true;
    }
    set_timer(before, saturating_add(time, right_waits_), context);
  }

  void on_timer([[maybe_unused]] timestamp at, auto& context, auto& out) {
    if constexpr (removes_when_seen) {
      remove_until(context.current_watermark());
      at_watermark.clear();
      if (left.entries().empty() && right.entries().empty()) {  // as if new
        left.entries().clear();
        right.entries().clear();
      } else {
        context.register_event_time_timer(saturating_add(last_removal(), unseen_for_));
      }
    } else {
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
  }

  /// The row of a key comes out of a snapshot that was taken at `watermark`: what was gone then stays so.
  void restored_from(timestamp watermark)
    requires removes_when_seen
  {
    see(watermark);
  }

  time_ordered_state<Left, gives_left> left;
  time_ordered_state<Right, gives_right> right;
  /// The watermark at which a record of that very time has come, which is not gone before the next one.
  value_state<timestamp> at_watermark;

 private:
  /// What set_timer needs to know of the time before: whether there is no timer for sure, or which one is registered.
  [[gnu::always_inline]] auto before_insertion([[maybe_unused]] timestamp time, [[maybe_unused]] timestamp watermark) {
    if constexpr (removes_when_seen) {
      const bool is_new = left.entries().is_new() && right.entries().is_new();
      see(watermark);
      if (time == watermark) [[unlikely]] at_watermark = watermark;
      return is_new;
    } else {
      return next_removal();
    }
  }
  /// After a record was put in that is gone at `removal`; `before` is what before_insertion has said.
  [[gnu::always_inline]] void set_timer(auto before, [[maybe_unused]] timestamp removal, auto& context) const {
    if constexpr (removes_when_seen) {
      if (before) context.register_event_time_timer(saturating_add(removal, unseen_for_));
    } else {
      const timestamp next = *next_removal();
      if (before == next) return;
      if (before) context.delete_event_time_timer(*before);
      context.register_event_time_timer(next);
    }
  }

  /// Removes what is gone at `watermark`. A record whose moment it is has come before the watermark, unless the row says
  /// otherwise.
  [[gnu::always_inline]] void see(timestamp watermark) {
    if (at_watermark.has_value() && *at_watermark == watermark) [[unlikely]] return;
    remove_until(watermark);
  }
  [[gnu::always_inline]] void remove_until(timestamp limit) {
    give(left.entries(), left_waits_, limit, [](const auto&) {});
    give(right.entries(), right_waits_, limit, [](const auto&) {});
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
  /// Requires a record.
  timestamp last_removal() const {
    timestamp last = min_timestamp;
    if (!left.entries().empty()) last = saturating_add(left.entries().back().time, left_waits_);
    if (!right.entries().empty()) last = std::max(last, saturating_add(right.entries().back().time, right_waits_));
    return last;
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
  std::chrono::milliseconds unseen_for_;
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
    using joined = interval_join_function<typename both::left_type, typename both::right_type, Function, Kind>;
    return co_process_description<joined, false>(
               joined(std::move(function), within), std::move(uid), std::nullopt, std::nullopt, where,
               {.kind = join_name("interval", Kind), .detail = within.describe(), .bounded = true})
        .apply(std::forward<Stream>(source));
  }
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
  using type = field_list<field<&joined::left, "left">, field<&joined::right, "right">,
                          field<&joined::at_watermark, "at_watermark">>;
};

/// Joins each record of the left stream of connect(left, right) with each of the right one that has its key and a time
/// in [left time + lower, left time + upper]: `interval_join<"uid">(between(lower, upper), f)`.
/// Emits     f(left, right) as soon as both are there, with the later of their times.
/// Time      a record whose time is before the watermark is late: it goes to split<"late">(), as an either of both, or
///           to split<"late_left">() or split<"late_right">(), is counted, and joins nothing.
/// State     the records of each key, as long as a partner may come; mostly one timer per key.   Thread: one subtask.
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

}  // namespace weir
