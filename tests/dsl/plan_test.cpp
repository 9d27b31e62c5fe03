#include "weir/dsl/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include "weir/core/error.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/branch.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/rolling.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (timestamp, at), (double, price));
};

/// Two stages that a key joins.
job spending() {
  return job("spending",
             from<"orders">(generate([](std::uint64_t i) { return order{std::int64_t(i), {}, 1.0}; }, bounded(10)),
                            event_time(&order::at, out_of_orderness(5s))) |
                 filter([](const order& o) { return o.price > 0; }) | name("paid") | key_by(&order::customer) |
                 window(tumbling(1min)) | aggregate<"spending">(count(), sum(&order::price)) |
                 filter([](const auto& result) { return std::get<0>(result.value) > 1; }) | to<"out">(print()));
}

/// A diamond, a union, a branch, a side output, and every kind of exchange.
job diamond() {
  auto numbers = from({1, 2, 3}) | parallelism(1) | rebalance() | share();
  auto doubled = numbers | map([](int x) { return 2 * x; });
  auto sums = from<"timed">({order{}}, event_time(&order::at, ascending())) | key_by(&order::customer) | parallelism(2) |
              window(tumbling(1h)) | aggregate<"sums">(sum(&order::price));
  auto [results, late] = std::move(sums) | split<"late">();
  return job("diamond",
             std::move(doubled) | union_(numbers | broadcast() | filter([](int x) { return x > 1; })) |
                 branch(filter([](int x) { return x > 4; }) | to<"large">(print()), to<"all">(discard())),
             std::move(results) | global() | to<"sums out">(print()),
             std::move(late) | partition([](const order&, std::size_t) { return 0; }) | key_by(&order::at) |
                 rolling<"totals">(sum(&order::price)) | to<"late out">(print()));
}

std::string golden(const std::string& name) {
  std::ifstream file("tests/plan/" + name + ".golden");
  EXPECT_TRUE(file) << "tests/plan/" << name << ".golden is missing";
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(plan, shows_stages_operators_types_exchanges_parallelism_and_state) {
  EXPECT_EQ(spending().plan(plan_format::text, {.slots = 2}), golden("spending.text"));
  EXPECT_EQ(diamond().plan(plan_format::text, {.slots = 3}), golden("diamond.text"));
}

TEST(plan, draws_dot) {
  EXPECT_EQ(spending().plan(plan_format::dot, {.slots = 2}), golden("spending.dot"));
  EXPECT_EQ(diamond().plan(plan_format::dot, {.slots = 3}), golden("diamond.dot"));
}

TEST(plan, draws_mermaid) {
  EXPECT_EQ(spending().plan(plan_format::mermaid, {.slots = 2}), golden("spending.mermaid"));
  EXPECT_EQ(diamond().plan(plan_format::mermaid, {.slots = 3}), golden("diamond.mermaid"));
}

TEST(plan, runs_nothing) {
  bool ran = false;
  job("idle", from({1}) | map([&ran](int x) {
                ran = true;
                return x;
              }) | to<"out">(discard()))
      .plan();
  EXPECT_FALSE(ran);
}

TEST(plan, escapes_what_a_user_writes) {
  const job quoted("a \"quoted\" job", from({1}) | name("<\"odd\"> & more") | to<"out">(discard()));
  EXPECT_THAT(quoted.plan(plan_format::dot, {.slots = 1}), HasSubstr("digraph \"a \\\"quoted\\\" job\""));
  EXPECT_THAT(quoted.plan(plan_format::mermaid, {.slots = 1}), HasSubstr("#quot;&lt;#quot;odd#quot;&gt; & more#quot;"));
}

TEST(plan, refuses_more_keyed_subtasks_than_key_groups) {
  const job wide("wide", from({1}) | key_by([](int x) { return x; }) | parallelism(129) | to<"out">(discard()));
  try {
    wide.plan(plan_format::text, {.slots = 1});
    FAIL();
  } catch (const error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("has parallelism 129 but there are only 128 key groups"));
  }
}

}  // namespace
