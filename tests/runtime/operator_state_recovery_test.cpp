// Operator state of functions and of sources under the simulator, whose processes die, whose disk fails and whose
// functions throw, and which goes on in other numbers of slots: nothing is lost and nothing is there twice. What is still
// in the lists when a job ends stands in its last checkpoint, and counts.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

constexpr std::uint64_t runs = 300;

struct parcel {
  BOOST_HANA_DEFINE_STRUCT(parcel, (std::int64_t, number));
};

/// Sends parcels on when there are `Size` of them, and keeps what makes no load yet: the buffering sink of Flink's
/// documentation as an operator.
template <std::size_t Size>
struct loading {
  BOOST_HANA_DEFINE_STRUCT(loading, (operator_list_state<std::int64_t>, waiting));
  using output_type = parcel;
  void process(const parcel& each, process_context<>&, collector<parcel>& out) {
    fault_point();
    waiting.add(each.number);
    if (waiting.size() < Size) return;
    for (const std::int64_t number : waiting) out(parcel{number});
    fault_point();
    waiting.clear();
  }
};

/// Counts what passes. After a restore the first subtask takes over what all have counted.
struct counting {
  BOOST_HANA_DEFINE_STRUCT(counting, (operator_list_state<std::int64_t, redistribution::union_>, counts));
  using output_type = parcel;
  void open(const open_context& context) {
    const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    counts.clear();
    counts.add(context.subtask == 0 ? all : 0);
  }
  void process(const parcel& each, process_context<>&, collector<parcel>& out) {
    counts.update(std::vector{counts.get().front() + 1});
    fault_point();
    out(each);
  }
};

std::string csv_of(std::int64_t count) {
  std::string text = "number\n";
  for (std::int64_t i = 0; i < count; ++i) text += std::to_string(i) + "\n";
  return text;
}

job loads_job(std::uint64_t split_bytes) {
  return job("loads", from<"parcels">(csv<parcel>("parcels.csv").split_bytes(split_bytes)) |
                          process<"threes">(loading<3>{}) | rebalance() | process<"counted">(counting{}) |
                          process<"fives">(loading<5>{}) | to<"out">(csv("out.csv")));
}

/// The elements of an operator's lists in the newest checkpoint; none where no checkpoints are taken.
std::optional<std::vector<std::int64_t>> left_in(memory_storage& disk, std::string_view uid) {
  std::vector<std::int64_t> found;
  const std::vector<std::string> paths = disk.paths();
  const bool any = std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.starts_with(std::string(simulated_checkpoints) + "/") && path.ends_with("/MANIFEST");
  });
  if (!any) return std::nullopt;
  snapshot_reader newest(disk, snapshot_directory_at(disk, simulated_checkpoints));
  bool header = true;
  write_operator_state(newest, uid, state_format::csv, [&](std::string_view line) {
    if (!std::exchange(header, false)) found.push_back(std::stoll(std::string(line.substr(line.rfind(',') + 1))));
  });
  return found;
}

/// What is wrong with what a run over `count` parcels has left.
std::string problem_of(const memory_storage& left, std::int64_t count) {
  memory_storage disk;
  for (const std::string& path : left.paths()) disk.write(path, left.read(path));
  std::map<std::int64_t, int> times;
  std::string text = disk.read("out.csv");
  std::size_t begin = text.find('\n') + 1;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++times[std::stoll(text.substr(begin, end - begin))];
  }
  const auto threes = left_in(disk, "threes");
  const auto fives = left_in(disk, "fives");
  const auto counted = left_in(disk, "counted");
  if (threes) {
    for (const auto* const list : {&*threes, &*fives}) {
      for (const std::int64_t number : *list) ++times[number];
    }
    const std::int64_t passed = std::accumulate(counted->begin(), counted->end(), std::int64_t{0});
    if (passed != count - static_cast<std::int64_t>(threes->size())) {
      return std::to_string(passed) + " were counted, and " + std::to_string(threes->size()) + " still wait before that";
    }
  }
  for (std::int64_t number = 0; number < count; ++number) {
    if (times[number] > 1) return "parcel " + std::to_string(number) + " came more than once";
    if (times[number] == 0 && threes) return "parcel " + std::to_string(number) + " was lost";
  }
  return times.size() == static_cast<std::size_t>(count) ? "" : "there are parcels that nobody sent";
}

job_files parcels(std::int64_t count) {
  return job_files().given("parcels.csv", csv_of(count)).check([count](const memory_storage& disk) {
    return problem_of(disk, count);
  });
}

TEST(operator_state_recovery, of_functions_on_plain_streams) {
  const exactly_once_report report = check_exactly_once(loads_job(400), parcels(1200), seeds(runs));
  ASSERT_TRUE(report.holds()) << report.problem;
  if (report.runs < 200) return;
  EXPECT_GT(report.events.restores, report.runs / 2);
  EXPECT_GT(report.events.rescales, report.runs / 10);
}

TEST(operator_state_recovery, of_functions_on_plain_streams_in_as_many_slots) {
  seeds same(runs);
  same.options.slots_after_crash_max = 0;
  EXPECT_EXACTLY_ONCE(loads_job(400), parcels(1200), same);
}

TEST(operator_state_recovery, of_functions_at_every_moment) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    EXPECT_EXACTLY_ONCE(loads_job(40), parcels(50), every_crash{.seed = seed});
  }
}

/// Operator state on a keyed stream, beside rows and timers.
struct keyed_loading {
  BOOST_HANA_DEFINE_STRUCT(keyed_loading, (value_state<std::int64_t>, seen), (operator_list_state<std::int64_t>, waiting));
  using output_type = parcel;
  void process(const parcel& each, process_context<std::int64_t>&, collector<parcel>& out) {
    seen = seen.value_or(0) + 1;
    waiting.add(each.number);
    fault_point();
    if (waiting.size() < 4) return;
    for (const std::int64_t number : waiting) out(parcel{number});
    waiting.clear();
  }
};

TEST(operator_state_recovery, of_functions_on_keyed_streams) {
  const job under_test("keyed", from<"parcels">(csv<parcel>("parcels.csv").split_bytes(400)) |
                                    process<"threes">(loading<3>{}) | process<"counted">(counting{}) |
                                    key_by([](const parcel& each) { return each.number % 7; }) |
                                    process<"fives">(keyed_loading{}) | to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(under_test, parcels(1200), seeds(runs));
}

// ---- sources --------------------------------------------------------------------------------------------------------

/// As a server that gives with each page the token of the next one: where reading goes on is more than a number.
struct page_source {
  using value_type = parcel;
  static constexpr std::uint64_t pages = 1500;
  static constexpr std::int64_t chains = 6;

  /// How many pages of each chain there are so far.
  std::shared_ptr<std::uint64_t> available = std::make_shared<std::uint64_t>(pages);

  static std::uint64_t next_token(std::uint64_t token) { return token * 6364136223846793005ULL + 1442695040888963407ULL; }
  static std::int64_t number_on_page(std::uint64_t token) { return static_cast<std::int64_t>(token >> 20); }

  std::vector<source_split> splits(source_context&) const {
    std::vector<source_split> all;
    for (std::int64_t chain = 0; chain < chains; ++chain) {
      all.push_back({.path = std::to_string(chain), .begin = 0, .end = pages, .file = static_cast<std::size_t>(chain)});
    }
    return all;
  }

  struct reader {
    std::shared_ptr<std::uint64_t> available;
    std::uint64_t token;
    std::uint64_t begin;
    std::uint64_t next;

    template <class Out>
    read_result read(std::size_t max, Out& out) {
      std::size_t done = 0;
      for (; done < max && next < *available && !out.full(); ++done, ++next) {
        out(parcel{number_on_page(token)});
        token = next_token(token);
      }
      return {done, next == pages ? read_status::end : next == *available ? read_status::waiting : read_status::more};
    }
    std::string position() const { return "token " + std::to_string(token); }
    std::uint64_t consumed() const { return next - begin; }
    std::string state() const { return std::to_string(token); }
  };

  reader open(const source_split& split, source_context&) const {
    if (split.begin > 0 && split.state.empty()) throw error("the token of chain " + split.path + " was lost");
    const std::string& token = split.state.empty() ? split.path : split.state;
    return {.available = available, .token = std::stoull(token), .begin = split.begin, .next = split.begin};
  }
};

std::vector<std::int64_t> numbers_on_all_pages() {
  std::vector<std::int64_t> all;
  for (std::int64_t chain = 0; chain < page_source::chains; ++chain) {
    std::uint64_t token = static_cast<std::uint64_t>(chain);
    for (std::uint64_t page = 0; page < page_source::pages; ++page, token = page_source::next_token(token)) {
      all.push_back(page_source::number_on_page(token));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Where fewer subtasks go on, some splits wait, over several snapshots, until somebody has time for them.
TEST(operator_state_recovery, of_readers_that_nobody_has_gone_on_with_yet) {
  std::vector<parcel> results;
  const page_source source;
  const job under_test("pages", from<"pages">(source) | to<"out">(for_each([&](const parcel& each) {
                                  results.push_back(each);
                                })));
  *source.available = 100;
  dataflow_driver driver(under_test, {.slots = 6, .snapshots = true});
  driver.run_until_idle();
  EXPECT_EQ(results.size(), 6 * 100u);
  for (const std::size_t slots : {2u, 2u, 1u, 4u}) {
    *source.available += 100;
    driver.snapshot_restore(slots);
  }
  *source.available = page_source::pages;
  driver.run();
  std::vector<std::int64_t> found;
  for (const parcel& each : results) found.push_back(each.number);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, numbers_on_all_pages());
}

TEST(operator_state_recovery, of_sources_whose_readers_have_state) {
  std::vector<std::string> expected{"number"};
  for (const std::int64_t number : numbers_on_all_pages()) expected.push_back(std::to_string(number));
  const job under_test("pages", from<"pages">(page_source{}) | peek([](const parcel&) { fault_point(); }) |
                                    to<"out">(csv("out.csv")));
  const exactly_once_report report =
      check_exactly_once(under_test, job_files().expect("out.csv", expected), seeds(runs));
  ASSERT_TRUE(report.holds()) << report.problem;
  if (report.runs < 200) return;
  EXPECT_GT(report.events.rescales, report.runs / 20);
}

}  // namespace
}  // namespace weir::testing
