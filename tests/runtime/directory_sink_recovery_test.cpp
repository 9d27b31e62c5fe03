// A job that writes to a directory and crashes shows every row once: under the simulator, whose process dies at any decision and
// within any call of the disk, after every crash and at the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/simulator.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int32_t, account), (std::int64_t, number));
};

constexpr std::int32_t accounts = 7;
constexpr std::int64_t payments = 700;

std::string input_text() {
  std::string text = "account,number\n";
  for (std::int64_t i = 0; i < payments; ++i) text += std::to_string(i * 5 % accounts) + "," + std::to_string(i) + "\n";
  return text;
}

class directory_sink_recovery : public ::testing::Test {
 protected:
  auto source() const { return from<"payments">(csv<payment>("payments.csv").split_bytes(1500)); }

  /// Runs the job under so many seeds; its parts in "out" begin with `header` and hold `expected` otherwise.
  void expect_exactly_once(const job& under_test, const std::string& header, std::vector<std::string> expected,
                           std::uint64_t seeds) {
    std::sort(expected.begin(), expected.end());
    simulation_events met;
    std::size_t looks_after_crashes = 0;
    std::size_t rows_after_crashes = 0;
    std::size_t parts = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      memory_storage disk;
      disk.write("payments.csv", input_);
      disk.write("out/notes.txt", "not ours");
      disk.write("out/.other.out.part-1-0-0.csv", "not ours");
      // Every attempt begins with this lock: the one before has crashed.
      disk.observe([&](storage_operation operation, const std::string& path) {
        if (operation != storage_operation::lock || path.starts_with("out/")) return;
        const std::vector<std::string> rows = rows_of(disk, header);
        ++looks_after_crashes;
        rows_after_crashes += rows.size();
        EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end()) << "twice after a crash, seed " << seed;
        EXPECT_TRUE(std::includes(expected.begin(), expected.end(), rows.begin(), rows.end())) << "seed " << seed;
      });
      const auto report = simulate(under_test, {.seed = seed,
                                                .slots = 1 + seed % 3,
                                                .storage = &disk,
                                                .crashes_max = 6,
                                                .slots_after_crash_max = 4});
      ASSERT_EQ(rows_of(disk, header), expected) << "seed " << seed << ", " << report.events.crashes << " crashes";
      for (const std::string& path : disk.paths()) {
        EXPECT_FALSE(path.starts_with("out/.payments.")) << path << " is left over, seed " << seed;
        if (path.starts_with("out/part-")) ++parts;
      }
      EXPECT_EQ(disk.read("out/notes.txt"), "not ours");
      EXPECT_EQ(disk.read("out/.other.out.part-1-0-0.csv"), "not ours");
      ASSERT_FALSE(HasFailure());
      met.checkpoints += report.events.checkpoints;
      met.crashes += report.events.crashes;
      met.crashes_in_storage += report.events.crashes_in_storage;
      met.crashes_in_checkpoint += report.events.crashes_in_checkpoint;
      met.restores += report.events.restores;
      met.rescales += report.events.rescales;
    }
    EXPECT_GT(looks_after_crashes, seeds);
    EXPECT_GT(rows_after_crashes, seeds * 20);
    EXPECT_GT(parts, seeds * 10);
    EXPECT_GT(met.checkpoints, seeds);
    EXPECT_GT(met.crashes, seeds);
    EXPECT_GT(met.crashes_in_storage, seeds / 3);
    EXPECT_GT(met.crashes_in_checkpoint, seeds / 20);
    EXPECT_GT(met.restores, seeds / 5);
    EXPECT_GT(met.rescales, seeds / 10);
  }

  /// The rows of all visible parts, sorted. A part without the header, or cut within a row, gives a row that nobody expects.
  static std::vector<std::string> rows_of(const memory_storage& disk, const std::string& header) {
    std::vector<std::string> rows;
    for (const std::string& path : disk.paths()) {
      if (!path.starts_with("out/part-")) continue;
      const std::string text = disk.read(path);
      if (!text.starts_with(header)) rows.push_back("no header in " + path);
      for (std::size_t at = header.size(); at < text.size();) {
        const std::size_t end = text.find('\n', at);
        rows.push_back(end == std::string::npos ? "cut: " + text.substr(at) : text.substr(at, end - at));
        at = end == std::string::npos ? text.size() : end + 1;
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  const std::string input_ = input_text();
};

TEST_F(directory_sink_recovery, of_csv) {
  const job under_test("payments", source() | rebalance() | to<"out">(csv(directory("out").roll_bytes(300).roll_after(5ms))));
  std::vector<std::string> expected;
  for (std::int64_t i = 0; i < payments; ++i) expected.push_back(std::to_string(i * 5 % accounts) + "," + std::to_string(i));
  expect_exactly_once(under_test, "account,number\n", expected, 1'000);
}

TEST_F(directory_sink_recovery, of_csv_behind_keyed_state) {
  const job under_test("payments", from<"payments">(csv<payment>("payments.csv").single_split()) | key_by(&payment::account) |
                                       reduce<"sums">([](const payment& so_far, const payment& next) {
                                         return payment{so_far.account, so_far.number + next.number};
                                       }) |
                                       to<"out">(csv(directory("out").roll_bytes(200))));
  std::map<std::int32_t, std::int64_t> sums;
  std::vector<std::string> expected;
  for (std::int64_t i = 0; i < payments; ++i) {
    const auto account = static_cast<std::int32_t>(i * 5 % accounts);
    const auto [sum, first] = sums.try_emplace(account, i);
    if (!first) sum->second += i;
    expected.push_back(std::to_string(account) + "," + std::to_string(sum->second));
  }
  expect_exactly_once(under_test, "account,number\n", expected, 300);
}

TEST_F(directory_sink_recovery, of_lines) {
  const job under_test("payments", source() | rebalance() | map([](const payment& each) { return each.number; }) |
                                       to<"out">(lines(directory("out").roll_bytes(100))));
  std::vector<std::string> expected;
  for (std::int64_t i = 0; i < payments; ++i) expected.push_back(std::to_string(i));
  expect_exactly_once(under_test, "", expected, 300);
}

TEST_F(directory_sink_recovery, of_json_lines_in_a_branch) {
  std::vector<std::string> expected;
  const job under_test("payments", source() | rebalance() |
                                       branch(filter([](const payment& each) { return each.account < 4; }) |
                                                  to<"out">(json_lines(directory("out").roll_bytes(100))),
                                              to<"rest">(discard())));
  for (std::int64_t i = 0; i < payments; ++i) {
    if (i * 5 % accounts < 4) expected.push_back("{\"account\":" + std::to_string(i * 5 % accounts) + ",\"number\":" + std::to_string(i) + "}");
  }
  expect_exactly_once(under_test, "", expected, 300);
}

}  // namespace
}  // namespace weir::testing
