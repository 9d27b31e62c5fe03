#include "weir/windows/rolling.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/windows/aggregate_laws.hpp"
#include "tests/windows/trade.hpp"

namespace {

using strings = std::vector<std::string>;

struct measure {
  BOOST_HANA_DEFINE_STRUCT(measure, (std::string, key), (std::int32_t, value), (std::string, tag));
};
struct borrowed_measure {
  BOOST_HANA_DEFINE_STRUCT(borrowed_measure, (std::string_view, key), (std::int32_t, value), (std::string_view, tag));
};
struct small {
  BOOST_HANA_DEFINE_STRUCT(small, (std::int8_t, value), (double, weight), (bool, flag));
};

/// What a rolling aggregation emits for (k,5,p) (k,3,q) (k,3,r) (j,9,s) (k,4,t) (k,1,u) (j,9,v), as "k5p".
template <class Element, class Description>
strings roll(const Description& description) {
  struct input {
    std::string key;
    std::int32_t value;
    std::string tag;
  };
  const std::vector<input> inputs = {{"k", 5, "p"}, {"k", 3, "q"}, {"k", 3, "r"}, {"j", 9, "s"},
                                     {"k", 4, "t"}, {"k", 1, "u"}, {"j", 9, "v"}};
  const auto function = weir::bind_rolling<Element>(description);
  static_assert(weir::rolling_function<std::remove_const_t<decltype(function)>, Element>);
  std::map<std::string, weir::owned_t<Element>> held;
  strings emitted;
  for (input each : inputs) {  // a copy, so that what an element borrows is gone after its turn
    const Element element{each.key, each.value, each.tag};
    const auto found = held.find(each.key);
    if (found == held.end()) {
      held.emplace(each.key, element);
    } else {
      function.roll(found->second, element);
    }
    const Element& out = weir::borrow<Element>(held.at(each.key));
    emitted.push_back(std::string(out.key) + std::to_string(out.value) + std::string(out.tag));
  }
  return emitted;
}

template <class MakeDescription>
void expect_rolling(MakeDescription make, const strings& expected) {
  EXPECT_EQ(roll<measure>(make(&measure::value)), expected);
  EXPECT_EQ(roll<borrowed_measure>(make(&borrowed_measure::value)), expected);
}

TEST(rolling, sum_replaces_only_its_field) {  // ROLL-01, observed on Flink 2.2.0
  expect_rolling([](auto member) { return weir::sum(member); },
                 {"k5p", "k8p", "k11p", "j9s", "k15p", "k16p", "j18s"});
}

TEST(rolling, min_and_max_replace_only_their_field) {
  expect_rolling([](auto member) { return weir::min(member); },  // ROLL-02, observed on Flink 2.2.0
                 {"k5p", "k3p", "k3p", "j9s", "k3p", "k1p", "j9s"});
  expect_rolling([](auto member) { return weir::max(member); },
                 {"k5p", "k5p", "k5p", "j9s", "k5p", "k5p", "j9s"});
}

TEST(rolling, min_by_and_max_by_keep_the_whole_element) {
  expect_rolling([](auto member) { return weir::min_by(member); },
                 {"k5p", "k3q", "k3q", "j9s", "k3q", "k1u", "j9s"});
  expect_rolling([](auto member) { return weir::min_by<weir::ties::last>(member); },
                 {"k5p", "k3q", "k3r", "j9s", "k3r", "k1u", "j9v"});
  expect_rolling([](auto member) { return weir::max_by(member); },
                 {"k5p", "k5p", "k5p", "j9s", "k5p", "k5p", "j9s"});
  expect_rolling([](auto member) { return weir::max_by<weir::ties::last>(member); },
                 {"k5p", "k5p", "k5p", "j9s", "k5p", "k5p", "j9v"});
}

TEST(rolling, min_works_on_text_that_is_borrowed) {
  EXPECT_EQ(roll<borrowed_measure>(weir::max(&borrowed_measure::tag)),
            (strings{"k5p", "k5q", "k5r", "j9s", "k5t", "k5u", "j9v"}));
}

TEST(rolling, reduce_takes_the_first_element_as_it_is) {
  const auto join = weir::reduce([](const measure& so_far, const measure& next) {
    return measure{so_far.key, so_far.value * 10 + next.value, so_far.tag + next.tag};
  });
  EXPECT_EQ(roll<measure>(join), (strings{"k5p", "k53pq", "k533pqr", "j9s", "k5334pqrt", "k53341pqrtu", "j99sv"}));
}

TEST(rolling, sum_keeps_the_type_of_its_field) {
  const auto function = weir::bind_rolling<small>(weir::sum(&small::value));
  small held{100, 0.5, true};
  function.roll(held, small{20, 7, false});
  EXPECT_EQ(held.value, 120);
  EXPECT_EQ(held.weight, 0.5);
  function.roll(held, small{20, 7, false});
  EXPECT_EQ(held.value, -116);  // 140 modulo 256: an 8-bit field wraps around
  weir::bind_rolling<small>(weir::sum(&small::weight)).roll(held, small{0, 0.25, false});
  EXPECT_EQ(held.weight, 0.75);
}

TEST(rolling, refuses_what_makes_no_element) {
  static_assert(weir::rolling_for<decltype(weir::sum(&small::value)), small>);
  static_assert(!weir::rolling_for<decltype(weir::sum([](const small&) { return 1; })), small>);
  static_assert(!weir::rolling_for<decltype(weir::sum(&small::flag)), small>);
  static_assert(!weir::rolling_for<decltype(weir::sum(&measure::tag)), measure>);
  static_assert(!weir::rolling_for<decltype(weir::sum(&small::value)), measure>);
  static_assert(!weir::rolling_for<decltype(weir::count()), small>);
  static_assert(!weir::rolling_for<decltype(weir::avg(&small::weight)), small>);
  static_assert(weir::rolling_for<decltype(weir::max_by([](const small&) { return 1; })), small>);
}

TEST(reduce, is_an_aggregate_over_windows) {
  using weir::testing::trade;
  const auto later = weir::reduce([](const trade& a, const trade& b) { return b.at >= a.at ? b : a; });
  weir::testing::check_aggregate_laws("reduce", later);
  const auto total = weir::reduce([](const trade& a, const trade& b) {
    return trade{"", a.price + b.price, a.amount + b.amount, 0, {}, false};
  });
  const std::vector<trade> trades = {{"a", 1, 10, 5, {}, true}, {"b", 2, 20, 5, {}, true}};
  EXPECT_EQ(weir::testing::fold_all(total, trades), (trade{"", 3, 30, 0, {}, false}));
  const std::vector<trade> alone = {trades[1]};
  EXPECT_EQ(weir::testing::fold_all(total, alone), trades[1]);  // taken as it is
  EXPECT_EQ(total.column_name(), "reduce");
  static_assert(!weir::order_free_aggregate<weir::bound_aggregate_t<decltype(total), trade>>);
  static_assert(weir::order_free_aggregate<weir::bound_aggregate_t<decltype(total.any_order()), trade>>);
}

}  // namespace
