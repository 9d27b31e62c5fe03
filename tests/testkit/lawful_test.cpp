// EXPECT_LAWFUL: weir's own aggregates keep what they declare, and one that does not is found.
#include "weir/testkit/lawful.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/windows/aggregates.hpp"
#include "weir/windows/combine.hpp"
#include "weir/windows/fold.hpp"
#include "weir/windows/reduce.hpp"

namespace weir::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct trade {
  BOOST_HANA_DEFINE_STRUCT(trade, (std::string, symbol), (std::int32_t, price), (double, weight), (timestamp, at));
};

trade any_trade(random_numbers& random) {
  trade made;
  made.symbol.assign(1 + random.below(3), static_cast<char>('a' + random.below(4)));
  made.price = static_cast<std::int32_t>(random.below(21)) - 10;
  made.weight = static_cast<double>(random.below(1000)) / 7;
  made.at = from_epoch_ms(static_cast<std::int64_t>(random.below(50)));
  return made;
}

TEST(lawful, are_all_aggregates) {
  EXPECT_LAWFUL(count(), any_trade);
  EXPECT_LAWFUL(sum(&trade::price), any_trade);
  EXPECT_LAWFUL(sum(&trade::weight), any_trade);
  EXPECT_LAWFUL(avg(&trade::price), any_trade);
  EXPECT_LAWFUL(avg(&trade::weight), any_trade);
  EXPECT_LAWFUL(variance(&trade::price), any_trade);
  EXPECT_LAWFUL(stddev(&trade::weight), any_trade);
  EXPECT_LAWFUL(min(&trade::weight), any_trade);
  EXPECT_LAWFUL(max(&trade::symbol), any_trade);
  EXPECT_LAWFUL(min_by(&trade::price), any_trade);
  EXPECT_LAWFUL(max_by<ties::last>(&trade::at), any_trade);
  EXPECT_LAWFUL(first(&trade::symbol), any_trade);
  EXPECT_LAWFUL(last(), any_trade);
  EXPECT_LAWFUL(top_k<3>(&trade::price), any_trade);
  EXPECT_LAWFUL(top_k_by<3>(&trade::price), any_trade);
  EXPECT_LAWFUL(collect(&trade::symbol), any_trade);
  EXPECT_LAWFUL(distinct(&trade::symbol), any_trade);
  EXPECT_LAWFUL(count_distinct(&trade::price), any_trade);
  EXPECT_LAWFUL(approx_distinct<4>(&trade::price), any_trade);
  EXPECT_LAWFUL(approx_distinct(&trade::symbol), any_trade, law_trials{.count = 20, .elements_max = 600});
  EXPECT_LAWFUL(approx_quantiles(&trade::weight, {0.25, 0.5, 1}), any_trade);
  EXPECT_LAWFUL(combine(count(), sum(&trade::price), avg(&trade::price)), any_trade);
  EXPECT_LAWFUL(combine(max(&trade::price), approx_distinct(&trade::symbol)), any_trade);
  EXPECT_LAWFUL(reduce([](const trade& a, const trade& b) { return trade{a.symbol, b.price, a.weight, b.at}; }),
                any_trade);
}

TEST(lawful, claims_are_as_wide_as_they_can_be) {
  const auto is_invertible = []<class Aggregate>(const Aggregate&) {
    return invertible_aggregate<bound_aggregate_t<Aggregate, trade>>;
  };
  const auto is_idempotent = []<class Aggregate>(const Aggregate&) {
    return declares_idempotent<bound_aggregate_t<Aggregate, trade>>;
  };
  EXPECT_TRUE(is_invertible(count()));
  EXPECT_TRUE(is_invertible(sum(&trade::price)));
  EXPECT_TRUE(is_invertible(avg(&trade::price)));
  EXPECT_TRUE(is_invertible(combine(count(), avg(&trade::price))));
  EXPECT_FALSE(is_invertible(sum(&trade::weight)));
  EXPECT_FALSE(is_invertible(max(&trade::price)));
  EXPECT_FALSE(is_invertible(combine(count(), max(&trade::price))));
  EXPECT_TRUE(is_idempotent(max(&trade::price)));
  EXPECT_TRUE(is_idempotent(distinct(&trade::price)));
  EXPECT_TRUE(is_idempotent(combine(first(), approx_distinct(&trade::price))));
  EXPECT_FALSE(is_idempotent(count()));
  EXPECT_FALSE(is_idempotent(top_k<2>(&trade::price)));
}

// ---- liars ----------------------------------------------------------------------------------------------------------

/// Sums up prices; what it declares beyond that is up to the test.
struct price_sum {
  using accumulator_type = std::int64_t;
  using result_type = std::int64_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  accumulator_type create() const { return 0; }
  void add(accumulator_type& sum, const trade& each) const { sum += each.price; }
  void merge(accumulator_type& sum, const accumulator_type& later) const { sum += later; }
  result_type result(const accumulator_type& sum) const { return sum; }
};

struct not_idempotent : price_sum {
  static constexpr bool is_idempotent = true;
};
struct not_invertible : price_sum {
  static constexpr bool is_invertible = true;
  void retract(accumulator_type& sum, const trade& each) const { sum += each.price; }
  void unmerge(accumulator_type& sum, const accumulator_type& older) const { sum -= older; }
};
struct unmerges_wrongly : price_sum {
  static constexpr bool is_invertible = true;
  void retract(accumulator_type& sum, const trade& each) const { sum -= each.price; }
  void unmerge(accumulator_type&, const accumulator_type&) const {}
};
struct not_commutative : price_sum {
  void add(accumulator_type& sum, const trade& each) const { sum = each.price; }
  void merge(accumulator_type& sum, const accumulator_type& later) const { sum = later == 0 ? sum : later; }
};
struct not_associative : price_sum {
  void merge(accumulator_type& sum, const accumulator_type& later) const {
    if (sum == 0 || later == 0) sum += later;
    else sum = (sum + later) / 2;
  }
};
struct create_counts : price_sum {
  accumulator_type create() const { return 1; }
};
struct not_exact {
  using accumulator_type = double;
  using result_type = double;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  accumulator_type create() const { return 0; }
  void add(accumulator_type& sum, const trade& each) const { sum += each.weight; }
  void merge(accumulator_type& sum, const accumulator_type& later) const { sum += later; }
  result_type result(const accumulator_type& sum) const { return sum; }
};

struct forgetful_sum {
  BOOST_HANA_DEFINE_STRUCT(forgetful_sum, (std::int64_t, sum));
  std::int64_t count = 0;  // not in the list: not written
};
struct forgets_when_written {
  using accumulator_type = forgetful_sum;
  using result_type = std::int64_t;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = true;
  accumulator_type create() const { return {}; }
  void add(accumulator_type& held, const trade& each) const {
    held.sum += each.price;
    ++held.count;
  }
  void merge(accumulator_type& held, const accumulator_type& later) const {
    held.sum += later.sum;
    held.count += later.count;
  }
  result_type result(const accumulator_type& held) const { return held.sum + held.count; }
};

template <class Aggregate>
std::string law_of(const Aggregate& aggregate) {
  return broken_law_of("lying", aggregate, any_trade);
}

TEST(lawful, is_nobody_who_claims_too_much) {
  EXPECT_THAT(law_of(not_idempotent{}), HasSubstr("it is not idempotent, as it declares"));
  EXPECT_THAT(law_of(not_invertible{}), HasSubstr("it is not invertible, as it declares: retract() does not undo add()"));
  EXPECT_THAT(law_of(unmerges_wrongly{}), HasSubstr("unmerge() does not undo merge()"));
  EXPECT_THAT(law_of(not_commutative{}), HasSubstr("it is not commutative, as it declares"));
  EXPECT_THAT(law_of(not_associative{}), HasSubstr("it is not associative, as it declares"));
  EXPECT_THAT(law_of(create_counts{}), HasSubstr("merging create() into an accumulator changes its result"));
  EXPECT_THAT(law_of(not_exact{}), HasSubstr("(bit by bit, since it declares is_exact)"));
  EXPECT_THAT(law_of(forgets_when_written{}), HasSubstr("another result once it was written and read"));
  EXPECT_EQ(law_of(price_sum{}), "");
}

TEST(lawful, is_nobody_whose_merge_is_not_what_adding_is) {
  const auto append = [](std::string& text, const trade& each) { text += each.symbol; };
  const auto join = [](std::string& text, const std::string& later) { text += later; };
  const auto join_wrongly = [](std::string& text, const std::string& later) { text = later + text; };
  EXPECT_LAWFUL(fold(std::string(), append, join), any_trade);
  EXPECT_THAT(law_of(fold(std::string(), append, join_wrongly)), HasSubstr("merging parts gives another result"));
  EXPECT_THAT(law_of(fold(std::string(), append, join).any_order()), HasSubstr("it is not commutative"));
  EXPECT_LAWFUL(fold(std::string("> "), append), any_trade);  // claims nothing
}

TEST(lawful, names_aggregate_law_and_seed) {
  const std::string sentence = broken_law_of("my sum", not_idempotent{}, any_trade, {.first_seed = 40});
  EXPECT_THAT(sentence, AllOf(StartsWith("weir: the aggregate my sum is unlawful: it is not idempotent, as it declares: "
                                         "merging an accumulator with itself changes its result"),
                              HasSubstr("; elements of seed 4")));
  EXPECT_NONFATAL_FAILURE(EXPECT_LAWFUL(not_idempotent{}, any_trade), "not_idempotent{} is unlawful");
}

}  // namespace
}  // namespace weir::testing
