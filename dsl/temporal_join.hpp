#pragma once
// temporal_join: each left record meets the version of its key that was valid at its time, as an order meets the price of
// then. The right stream carries the versions: each is valid from its time on until the next one.
//   connect(std::move(orders) | key_by(&order::currency), std::move(rates) | key_by(&rate::currency))
//       | temporal_join<"priced">([](const order& o, const rate& r) { return priced_order{…}; })
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/state/time_ordered_state.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/co_process.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/join_side.hpp"

namespace weir {
namespace detail {

/// The function behind the temporal joins. A left record waits until the watermark, which is that of both sides, has
/// reached its time: then every version up to it is known. A key has one timer, for the record that is next.
template <class Left, class Right, class Function, join_kind Kind>
class temporal_join_function {
 public:
  using output_type = join_result<Function, Left, Right, Kind>;
  using late = side<"late", Left>;
  using side_outputs = weir::side_outputs<late>;

  explicit temporal_join_function(Function function) : function_(std::move(function)) {}

  void count_late_in(operator_metrics& metrics) noexcept { metrics_ = &metrics; }

  void process_left(const Left& record, auto& context, auto& out) {
    const timestamp time = time_of_joined(context);
    if (time <= context.current_watermark()) {
      metrics_->late_records.add(1);
      out(late{record});
      return;
    }
    auto& waiting = pending.entries();
    const bool is_next = waiting.empty() || time < waiting.front().time;
    if (is_next && !waiting.empty()) context.delete_event_time_timer(waiting.front().time);
    pending.insert(time, record);
    if (is_next) context.register_event_time_timer(time);
  }

  /// A version that comes late counts for the left records to come.
  void process_right(const Right& record, auto& context, auto&) {
    versions.insert(time_of_joined(context), record);
    drop_older_versions(context.current_watermark());
  }

  void on_timer(timestamp at, auto& context, auto& out) {
    auto& known = versions.entries();
    const auto behind = known.first_after(at);
    std::size_t count = 0;
    for (const auto& each : pending.entries()) {
      if (each.time > at) break;
      ++count;
      const Left& record = borrow<Left>(each.value);
      if (behind != known.begin()) {
        const Right& version = borrow<Right>(behind[-1].value);
        out(call_join<Left, Right, Kind>(function_, &record, &version));
      } else if constexpr (Kind == join_kind::left) {
        out(call_join<Left, Right, Kind>(function_, &record, static_cast<const Right*>(nullptr)));
      }
    }
    pending.entries().drop_front(count);
    drop_older_versions(at);
    if (!pending.entries().empty()) context.register_event_time_timer(pending.entries().front().time);
  }

  time_ordered_state<Left> pending;
  time_ordered_state<Right> versions;

 private:
  /// Keeps the version that is valid at `time` and those after it.
  void drop_older_versions(timestamp time) {
    auto& known = versions.entries();
    const auto behind = static_cast<std::size_t>(known.first_after(time) - known.begin());
    if (behind > 1) known.drop_front(behind - 1);
  }

  Function function_;
  operator_metrics* metrics_ = nullptr;
};

template <class Function, join_kind Kind>
struct temporal_join_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  std::string uid;
  std::optional<bounded_keys> bound;
  std::source_location where;
  temporal_join_description(Function f, std::string u, std::optional<bounded_keys> b, std::source_location w)
      : function(std::move(f)), uid(std::move(u)), bound(b), where(w) {}

  template <class Stream>
  static constexpr bool accepts = check_join<false, Function, Kind, Stream>();
  template <class Stream>
  static void explain() {
    check_join<true, Function, Kind, Stream>();
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using both = typename Stream::element_type;
    using joined = temporal_join_function<typename both::left_type, typename both::right_type, Function, Kind>;
    return co_process_description<joined, false>(joined(std::move(function)), std::move(uid), std::nullopt, bound, where,
                                                 {.kind = join_name("temporal", Kind), .detail = "latest version"})
        .apply(std::forward<Stream>(source));
  }
};

template <class... Facts>
struct temporal_join_without_uid {
  static_assert(never<Facts...>, "weir: a temporal join has state, which needs a name; write temporal_join<\"uid\">(f)");
};

template <fixed_string Uid, join_kind Kind, class Function>
auto describe_temporal_join(Function function, std::optional<bounded_keys> bound, std::source_location where) {
  static_assert(Uid.view().size() > 0, "weir: a join has state, which needs a name; write temporal_join<\"uid\">");
  return temporal_join_description<Function, Kind>(std::move(function), std::string(Uid.with_former()), bound, where);
}

}  // namespace detail

template <class Left, class Right, class Function, detail::join_kind Kind>
struct record_fields<detail::temporal_join_function<Left, Right, Function, Kind>> {
  using joined = detail::temporal_join_function<Left, Right, Function, Kind>;
  using type = field_list<field<&joined::pending, "pending">, field<&joined::versions, "versions">>;
};

/// Gives `function(left, version)` for each left record of connect(left, right), where `version` is the right record of
/// its key with the greatest time that is not after the left one's; of equal times the one that came last. Left records
/// without a version are left out.
/// Emits     when the watermark of both sides has reached the left record's time, with that time; records of a key in
///           the order of their times.
/// Time      a left record at or before the watermark is late: it is counted and goes to split<"late">(). A version that
///           comes late counts for left records that come after it.
/// State     the left records that wait, and for every key the version valid at the watermark and all after it.
/// Requires  connect of two streams with key and event time; function(const Left&, const Right&) returns the result.
template <fixed_string Uid, class Function>
auto temporal_join(Function function, std::source_location where = std::source_location::current()) {
  return detail::describe_temporal_join<Uid, detail::join_kind::inner>(std::move(function), std::nullopt, where);
}
/// The same with a declared bound of its state.
template <fixed_string Uid, class Function>
auto temporal_join(Function function, bounded_keys bound, std::source_location where = std::source_location::current()) {
  return detail::describe_temporal_join<Uid, detail::join_kind::inner>(std::move(function), bound, where);
}
/// Also gives function(left, nullptr) for left records without a version. function takes (const Left&, const Right*).
template <fixed_string Uid, class Function>
auto temporal_left_join(Function function, std::source_location where = std::source_location::current()) {
  return detail::describe_temporal_join<Uid, detail::join_kind::left>(std::move(function), std::nullopt, where);
}
template <fixed_string Uid, class Function>
auto temporal_left_join(Function function, bounded_keys bound,
                        std::source_location where = std::source_location::current()) {
  return detail::describe_temporal_join<Uid, detail::join_kind::left>(std::move(function), bound, where);
}

template <class... Arguments>
detail::broken_pipeline temporal_join(const Arguments&...) {
  static_cast<void>(detail::temporal_join_without_uid<Arguments...>{});
  return {};
}
template <class... Arguments>
detail::broken_pipeline temporal_left_join(const Arguments&...) {
  static_cast<void>(detail::temporal_join_without_uid<Arguments...>{});
  return {};
}

}  // namespace weir
