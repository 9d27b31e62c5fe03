// The delivery guarantee of a pipeline is a type: that of its weakest participant, through everything that lies between.
#include "weir/dsl/guarantee.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, amount), (timestamp, at));
};

auto sales() { return from<"sales">(csv<sale>("sales.csv"), event_time(&sale::at, ascending())); }
auto typed() { return from<"typed">(csv<sale>(standard_input), event_time(&sale::at, ascending())); }
auto is_large = filter([](const sale& each) { return each.amount > 100; });

template <class Pipeline>
using guarantee_of = typename std::remove_cvref_t<Pipeline>::guarantee;

TEST(guarantee, is_exactly_once_between_files) {
  auto written = sales() | key_by(&sale::shop) | window(tumbling(1h)) | aggregate<"sums">(sum(&sale::amount)) |
                 to<"out">(csv("sums.csv"));
  static_assert(std::is_same_v<guarantee_of<decltype(written)>, exactly_once>);
  const job accepted("sums", require<exactly_once>(written));
  EXPECT_EQ(accepted.name(), "sums");
}

TEST(guarantee, is_lowered_by_a_sink_that_cannot_take_back) {
  std::vector<sale> large;
  static_assert(std::is_same_v<guarantee_of<decltype(sales() | is_large | to<"shown">(print()))>,
                               at_least_once<"shown", detail::print_sink>>);
  auto kept = sales() | is_large | to<"kept">(into(large));
  static_assert(guarantee_of<decltype(kept)>::strength == 1);
  // Nobody can tell what it got.
  static_assert(std::is_same_v<guarantee_of<decltype(sales() | to<"none">(discard()))>, exactly_once>);
}

TEST(guarantee, is_lowered_by_a_source_that_cannot_be_read_again) {
  using piped = guarantee_of<decltype(typed() | is_large | to<"out">(csv("large.csv")))>;
  static_assert(piped::strength == 0);
  // A source without a uid has no position in any checkpoint.
  static_assert(guarantee_of<decltype(from({1, 2, 3}) | to<"out">(lines("n.txt")))>::strength == 0);
  static_assert(std::is_same_v<guarantee_of<decltype(from<"n">({1, 2, 3}) | to<"out">(lines("n.txt")))>, exactly_once>);
}

TEST(guarantee, is_that_of_the_weakest_participant) {
  static_assert(guarantee_of<decltype(typed() | to<"shown">(print()))>::strength == 0);
  using both = guarantee_of<decltype(sales() | union_(typed()) | to<"out">(csv("all.csv")))>;
  static_assert(both::strength == 0);
  using branched = guarantee_of<decltype(sales() | branch(to<"all">(csv("all.csv")), is_large | to<"shown">(print())))>;
  static_assert(std::is_same_v<branched, at_least_once<"shown", detail::print_sink>>);
  using clean = guarantee_of<decltype(sales() | branch(to<"all">(csv("all.csv")), is_large | to<"large">(csv("large.csv"))))>;
  static_assert(std::is_same_v<clean, exactly_once>);
}

TEST(guarantee, passes_share_and_split) {
  const auto shared = typed() | share();
  static_assert(guarantee_of<decltype(shared)>::strength == 0);
  auto [windows, late] = sales() | key_by(&sale::shop) | window(tumbling(1h)) | aggregate<"sums">(count()) | split<"late">();
  static_assert(std::is_same_v<guarantee_of<decltype(windows)>, exactly_once>);
  static_assert(std::is_same_v<guarantee_of<decltype(late)>, exactly_once>);
}

TEST(guarantee, of_input_that_is_lost_needs_consent_for_checkpoints) {
  const job lossy("lossy", typed() | to<"out">(csv(::testing::TempDir() + "lossy.csv")));
  EXPECT_THAT(lossy.plan(), ::testing::HasSubstr("records since the last checkpoint are lost in a failure: "
                                                 "from<\"typed\">(csv(standard input)) cannot be read again"));
  run_options with{.slots = 1};
  with.checkpoints.directory = ::testing::TempDir() + "lossy_checkpoints";
  try {
    lossy.run(with);
    FAIL() << "a checkpoint that cannot hold was promised";
  } catch (const error& refused) {
    EXPECT_STREQ(refused.what(),
                 "job 'lossy': source 'typed' (csv(standard input)) cannot be read again after a failure, so that records "
                 "would be lost; read from a file, or accept it with --guarantee at_most_once");
  }
}

// ---- state that can only grow ---------------------------------------------------------------------------------------

struct counting {
  BOOST_HANA_DEFINE_STRUCT(counting, (value_state<std::int64_t>, count));
  using output_type = std::int64_t;
  void process(const sale&, auto&, auto& out) {
    count = count.value_or(0) + 1;
    out(*count);
  }
};

const std::vector<sale> two{{1, 5, {}}, {1, 6, {}}};
auto by_shop() { return from<"two">(two) | key_by(&sale::shop); }
constexpr auto first_of_two = [](const sale& first, const sale&) { return first; };

std::string refused_by_strict(const job& of) {
  try {
    of.run({.slots = 1, .strict = true});
  } catch (const error& refused) {
    return refused.what();
  }
  return {};
}

TEST(state_growth, is_refused_by_strict_and_named_by_the_plan) {
  const job growing("growing", by_shop() | process<"counts">(counting{}) | to<"none">(discard()),
                    from<"more">(two) | key_by(&sale::shop) | reduce<"firsts">(first_of_two) | to<"nowhere">(discard()));
  EXPECT_EQ(refused_by_strict(growing),
            "job 'growing' is not started under --strict: the state of process 'counts' keeps a row for every key and "
            "nothing bounds it; give it ttl(...) or bounded_keys(n); the state of reduce 'firsts' keeps a row for every "
            "key and nothing bounds it; give it bounded_keys(n)");
  EXPECT_THAT(growing.plan(), ::testing::HasSubstr("the state of reduce 'firsts' keeps a row for every key"));
  EXPECT_NO_THROW(growing.run({.slots = 1}));
}

TEST(state_growth, is_bounded_by_windows_time_to_live_and_declarations) {
  EXPECT_EQ(refused_by_strict(job("live", by_shop() | process<"counts">(counting{}, ttl(1h)) | to<"none">(discard()))), "");
  EXPECT_EQ(refused_by_strict(job("windows", from<"two">(two, event_time(&sale::at, ascending())) | key_by(&sale::shop) |
                                                 window(tumbling(1h)) | reduce<"firsts">(first_of_two) | to<"none">(discard()))),
            "");
  const job declared("declared", by_shop() | process<"counts">(counting{}, bounded_keys(50)) | to<"none">(discard()),
                     from<"more">(two) | key_by(&sale::shop) | reduce<"firsts">(first_of_two, bounded_keys(60)) |
                         to<"nowhere">(discard()),
                     from<"yet_more">(two) | key_by(&sale::shop) | rolling<"sums">(sum(&sale::amount), bounded_keys(70)) |
                         to<"nowhere_either">(discard()));
  EXPECT_EQ(refused_by_strict(declared), "");
  EXPECT_THAT(declared.plan(), ::testing::HasSubstr("process<\"counts\">(counting, at most 50 keys)"));
  EXPECT_THAT(declared.plan(), ::testing::HasSubstr("at most 60 keys"));
  EXPECT_THAT(declared.plan(), ::testing::HasSubstr("at most 70 keys"));
}

// ---- former uids ----------------------------------------------------------------------------------------------------

TEST(uid, stands_for_its_name) {
  static_assert(uid<"new", "old", "older">.view() == "new");
  const job renamed("renamed", from<uid<"two", "pair">>(two) | to<uid<"none", "nothing">>(discard()));
  EXPECT_THAT(renamed.plan(), ::testing::HasSubstr("from<\"two\">"));
  EXPECT_THAT(renamed.plan(), ::testing::HasSubstr("to<\"none\">"));
}

TEST(uid, of_one_operator_is_no_former_uid_of_another) {
  try {
    job("twice", from<"two">(two) | to<uid<"none", "two">>(discard()));
    FAIL() << "one state for two operators";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("job 'twice': the uid 'two' is used twice, at "));
  }
}

}  // namespace
}  // namespace weir
