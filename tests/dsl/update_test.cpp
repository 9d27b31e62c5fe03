#include "weir/dsl/update.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/branch.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/share.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::event_times_of;
using weir::testing::long_text;
using weir::testing::reading;
using weir::testing::reading_at;
using weir::testing::results_of;

TEST(update, changes_each_record_in_order) {
  EXPECT_EQ(results_of(from({1, 2, 3}) | update([](int& x) { x *= 10; })), (std::vector{10, 20, 30}));
}

TEST(update, emits_nothing_for_an_empty_input) {
  EXPECT_EQ(results_of(from(std::vector<int>()) | update([](int& x) { x *= 10; })), std::vector<int>());
}

TEST(update, takes_generic_lambdas) {
  EXPECT_EQ(results_of(from({1, 2}) | update([](auto& x) { ++x; })), (std::vector{2, 3}));
  EXPECT_EQ(results_of(from({1, 2}) | update([](auto&& x) { ++x; })), (std::vector{2, 3}));
}

TEST(update, keeps_event_times) {
  auto source = from({reading_at(5), reading_at(7)}, event_time(&reading::at, ascending()));
  EXPECT_EQ(event_times_of(std::move(source) | update([](reading& r) { r.at = from_epoch_ms(0); })),
            (std::vector<std::int64_t>{5, 7}));
}

TEST(update, leaves_the_range_that_a_source_reads_alone) {
  std::vector<std::string> texts{"a", "b"};
  EXPECT_EQ(results_of(from(std::span(texts)) | update([](std::string& text) { text += "!"; })),
            (std::vector<std::string>{"a!", "b!"}));
  EXPECT_EQ(texts, (std::vector<std::string>{"a", "b"}));
}

TEST(update, in_one_branch_does_not_show_in_another) {
  std::vector<std::string> changed;
  std::vector<std::string> plain;
  job("test", from({std::string("a"), std::string("b")}) |
                  branch(update([](std::string& text) { text += "!"; }) | to<"changed">(into(changed)),
                         to<"plain">(into(plain))))
      .run({.slots = 1});
  EXPECT_EQ(changed, (std::vector<std::string>{"a!", "b!"}));
  EXPECT_EQ(plain, (std::vector<std::string>{"a", "b"}));
}

TEST(update, of_one_reader_of_a_shared_stream_does_not_show_in_another) {
  std::vector<std::string> changed;
  std::vector<std::string> plain;
  auto shared = from({std::string("a"), std::string("b")}) | share();
  job("test", shared | update([](std::string& text) { text += "!"; }) | to<"changed">(into(changed)),
      shared | to<"plain">(into(plain)))
      .run({.slots = 1});
  EXPECT_EQ(changed, (std::vector<std::string>{"a!", "b!"}));
  EXPECT_EQ(plain, (std::vector<std::string>{"a", "b"}));
}

TEST(update, copies_and_moves_nothing) {
  const auto moves_of = [](auto fragment) {
    const job changed("test", from<"source">(generate([](std::uint64_t) { return copy_counter(long_text(1)); },
                                                      bounded(10))) |
                                  fragment | to<"out">(discard()));
    copy_counter::reset();
    changed.run({.slots = 1});
    EXPECT_EQ(copy_counter::copies, 0);
    return copy_counter::moves.load();
  };
  const auto change = update([](copy_counter& c) { c.text += "!"; });
  EXPECT_EQ(moves_of(rebalance() | change | change | change), moves_of(rebalance() | change));
}

}  // namespace
