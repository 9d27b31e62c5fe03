#pragma once
// distinct: lets each different record of a bounded stream through once. It is a dedup whose key is the record, or what a
// function makes of it; for a stream without end write dedup with ttl(...).
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/fixed_string.hpp"
#include "weir/core/hash.hpp"
#include "weir/dsl/bounded_stream.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/dedup.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process.hpp"

namespace weir {
namespace detail {

/// A record is its own key.
struct whole_record {
  template <class Record>
  [[gnu::always_inline]] constexpr const Record& operator()(const Record& record) const noexcept {
    return record;
  }
};

/// The key of a stream and, within it, what makes records the same. Strings that stay where they are are not copied.
template <class KeySelector, class Selector>
struct key_and_more {
  [[no_unique_address]] KeySelector key;
  [[no_unique_address]] Selector more;

  template <class Result>
  using part = std::conditional_t<std::is_lvalue_reference_v<Result> &&
                                      std::is_same_v<std::remove_cvref_t<Result>, std::string>,
                                  std::string_view, std::remove_cvref_t<Result>>;
  template <class Record>
  [[gnu::always_inline]] auto operator()(const Record& record) const {
    return std::pair<part<decltype(key(record))>, part<decltype(more(record))>>(key(record), more(record));
  }
};

template <class Element, class... Facts>
struct distinct_rejected {
  static_assert(never<Element, Facts...>,
                "weir: distinct<\"uid\">(f): what f gives of a record, or the record itself, decides which are the same, so it "
                "must be what a key can be: an integer, enum, bool, string, timestamp, or an optional, pair, tuple or record "
                "of these; give a member such as &order::customer, or a const function of const Element&");
};
template <class... Facts>
struct distinct_without_uid {
  static_assert(never<Facts...>, "weir: distinct() has state, which needs a name; write distinct<\"uid\">()");
};

template <class Function>
struct distinct_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  std::string name;
  std::string uid;
  std::source_location where;
  distinct_description(Function f, std::string n, std::string u, std::source_location w)
      : function(std::move(f)), name(std::move(n)), uid(std::move(u)), where(w) {}

  template <class Element>
  static constexpr bool decides = [] {
    if constexpr (callable_with<Function, const Element&>) {
      return hashable_key<result_of<Function, const Element&>>;
    } else {
      return false;
    }
  }();
  template <class Stream>
  static constexpr bool accepts = is_bounded_stream<Stream> && decides<typename Stream::element_type> &&
                                  std::is_copy_constructible_v<Function>;
  template <class Stream>
  static void explain() {
    if constexpr (!is_bounded_stream<Stream>) {
      static_cast<void>(stream_without_end<endless_source_of<Stream>, distinct_description>{});
    } else if constexpr (!std::is_copy_constructible_v<Function>) {
      static_cast<void>(function_not_copyable<Function>{});
    } else {
      static_cast<void>(distinct_rejected<typename Stream::element_type, Function>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using selector = key_selector<Function>;
    if constexpr (!std::is_same_v<typename stream_type::key_type, no_key>) {
      auto keyed = std::move(source).take_stage();
      return dedup_by<stream_type>(std::move(keyed.stage),
                                   key_and_more<decltype(keyed.selector), selector>{keyed.selector, {std::move(function)}},
                                   keyed.key_name + ", " + name, keyed.next_parallelism);
    } else {
      return dedup_by<stream_type>(plain_stage(std::forward<Stream>(source)), selector{std::move(function)}, name,
                                   std::nullopt);
    }
  }

 private:
  template <class Stream, class Stage, class Selector>
  auto dedup_by(Stage stage, Selector select, std::string key_name, std::optional<std::size_t> parallelism) {
    using element = typename Stream::element_type;
    using key = std::remove_cvref_t<std::invoke_result_t<const Selector&, const element&>>;
    keyed_stage<Stage, Selector> keyed{std::move(stage), std::move(select), std::move(key_name), parallelism};
    process_description<first_of_key<element>, false> made({}, std::move(uid), std::nullopt, std::nullopt, where);
    made.naming = {.kind = "distinct", .detail = name, .bounded = true};
    return std::move(made).apply(
        make_stream<element, key, typename Stream::clock, typename Stream::guarantee>(std::move(keyed)));
  }
};

}  // namespace detail

/// Lets one of the records that are the same through, the first to arrive, and drops the others.
/// Emits     those records unchanged, at once, with their event times. Behind key_by: one of those with the same key and
///           the same rest.
/// State     a bool per different record, by `uid`, until the job ends.
/// Requires  a stream that ends; records that can be keys.
template <fixed_string Uid>
auto distinct(std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: distinct<\"\">() has state, which needs a name; write distinct<\"uid\">");
  return detail::distinct_description<detail::whole_record>({}, "records", std::string(Uid.with_former()), where);
}
/// The same where `selector`, a member or a function, says what makes records the same.
template <fixed_string Uid, class Selector>
auto distinct(Selector selector, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: distinct<\"\">() has state, which needs a name; write distinct<\"uid\">");
  std::string name = "key";
  if constexpr (std::is_member_object_pointer_v<Selector>) name = std::string(member_name(selector));
  return detail::distinct_description<Selector>(std::move(selector), name.empty() ? "key" : name,
                                                std::string(Uid.with_former()), where);
}

template <class... Nothing>
  requires(sizeof...(Nothing) == 0)
detail::broken_pipeline distinct(const Nothing&...) {
  static_cast<void>(detail::distinct_without_uid<Nothing...>{});
  return {};
}

}  // namespace weir
