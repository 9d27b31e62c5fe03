#pragma once
// from: begins a pipeline at a source. Where its records get their time from stands in dsl/event_time.hpp.
#include <concepts>
#include <initializer_list>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/event_time.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/range_source.hpp"

namespace weir {
namespace detail {

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

}  // namespace detail

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

/// The same with event time: `time` is event_time(...) or ingestion_time().
template <fixed_string Uid = "", class Source, detail::time_description Time>
auto from(Source&& source, Time time, std::source_location where = std::source_location::current()) {
  if constexpr (detail::begins_pipeline<Uid, Source>) {
    auto described = detail::as_source(std::forward<Source>(source));
    using element = typename decltype(described)::value_type;
    if constexpr (!Time::template accepts<element>) {
      Time::template explain<element>();
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
template <fixed_string Uid = "", class Element, detail::time_description Time>
auto from(std::initializer_list<Element> elements, Time time,
          std::source_location where = std::source_location::current()) {
  return from<Uid>(std::vector<Element>(elements), std::move(time), where);
}

}  // namespace weir
