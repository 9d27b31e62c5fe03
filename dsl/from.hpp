#pragma once
// from: begins a pipeline at a source; event_time: says where its records carry their time.
#include <chrono>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/range_source.hpp"
#include "weir/runtime/watermark_generator.hpp"

namespace weir {
namespace detail {

/// Calls an event-time extractor: a pointer to a timestamp member, or a function that returns a timestamp.
template <class Function>
struct time_extractor {
  [[no_unique_address]] Function function;
  template <class Record>
  [[gnu::always_inline]] timestamp operator()(const Record& record) const {
    return std::invoke(function, record);
  }
};

/// What `event_time(...)` returns: a policy that is still to meet its source.
template <class Function>
class event_time_description {
 public:
  event_time_description(Function function, out_of_orderness strategy)
      : policy_{{std::move(function)}, strategy, 256, std::nullopt, false} {}

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
  event_time_description time_ordered() && {
    policy_.time_ordered = true;
    return std::move(*this);
  }

  event_time_policy<time_extractor<Function>> policy() && { return std::move(policy_); }

 private:
  event_time_policy<time_extractor<Function>> policy_;
};

template <class Element, class... Facts>
struct event_time_rejected {
  static_assert(never<Element, Facts...>,
                "weir: event_time(f, ...): f must give a weir::timestamp for the source's records; name a timestamp "
                "member, such as &order::at, or a function of const Record& that returns one");
};

template <class Clock, class Guarantee = exactly_once, class Source, class Time>
[[gnu::noinline]] auto begin_pipeline(Source source, Time time, operator_note note) {
  using stage = open_stage<source_head<Source, Time>, no_operators>;
  std::string described;
  if constexpr (requires { source.describe(); }) {
    if (note.detail.empty()) note.detail = described = source.describe();
  }
  note.output_type = type_name<typename Source::value_type>();
  note.in_memory_source = note.in_memory_source || requires { requires Source::in_memory; };
  if constexpr (requires { Source::replayable; }) note.replayable = Source::replayable;
  if constexpr (requires { source.endless(); }) note.endless = source.endless();
  stage opened{{std::move(source), std::move(time)}, {}, {}};
  opened.draft.add(note);
  return make_stream<typename Source::value_type, no_key, Clock, Guarantee>(std::move(opened));
}

template <class Type>
concept source_description = requires(const Type& source, source_context& context, const source_split& split) {
  typename Type::value_type;
  { source.splits(context) } -> std::same_as<std::vector<source_split>>;
  source.open(split, context);
};

template <class Source>
auto as_source(Source&& source) {
  if constexpr (source_description<std::remove_cvref_t<Source>>) {
    return std::remove_cvref_t<Source>(std::forward<Source>(source));
  } else if constexpr (std::is_array_v<std::remove_cvref_t<Source>>) {
    using element = std::remove_cv_t<std::remove_all_extents_t<std::remove_cvref_t<Source>>>;
    return range_source<std::vector<element>>(std::vector<element>(std::begin(source), std::end(source)));
  } else {
    return range_source<std::remove_cvref_t<Source>>(std::forward<Source>(source));
  }
}

template <class Source>
struct source_needs_uid {
  static_assert(never<Source>,
                "weir: from(...): a source that is not an in-memory range needs a name for its state; write "
                "from<\"uid\">(...)");
};
template <class Type>
struct no_source {
  static_assert(never<Type>,
                "weir: from(x): x is no source; give a range, generate(f), or a connector such as "
                "json_lines<record>(\"in.jsonl\")");
};
template <class Range>
struct range_not_copyable {
  static_assert(never<Range>, "weir: from(range): the range cannot be copied; write from(std::move(range))");
};

template <class Type>
inline constexpr bool is_text = std::is_convertible_v<const Type&, std::string_view>;

template <class Type>
inline constexpr bool is_source = !is_text<Type> && (source_description<Type> || readable_range<Type>);
template <class Type>
inline constexpr bool may_go_without_uid = !source_description<Type> || requires { requires Type::in_memory; };

/// Whether `Source` can begin a pipeline under this uid.
template <fixed_string Uid, class Source, class Bare = std::remove_cvref_t<Source>>
inline constexpr bool begins_pipeline = is_source<Bare> &&
                                        (std::is_array_v<Bare> || std::is_constructible_v<Bare, Source>) &&
                                        (!Uid.view().empty() || may_go_without_uid<Bare>);

/// Says why it cannot.
template <class Source>
void explain_source() {
  using bare = std::remove_cvref_t<Source>;
  if constexpr (!is_source<bare>) {
    static_cast<void>(no_source<bare>{});
  } else if constexpr (!std::is_array_v<bare> && !std::is_constructible_v<bare, Source>) {
    static_cast<void>(range_not_copyable<bare>{});
  } else {
    static_cast<void>(source_needs_uid<bare>{});
  }
}

template <class Extractor>
struct event_time_without_strategy {
  static_assert(never<Extractor>,
                "weir: event_time(f): say how far records may be out of order; write event_time(f, out_of_orderness(5s)) "
                "or event_time(f, ascending())");
};

}  // namespace detail

/// Where records carry their event time, and how far they may be out of order:
/// `event_time(&order::at, out_of_orderness(5s))` or `event_time(&order::at, ascending())`.
template <class Extractor>
auto event_time(Extractor extractor, out_of_orderness strategy) {
  return detail::event_time_description<Extractor>(std::move(extractor), strategy);
}

template <class Extractor>
detail::broken_pipeline event_time(const Extractor&) {
  static_cast<void>(detail::event_time_without_strategy<Extractor>{});
  return {};
}

/// Begins a pipeline at `source`: a file or socket source, a generator, or any standard or range-v3 range, which is
/// copied or moved in (give a span or a view to read in place). Only an in-memory range may go without a uid.
template <fixed_string Uid = "", class Source>
auto from(Source&& source, std::source_location where = std::source_location::current()) {
  if constexpr (detail::begins_pipeline<Uid, Source>) {
    auto described = detail::as_source(std::forward<Source>(source));
    using guarantee = detail::guarantee_of_source<Uid, decltype(described)>;
    return detail::begin_pipeline<no_clock, guarantee>(
        std::move(described), detail::no_event_time{}, {.kind = "from", .uid = Uid.with_former(), .where = where});
  } else {
    detail::explain_source<Source>();
    return detail::broken_pipeline{};
  }
}

/// The same with event time.
template <fixed_string Uid = "", class Source, class Extractor>
auto from(Source&& source, detail::event_time_description<Extractor> time,
          std::source_location where = std::source_location::current()) {
  if constexpr (detail::begins_pipeline<Uid, Source>) {
    auto described = detail::as_source(std::forward<Source>(source));
    using element = typename decltype(described)::value_type;
    if constexpr (!std::is_copy_constructible_v<Extractor>) {
      static_cast<void>(detail::function_not_copyable<Extractor>{});
      return detail::broken_pipeline{};
    } else if constexpr (!std::is_invocable_r_v<timestamp, const Extractor&, const element&>) {
      static_cast<void>(detail::event_time_rejected<element, Extractor>{});
      return detail::broken_pipeline{};
    } else {
      using guarantee = detail::guarantee_of_source<Uid, decltype(described)>;
      return detail::begin_pipeline<event_clock, guarantee>(
          std::move(described), std::move(time).policy(),
          {.kind = "from", .uid = Uid.with_former(), .where = where});
    }
  } else {
    detail::explain_source<Source>();
    return detail::broken_pipeline{};
  }
}
template <fixed_string Uid = "", class Source>
detail::broken_pipeline from(Source&&, const detail::broken_pipeline&) {
  return {};
}

/// Begins a pipeline at the elements of a list: `from({1, 2, 3})`.
template <fixed_string Uid = "", class Element>
auto from(std::initializer_list<Element> elements, std::source_location where = std::source_location::current()) {
  return from<Uid>(std::vector<Element>(elements), where);
}
template <fixed_string Uid = "", class Element, class Extractor>
auto from(std::initializer_list<Element> elements, detail::event_time_description<Extractor> time,
          std::source_location where = std::source_location::current()) {
  return from<Uid>(std::vector<Element>(elements), std::move(time), where);
}

}  // namespace weir
