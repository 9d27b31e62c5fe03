#pragma once
// co_group and window_join: the records of two streams that have the same key and lie in the same window.
//   connect(std::move(orders) | key_by(&order::customer), std::move(payments) | key_by(&payment::customer))
//       | window(tumbling(1h))
//       | co_group<"open">([](const std::vector<order>& orders, const std::vector<payment>& payments) { return … ; })
// Both are windowed aggregates of the connected stream: they collect the records of each side, and so work in every kind
// of window that aggregates work in.
#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/either.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/flat_map.hpp"
#include "weir/dsl/join_side.hpp"
#include "weir/state/state_schema.hpp"

namespace weir {
namespace detail {

/// What has come of each side, in the order of its arrival.
template <class Left, class Right>
struct collected_sides {
  std::vector<Left> left;
  std::vector<Right> right;
};

template <class Left, class Right>
struct written_type<collected_sides<Left, Right>> {
  using type = collected_sides<typename written_type<Left>::type, typename written_type<Right>::type>;
};

template <class Element>
struct sides_of_element;
template <class Left, class Right>
struct sides_of_element<either<Left, Right>> {
  using left = owned_t<Left>;
  using right = owned_t<Right>;
  using collected = collected_sides<left, right>;
};

/// Collects both sides of a key and window, and makes the result of all of them when the window fires.
template <class Finish, class Element>
struct collecting_function {
  using accumulator_type = typename sides_of_element<Element>::collected;
  using result_type = std::remove_cvref_t<decltype(std::declval<const Finish&>()(std::declval<const accumulator_type&>()))>;
  static constexpr bool is_commutative = false;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;

  accumulator_type create() const { return {}; }
  void add(accumulator_type& held, const Element& element) const {
    if (element.is_left()) {
      held.left.emplace_back(element.left());
    } else {
      held.right.emplace_back(element.right());
    }
  }
  void merge(accumulator_type& held, const accumulator_type& later) const {
    held.left.insert(held.left.end(), later.left.begin(), later.left.end());
    held.right.insert(held.right.end(), later.right.begin(), later.right.end());
  }
  result_type result(const accumulator_type& held) const { return finish(held); }

  [[no_unique_address]] Finish finish;
};

template <class Finish>
struct collecting_aggregate {
  template <class Element>
    requires is_either<Element>
  auto bind() const {
    return collecting_function<Finish, Element>{finish};
  }
  std::string column_name() const { return name; }

  Finish finish;
  std::string name;
};

/// co_group: the user's function sees both lists.
template <class Function>
struct group_finish {
  template <class Collected>
  decltype(auto) operator()(const Collected& collected) const {
    return std::invoke(function, collected.left, collected.right);
  }
  [[no_unique_address]] Function function;
};

/// window_join: the results of all pairs, left records in the order of their arrival, then right ones.
template <class Function>
struct pairs_finish {
  template <class Left, class Right>
  auto operator()(const collected_sides<Left, Right>& collected) const {
    std::vector<std::remove_cvref_t<std::invoke_result_t<const Function&, const Left&, const Right&>>> results;
    results.reserve(collected.left.size() * collected.right.size());
    for (const Left& left : collected.left) {
      for (const Right& right : collected.right) results.push_back(std::invoke(function, left, right));
    }
    return results;
  }
  [[no_unique_address]] Function function;
};

template <class Stream>
struct co_group_of_one_stream {
  static_assert(never<Stream>,
                "weir: co_group and window_join take two streams in windows; write connect(left | key_by(f), right | "
                "key_by(g)) | window(...) before them");
};
template <class Left, class Right, class Function>
struct co_group_rejected {
  static_assert(never<Left, Right, Function>,
                "weir: co_group<\"uid\">(f): f must be callable as const with (const std::vector<Left>&, const "
                "std::vector<Right>&) and return the result; records that borrow come as owned_t<Left>");
};
template <class Left, class Right, class Function>
struct window_join_rejected {
  static_assert(never<Left, Right, Function>,
                "weir: window_join<\"uid\">(f): f must be callable as const with (const Left&, const Right&) and return "
                "the result; records that borrow come as owned_t<Left>");
};

template <class Function, class... Arguments>
inline constexpr bool returns_value = [] {
  if constexpr (std::is_invocable_v<const Function&, Arguments...>) {
    return !std::is_void_v<std::invoke_result_t<const Function&, Arguments...>>;
  } else {
    return false;
  }
}();

template <class Function, bool Pairs>
struct co_group_description : operator_tag {
  static constexpr bool takes_windows = true;
  static constexpr bool leaves_stage = true;
  Function function;
  std::string uid;
  std::source_location where;
  co_group_description(Function f, std::string u, std::source_location w)
      : function(std::move(f)), uid(std::move(u)), where(w) {}

  template <class Stream, bool Explain>
  static constexpr bool check() {
    if constexpr (!windowed_stream<Stream> || !is_either<typename Stream::element_type>) {
      if constexpr (Explain) static_cast<void>(co_group_of_one_stream<Stream>{});
      return false;
    } else if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else {
      using sides = sides_of_element<typename Stream::element_type>;
      using left = typename sides::left;
      using right = typename sides::right;
      constexpr bool fits = Pairs ? returns_value<Function, const left&, const right&>
                                  : returns_value<Function, const std::vector<left>&, const std::vector<right>&>;
      if constexpr (Explain && Pairs && !fits) static_cast<void>(window_join_rejected<left, right, Function>{});
      if constexpr (Explain && !Pairs && !fits) static_cast<void>(co_group_rejected<left, right, Function>{});
      return fits;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream, false>();
  template <class Stream>
  static void explain() {
    check<Stream, true>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using finish = std::conditional_t<Pairs, pairs_finish<Function>, group_finish<Function>>;
    using collecting = collecting_aggregate<finish>;
    auto groups = aggregate_description<collecting>(
                      collecting{finish{std::move(function)}, Pairs ? "window_join" : "co_group"}, std::move(uid), where)
                      .apply(std::forward<Stream>(source));
    if constexpr (Pairs) {
      using group = typename decltype(groups)::element_type;
      using key = decltype(group::key);
      using pair = window_result<key, typename decltype(group::value)::value_type>;
      return flat_map_description<pair, pair_unpacker<key>>(pair_unpacker<key>{}, where).apply(std::move(groups));
    } else {
      return groups;
    }
  }

 private:
  /// One result of a window becomes one per pair.
  template <class Key>
  struct pair_unpacker {
    template <class Group, class Emit>
    void operator()(const Group& group, const Emit& emit) const {
      for (const auto& value : group.value) {
        emit(window_result<Key, std::remove_cvref_t<decltype(value)>>{group.key, group.window_start, group.window_end, value});
      }
    }
  };
};

template <class... Facts>
struct co_group_without_uid {
  static_assert(never<Facts...>, "weir: co_group(f) has state, which needs a name; write co_group<\"uid\">(f)");
};
template <class... Facts>
struct window_join_without_uid {
  static_assert(never<Facts...>, "weir: window_join(f) has state, which needs a name; write window_join<\"uid\">(f)");
};

}  // namespace detail

template <class Left, class Right>
struct record_fields<detail::collected_sides<Left, Right>> {
  using sides = detail::collected_sides<Left, Right>;
  using type = field_list<field<&sides::left, "left">, field<&sides::right, "right">>;
};

/// Gives `function(lefts, rights)` for each key and window that has records of either side: the lists of both, in the
/// order of their arrival, of which one may be empty.
/// Emits     window_result<Key, Value> as aggregate does, with the window's last instant as event time.
/// Time      late records as of aggregate; split<"late">() gives them as either<Left, Right>.
/// State     all records of the open windows.   Thread: one subtask; `function` is copied per subtask.
/// Requires  connect(left | key_by(f), right | key_by(g)) | window(...) before it.
template <fixed_string Uid, class Function>
auto co_group(Function function, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: co_group<\"\">(...) has state, which needs a name; write co_group<\"uid\">");
  return detail::co_group_description<Function, false>(std::move(function), std::string(Uid.with_former()), where);
}

/// Gives `function(left, right)` for each pair of records of one key in one window; nothing where a side has none.
/// Emits     window_result<Key, Value>, one per pair. All else as co_group.
template <fixed_string Uid, class Function>
auto window_join(Function function, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: window_join<\"\">(...) has state, which needs a name; write window_join<\"uid\">");
  return detail::co_group_description<Function, true>(std::move(function), std::string(Uid.with_former()), where);
}

template <class Function>
detail::broken_pipeline co_group(const Function&) {
  static_cast<void>(detail::co_group_without_uid<Function>{});
  return {};
}
template <class Function>
detail::broken_pipeline window_join(const Function&) {
  static_cast<void>(detail::window_join_without_uid<Function>{});
  return {};
}

}  // namespace weir
