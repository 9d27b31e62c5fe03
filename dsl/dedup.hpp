#pragma once
// dedup: lets the first record of each key through: `… | key_by(&message::id) | dedup<"once">(ttl(24h))`. The example
// of that name writes the same with a function of its own.
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process.hpp"
#include "weir/state/ttl.hpp"
#include "weir/state/value_state.hpp"

namespace weir {
namespace detail {

template <class Element>
struct first_of_key {
  BOOST_HANA_DEFINE_STRUCT(first_of_key, (value_state<bool>, seen));
  using output_type = Element;

  template <class Context, class Out>
  [[gnu::always_inline]] void process(const Element& element, Context&, Out& out) {
    if (seen.has_value()) return;
    seen = true;
    out(Element(element));
  }
};

template <class Stream>
struct dedup_without_key {
  static_assert(
      never<Stream>,
      "weir: dedup<\"uid\">(...) keeps the first record of each key; put key_by(f) before it, with what makes "
      "records the same");
};
template <class... Facts>
struct dedup_without_uid {
  static_assert(never<Facts...>, "weir: dedup(...) has state, which needs a name; write dedup<\"uid\">(...)");
};

template <bool WithTtl>
struct dedup_description : operator_tag {
  static constexpr bool leaves_stage = true;
  std::string uid;
  std::optional<ttl> expiry;
  std::optional<bounded_keys> bound;
  std::source_location where;
  dedup_description(std::string u, std::optional<ttl> e, std::optional<bounded_keys> b, std::source_location w)
      : uid(std::move(u)), expiry(e), bound(b), where(w) {}

  template <class Stream>
  static constexpr bool accepts = !std::is_same_v<typename Stream::key_type, no_key>;
  template <class Stream>
  static void explain() {
    static_cast<void>(dedup_without_key<Stream>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using function = first_of_key<typename std::remove_cvref_t<Stream>::element_type>;
    process_description<function, WithTtl> made(function{}, std::move(uid), expiry, bound, where);
    made.naming = {.kind = "dedup", .detail = "first of each key"};
    return std::move(made).apply(std::forward<Stream>(source));
  }
};

template <fixed_string Uid, bool WithTtl>
auto describe_dedup(std::optional<ttl> expiry, std::optional<bounded_keys> bound, std::source_location where) {
  static_assert(Uid.view().size() > 0, "weir: dedup<\"\">(...) has state, which needs a name; write dedup<\"uid\">");
  return dedup_description<WithTtl>(std::string(Uid.with_former()), expiry, bound, where);
}

}  // namespace detail

/// Lets the first record of each key through and drops the others.
/// Emits     those records unchanged, in order per producing subtask, with their event times. Which of several that
/// arrive out
///           of order comes first is decided by arrival, not by event time.
/// State     a bool per key, by `uid`. With ttl(t) a key is forgotten t after its first record, by the wall clock, and
/// its
///           next record counts as the first again; with ttl(t).refresh_on_read() t after its last one.
/// Requires  key_by(...) before it.
template <fixed_string Uid>
auto dedup(const ttl& expiry, std::source_location where = std::source_location::current()) {
  return detail::describe_dedup<Uid, true>(expiry, std::nullopt, where);
}
/// The same for ever, for a stream that has no more keys than so many.
template <fixed_string Uid>
auto dedup(bounded_keys bound, std::source_location where = std::source_location::current()) {
  return detail::describe_dedup<Uid, false>(std::nullopt, bound, where);
}
/// The same for ever. State grows with the number of keys.
template <fixed_string Uid>
auto dedup(std::source_location where = std::source_location::current()) {
  return detail::describe_dedup<Uid, false>(std::nullopt, std::nullopt, where);
}

template <class... Arguments>
detail::broken_pipeline dedup(const Arguments&...) {
  static_cast<void>(detail::dedup_without_uid<Arguments...>{});
  return {};
}

}  // namespace weir
