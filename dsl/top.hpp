#pragma once
// top: the n largest records of each key so far, as a ranking that comes out whole each time it changes:
//   … | key_by(&bid::auction) | top<"best">(3, &bid::price, bounded_keys(1000))
// For the largest ones of each window: aggregate<"uid">(top_k_by<3>(&bid::price)).
#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process.hpp"
#include "weir/state/ttl.hpp"
#include "weir/state/value_state.hpp"
#include "weir/windows/arithmetic.hpp"

namespace weir {

/// The largest records of a key so far, the largest first; of equal ones first those that arrived first. What `top`
/// emits.
template <class Key, class Element>
struct ranking {
  BOOST_HANA_DEFINE_STRUCT(ranking, (Key, key), (std::vector<Element>, elements));
  friend bool operator==(const ranking&, const ranking&) = default;
};

namespace detail {

/// Throws weir::error where a ranking would be empty.
void require_some_in_ranking(std::size_t count);

template <class Element, class Key, class Function>
struct top_function {
  using kept = owned_t<Element>;
  BOOST_HANA_DEFINE_STRUCT(top_function, (value_state<std::vector<kept>>, best));
  using output_type = ranking<owned_t<Key>, kept>;

  std::size_t count = 1;
  Function by;

  top_function(std::size_t n, Function f) : count(n), by(std::move(f)) {}

  template <class Context, class Out>
  void process(const Element& element, Context& context, Out& out) {
    if (!best.has_value()) {
      best = std::vector<kept>();
    } else if (best->size() == count && !is_larger(element, borrow<Element>(best->back()))) {
      return;
    }
    std::vector<kept>& held = best.edit();
    const auto place = std::find_if(held.begin(), held.end(),
                                    [&](const kept& each) { return is_larger(element, borrow<Element>(each)); });
    held.emplace(place, element);
    if (held.size() > count) held.pop_back();
    out(output_type{owned_t<Key>(context.key()), held});
  }

 private:
  bool is_larger(const Element& left, const Element& right) const {
    using value = std::remove_cvref_t<std::invoke_result_t<const Function&, const Element&>>;
    struct larger {
      static bool before(const value& candidate, const value& held) { return held < candidate; }
    };
    const value& of_left = std::invoke(by, left);
    const value& of_right = std::invoke(by, right);
    return more_extreme<larger, value>(of_left, of_right);
  }
};

template <class Stream>
struct top_without_key {
  static_assert(never<Stream>, "weir: top<\"uid\">(n, by) ranks the records of each key; put key_by(f) before it");
};
template <class Element, class... Facts>
struct top_rejected {
  static_assert(never<Element, Facts...>,
                "weir: top<\"uid\">(n, by): by must be a member such as &bid::price, or a function of const Element&, "
                "callable as "
                "const, whose results can be compared with <");
};
template <class... Facts>
struct top_without_uid {
  static_assert(never<Facts...>, "weir: top(n, by) has state, which needs a name; write top<\"uid\">(n, by)");
};

template <class Function, bool WithTtl>
struct top_description : operator_tag {
  static constexpr bool leaves_stage = true;
  std::size_t count;
  Function by;
  std::string uid;
  std::optional<ttl> expiry;
  std::optional<bounded_keys> bound;
  std::source_location where;
  top_description(std::size_t n, Function f, std::string u, std::optional<ttl> e, std::optional<bounded_keys> b,
                  std::source_location w)
      : count(n), by(std::move(f)), uid(std::move(u)), expiry(e), bound(b), where(w) {
    require_some_in_ranking(count);
  }

  template <class Element>
  static constexpr bool ranks = [] {
    if constexpr (std::is_invocable_v<const Function&, const Element&>) {
      return orderable<std::remove_cvref_t<std::invoke_result_t<const Function&, const Element&>>>;
    } else {
      return false;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = !std::is_same_v<typename Stream::key_type, no_key> &&
                                  ranks<typename Stream::element_type> && std::is_copy_constructible_v<Function>;
  template <class Stream>
  static void explain() {
    if constexpr (std::is_same_v<typename Stream::key_type, no_key>) {
      static_cast<void>(top_without_key<Stream>{});
    } else if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else {
      static_cast<void>(top_rejected<typename Stream::element_type, Function>{});
    }
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using function = top_function<typename stream_type::element_type, typename stream_type::key_type, Function>;
    process_description<function, WithTtl> made(function(count, std::move(by)), std::move(uid), expiry, bound, where);
    made.naming = {.kind = "top", .detail = std::to_string(count)};
    return std::move(made).apply(std::forward<Stream>(source));
  }
};

template <fixed_string Uid, bool WithTtl, class Function>
auto describe_top(std::size_t count, Function by, std::optional<ttl> expiry, std::optional<bounded_keys> bound,
                  std::source_location where) {
  static_assert(Uid.view().size() > 0, "weir: top<\"\">(...) has state, which needs a name; write top<\"uid\">");
  return top_description<Function, WithTtl>(count, std::move(by), std::string(Uid.with_former()), expiry, bound, where);
}

}  // namespace detail

/// Keeps the `count` records of each key for which `by` is largest; of equal ones those that arrived first.
/// Emits     a ranking<Key, Element> of all that it keeps, fewer while there are fewer, whenever that changes, with the
/// event
///           time of the record that changed it. Nothing is taken back: the last ranking of a key is the one that
///           holds.
/// State     those records per key, by `uid`, for ever or until they expire: with ttl(t) a key's ranking begins anew
/// when it
///           has not changed for t.   Thread: one subtask; `by` is copied per subtask and called as const.
/// Requires  key_by(...) before it; records with a binary form. Throws weir::error for a count of 0.
template <fixed_string Uid, class Function>
auto top(std::size_t count, Function by, std::source_location where = std::source_location::current()) {
  return detail::describe_top<Uid, false>(count, std::move(by), std::nullopt, std::nullopt, where);
}
/// The same with a declared bound of its state.
template <fixed_string Uid, class Function>
auto top(std::size_t count, Function by, bounded_keys bound,
         std::source_location where = std::source_location::current()) {
  return detail::describe_top<Uid, false>(count, std::move(by), std::nullopt, bound, where);
}
/// The same with state that expires.
template <fixed_string Uid, class Function>
auto top(std::size_t count, Function by, const ttl& expiry,
         std::source_location where = std::source_location::current()) {
  return detail::describe_top<Uid, true>(count, std::move(by), expiry, std::nullopt, where);
}

template <class Function, class... More>
detail::broken_pipeline top(std::size_t, const Function&, const More&...) {
  static_cast<void>(detail::top_without_uid<Function>{});
  return {};
}

}  // namespace weir
