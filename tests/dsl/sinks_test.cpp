#include "weir/dsl/sinks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/dsl/copy_counter.hpp"
#include "tests/dsl/results_of.hpp"
#include "weir/dsl/branch.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"

namespace {

using namespace weir;
using weir::testing::copy_counter;
using weir::testing::long_text;

std::vector<int> numbers_to(int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST(into, appends_behind_what_is_there) {
  std::vector<int> out{100};
  job("test", from({1, 2}) | to<"out">(into(out))).run({.slots = 1});
  EXPECT_EQ(out, (std::vector{100, 1, 2}));
}

TEST(into, fills_containers_of_every_kind) {
  std::deque<int> deque;
  std::set<int> set;
  std::map<int, std::string> map;
  std::vector<std::int64_t> wider;
  std::vector<bool> bits;
  job("test", from({2, 1, 2}) | to<"deque">(into(deque)), from({2, 1, 2}) | to<"set">(into(set)),
      from({std::pair(1, std::string("one"))}) | to<"map">(into(map)), from({2, 1}) | to<"wider">(into(wider)),
      from({true, false}) | to<"bits">(into(bits)))
      .run({.slots = 1});
  EXPECT_EQ(deque, (std::deque{2, 1, 2}));
  EXPECT_EQ(set, (std::set{1, 2}));
  EXPECT_EQ(map, (std::map<int, std::string>{{1, "one"}}));
  EXPECT_EQ(wider, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(bits, (std::vector{true, false}));
}

TEST(into, takes_records_from_several_slots) {
  std::vector<int> out;
  job("test", from(numbers_to(10'000)) | rebalance() | to<"out">(into(out))).run({.slots = 4});
  std::sort(out.begin(), out.end());
  EXPECT_EQ(out, numbers_to(10'000));
}

TEST(into, takes_records_from_several_sinks_and_runs_at_once) {
  std::vector<std::uint64_t> out;
  std::uint64_t total = 0;
  const auto number = [](std::uint64_t i) { return i; };
  const job twice("twice", from<"numbers">(generate(number, bounded(300'000))) |
                               branch(to<"one">(into(out)), to<"two">(into(out)),
                                      to<"sum">(reduce_into(total, std::uint64_t{0}, std::plus<std::uint64_t>()))));
  std::thread other([&] { twice.run({.slots = 2}); });
  twice.run({.slots = 2});
  other.join();
  EXPECT_EQ(out.size(), 4 * 300'000U);
  EXPECT_EQ(total, 300'000ULL * 299'999ULL);
}

TEST(into, copies_borrowed_strings) {
  std::vector<std::string> out;
  const std::vector<int> numbers = numbers_to(1000);
  job("test", from(numbers) | map([](int i) { return long_text(i); }) | rebalance() |
                  map([](const std::string& text) { return std::string_view(text); }) | rebalance() | to<"out">(into(out)))
      .run({.slots = 2, .batch_records = 8});
  ASSERT_EQ(out.size(), 1000u);
  std::sort(out.begin(), out.end());
  std::vector<std::string> expected;
  for (const int i : numbers) expected.push_back(long_text(i));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(out, expected);
}

TEST(into, moves_records_that_nobody_else_reads) {
  std::vector<copy_counter> out;
  const job all("test", from<"source">(generate([](std::uint64_t) { return copy_counter(long_text(1)); }, bounded(10))) |
                            rebalance() | to<"out">(into(out)));
  copy_counter::reset();
  all.run({.slots = 1});
  EXPECT_EQ(out.size(), 10u);
  EXPECT_EQ(copy_counter::copies, 0);
}

TEST(reduce_into, combines_the_records_of_all_slots) {
  std::int64_t sum = 5;
  job("test", from(numbers_to(1001)) | rebalance() |
                  to<"sum">(reduce_into(sum, std::int64_t{0}, [](std::int64_t a, std::int64_t b) { return a + b; })))
      .run({.slots = 3});
  EXPECT_EQ(sum, 5 + 500'500);
}

TEST(reduce_into, of_an_empty_input_changes_nothing) {
  std::string text = "as it was";
  job("test", from(std::vector<std::string>()) |
                  to<"text">(reduce_into(text, std::string(), [](std::string a, const std::string& b) { return a + b; })))
      .run({.slots = 2});
  EXPECT_EQ(text, "as it was");
}

TEST(reduce_into, takes_values_that_own_memory) {
  std::string text;
  job("test", from({std::string("a"), std::string("b"), std::string("c")}) |
                  to<"text">(reduce_into(text, std::string(), [](std::string a, const std::string& b) { return a + b; })))
      .run({.slots = 1, .batch_records = 1});
  EXPECT_EQ(text, "abc");
}

TEST(for_each, sees_every_record_once) {
  std::atomic<std::int64_t> sum{0};
  job("test", from(numbers_to(101)) | rebalance() | to<"sum">(for_each([&sum](int x) { sum += x; }))).run({.slots = 3});
  EXPECT_EQ(sum, 5050);
}

TEST(for_each, that_throws_fails_the_job) {
  const job failing("test", from({1}) | to<"out">(for_each([](int) { throw std::runtime_error("no room"); })));
  EXPECT_THROW(failing.run({.slots = 1}), weir::error);
}

TEST(discard, takes_records_of_any_type) {
  struct opaque {};
  const job_report report = job("test", from(std::vector<opaque>(3)) | to<"out">(discard())).run({.slots = 1});
  EXPECT_EQ(report.find("out")->records_in, 3u);
}

struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::int32_t, x), (std::string, name));
};

TEST(print, writes_a_line_per_record) {
  ::testing::internal::CaptureStdout();
  job("test", from({point{1, "one"}, point{2, "two"}}) | to<"out">(print())).run({.slots = 1});
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "{x: 1, name: one}\n{x: 2, name: two}\n");
}

}  // namespace
