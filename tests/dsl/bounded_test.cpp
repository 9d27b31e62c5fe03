// Operators that give their results when their input ends: whether a stream ends is in its type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/runtime/system_clock.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::string, item), (std::int64_t, amount));
  friend auto operator<=>(const sale&, const sale&) = default;
};

std::vector<sale> make_sales(std::size_t count) {
  std::vector<sale> made;
  std::uint32_t number = 12345;
  for (std::size_t i = 0; i < count; ++i) {
    number = number * 1664525 + 1013904223;
    made.push_back({static_cast<std::int32_t>(number >> 8) % 97, "item " + std::to_string(number % 1009),
                    static_cast<std::int64_t>(number >> 16) - 30000});
  }
  return made;
}

// ---- whether a stream ends ------------------------------------------------------------------------------------------

template <class Stream>
constexpr bool ends = detail::is_bounded_stream<std::remove_cvref_t<Stream>>;
constexpr auto number_at = [](std::uint64_t i) { return i; };

TEST(bounded_stream, is_known_by_its_type) {
  static_assert(ends<decltype(from({1, 2, 3}))>);
  static_assert(ends<decltype(from<"n">(generate(number_at, bounded(10))))>);
  static_assert(ends<decltype(from<"s">(csv<sale>("sales.csv")) | filter([](const sale&) { return true; }))>);
  static_assert(ends<decltype(from(std::views::iota(0, 10)))>);
  static_assert(!ends<decltype(from<"n">(generate(number_at)))>);
  static_assert(!ends<decltype(from<"n">(generate(number_at).rate(10)))>);
  static_assert(!ends<decltype(from(std::views::iota(0)))>);
  static_assert(!ends<decltype(from<"s">(csv<sale>(standard_input)) | share())>);
  using both = decltype(from<"a">(generate(number_at, bounded(10))) | union_(from<"b">(generate(number_at))));
  static_assert(!ends<both>);
  // It is no matter of delivery.
  using endless = decltype(from<"n">(generate(number_at)) | to<"out">(discard()));
  static_assert(std::is_same_v<endless::guarantee, exactly_once>);
}

// ---- aggregate ------------------------------------------------------------------------------------------------------

using sum_and_count = std::tuple<std::int64_t, std::int64_t>;

auto by_shop(const std::vector<sale>& all) {
  return from<"sales">(all) | key_by(&sale::shop) | aggregate<"sums">(sum(&sale::amount), count());
}
std::map<std::int32_t, sum_and_count> sums_of(const std::vector<sale>& all) {
  std::map<std::int32_t, sum_and_count> sums;
  for (const sale& each : all) {
    std::get<0>(sums[each.shop]) += each.amount;
    std::get<1>(sums[each.shop]) += 1;
  }
  return sums;
}

TEST(final_aggregate, gives_one_result_per_key) {
  const std::vector<sale> all = make_sales(100'000);
  const auto expected = sums_of(all);
  for (const std::size_t slots : {1, 2, 8}) {
    std::map<std::int32_t, sum_and_count> found;
    for (const auto& each : testing::results_of(by_shop(all), {.slots = slots})) {
      const auto& [sum, count] = each.value;
      EXPECT_TRUE(found.emplace(each.key, sum_and_count(sum, count)).second) << "key " << each.key << " twice";
    }
    EXPECT_EQ(found, expected) << slots << " slots";
  }
}

TEST(final_aggregate, gives_one_result_of_all_records) {
  for (const std::size_t slots : {1, 3}) {
    const auto found = testing::results_of(from<"sales">(make_sales(1000)) | aggregate<"number">(count()), {.slots = slots});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].value, 1000);
  }
}

TEST(final_aggregate, gives_no_result_of_no_records) {
  EXPECT_THAT(testing::results_of(from<"sales">(std::vector<sale>{}) | aggregate<"number">(count())), IsEmpty());
  EXPECT_THAT(testing::results_of(by_shop({})), IsEmpty());
}

TEST(final_aggregate, is_no_state_that_grows) {
  const job sums("sums", by_shop(make_sales(10)) | to<"none">(discard()));
  EXPECT_THAT(sums.plan(), HasSubstr("aggregate<\"sums\">(at end of input, sum_amount, count)"));
  EXPECT_THAT(sums.plan(), ::testing::Not(HasSubstr("nothing bounds it")));
}

// ---- distinct -------------------------------------------------------------------------------------------------------

/// With each sale twice at least.
std::vector<sale> repeated_sales() {
  std::vector<sale> all = make_sales(3000);
  for (sale& each : all) each.amount %= 3;
  all.insert(all.end(), all.begin(), all.end());
  return all;
}

TEST(distinct, lets_each_record_through_once) {
  const std::vector<sale> all = repeated_sales();
  const std::set<sale> expected(all.begin(), all.end());
  for (const std::size_t slots : {1, 3}) {
    const auto found = testing::sorted_results_of(from<"sales">(all) | distinct<"once">(), {.slots = slots});
    EXPECT_EQ(found, std::vector<sale>(expected.begin(), expected.end())) << slots << " slots";
  }
}

TEST(distinct, lets_one_record_of_each_key_and_value_through) {
  const std::vector<sale> all = repeated_sales();
  std::set<std::pair<std::int32_t, std::string>> expected;
  for (const sale& each : all) expected.emplace(each.shop, each.item);
  const job once("once", from<"sales">(all) | key_by(&sale::shop) | distinct<"once">(&sale::item) | to<"none">(discard()));
  EXPECT_THAT(once.plan(), HasSubstr("distinct<\"once\">(item)"));
  EXPECT_THAT(once.plan(), ::testing::Not(HasSubstr("nothing bounds it")));
  const auto found = testing::results_of(from<"sales">(all) | key_by(&sale::shop) | distinct<"once">(&sale::item));
  std::set<std::pair<std::int32_t, std::string>> once_each;
  for (const sale& each : found) EXPECT_TRUE(once_each.emplace(each.shop, each.item).second);
  EXPECT_EQ(once_each, expected);
}

// ---- sort_by --------------------------------------------------------------------------------------------------------

auto ranked(const std::vector<sale>& all) {
  return from<"sales">(all) | rebalance() | sort_by<"ranked">(descending(&sale::amount), &sale::shop);
}
/// Records with equal keys are in the order of their bytes, which for these is that of the length of the item first.
std::vector<sale> ranking_of(std::vector<sale> all) {
  std::sort(all.begin(), all.end(), [](const sale& left, const sale& right) {
    return std::tuple(-left.amount, left.shop, left.item.size(), left.item) <
           std::tuple(-right.amount, right.shop, right.item.size(), right.item);
  });
  return all;
}

TEST(sort_by, gives_all_records_in_one_order) {
  const std::vector<sale> all = repeated_sales();
  const std::vector<sale> expected = ranking_of(all);
  for (const std::size_t slots : {1, 2, 8}) {
    ASSERT_EQ(testing::results_of(ranked(all), {.slots = slots}), expected) << slots << " slots";
  }
}

class sort_by_on_disk : public ::testing::Test {
 protected:
  sort_by_on_disk() { std::filesystem::remove_all(folder_); }
  ~sort_by_on_disk() override { std::filesystem::remove_all(folder_); }

  run_options options(std::size_t memory) const {
    return {.slots = 2, .batch_records = 64, .channel_capacity = 2, .memory = memory,
            .state = {.directory = folder_.string()}};
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "sort_by_on_disk";
};

TEST_F(sort_by_on_disk, gives_the_same_with_less_memory_than_records) {
  const std::vector<sale> all = make_sales(60'000);  // some 3 MB
  std::vector<sale> found;
  const job sorted("sorted", ranked(all) | to<"out">(into(found)));
  const job_report report = sorted.run(options(std::size_t{1} << 20));
  EXPECT_EQ(found, ranking_of(all));
  std::uint64_t spilled = 0;
  for (const stage_report& stage : report.stages) {
    for (const operator_report& each : stage.operators) spilled += each.spilled_bytes;
  }
  EXPECT_GT(spilled, 2'000'000u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "spilled"));
}

TEST_F(sort_by_on_disk, needs_a_place) {
  run_options nowhere = options(std::size_t{1} << 20);
  nowhere.state.directory.clear();
  const job sorted("sorted", ranked(make_sales(60'000)) | to<"out">(discard()));
  try {
    sorted.run(nowhere);
    FAIL() << "more was held than there was memory for";
  } catch (const error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("the largest is that of sort_by 'ranked'"));
    EXPECT_THAT(failure.what(), HasSubstr("or let sort_by spill: give it --state-dir DIRECTORY or --checkpoint-dir DIRECTORY"));
  }
}

TEST_F(sort_by_on_disk, emits_nothing_again_once_it_has_ended) {
  const std::vector<sale> all = make_sales(500);
  std::vector<sale> found;
  const job sorted("sorted", ranked(all) | to<"out">(into(found)));
  run_options with{.slots = 2};
  with.checkpoints.directory = folder_.string();
  sorted.run(with);
  EXPECT_EQ(found, ranking_of(all));
  found.clear();
  with.restore = "latest";
  with.slots = 3;
  sorted.run(with);
  EXPECT_THAT(found, IsEmpty());
}

// ---- in steps -------------------------------------------------------------------------------------------------------

/// So many sales of as many shops.
std::vector<sale> sales_of_many_shops(std::size_t count) {
  std::vector<sale> made = make_sales(count);
  std::int32_t shop = 0;
  for (sale& each : made) each.shop = shop++;
  return made;
}

/// The most results that one step of the operator with this uid gives, in one slot without anything that could be full.
template <class Stream>
std::uint64_t most_in_a_step(Stream stream, const char* uid, std::uint64_t results) {
  testing::dataflow_driver driver(job("steps", std::move(stream) | to<"out">(discard())));
  std::uint64_t most = 0;
  std::uint64_t given = 0;
  while (driver.step()) {
    const std::uint64_t before = std::exchange(given, driver.report().find(uid)->records_out);
    most = std::max(most, given - before);
  }
  EXPECT_TRUE(driver.done());
  EXPECT_EQ(given, results);
  return most;
}

TEST(final_aggregate, gives_its_results_in_steps) {
  EXPECT_EQ(most_in_a_step(by_shop(sales_of_many_shops(30'000)), "sums", 30'000), 8192u);
}
TEST(sort_by, gives_its_results_in_steps) {
  EXPECT_EQ(most_in_a_step(ranked(make_sales(30'000)), "ranked", 30'000), 8192u);
}

// ---- all of them, with faults ---------------------------------------------------------------------------------------

struct shop_rank {
  BOOST_HANA_DEFINE_STRUCT(shop_rank, (std::int32_t, shop), (std::int64_t, sum));
};

std::string csv_of(const std::vector<sale>& all) {
  std::string text = "shop,item,amount\n";
  for (const sale& each : all) {
    text += std::to_string(each.shop) + "," + each.item + "," + std::to_string(each.amount) + "\n";
  }
  return text;
}

/// As the page in docs/concepts says it.
TEST(bounded_stream, of_the_page_is_a_job) {
  auto sums = from<"sales">(csv<sale>("sales.csv")) | distinct<"once">() | key_by(&sale::shop) |
              aggregate<"sums">(sum(&sale::amount), count());
  auto ranked = std::move(sums) | map([](const auto& each) { return shop_rank{each.key, std::get<0>(each.value)}; }) |
                sort_by<"ranked">(descending(&shop_rank::sum)) | to<"out">(csv("ranks.csv"));
  EXPECT_THAT(job("ranks", std::move(ranked)).plan(), HasSubstr("sort_by<\"ranked\">(sum descending)"));
}

template <fixed_string Source, fixed_string Distinct, fixed_string Sums>
auto sums_in(const std::string& path) {
  return from<Source>(csv<sale>(path).split_bytes(800)) | distinct<Distinct>() | key_by(&sale::shop) |
         aggregate<Sums>(sum(&sale::amount)) |
         map([](const final_result<std::int32_t, std::int64_t>& each) { return shop_rank{each.key, each.value}; });
}

/// One of the two inputs ends long before the other: its sums wait in a stage that has no input any more.
job ranks_job() {
  return job("ranks", sums_in<"all", "all once", "all sums">("all.csv") |
                          union_(sums_in<"few", "few once", "few sums">("few.csv")) |
                          sort_by<"ranked">(descending(&shop_rank::sum), &shop_rank::shop) |
                          to<"out">(csv("ranks.csv")));
}

/// What that job reads, all sales twice, and what it must have written.
testing::job_files files_of_ranks(const std::vector<sale>& all) {
  const std::vector<sale> few(all.begin(), all.begin() + 20);
  std::vector<std::pair<std::int64_t, std::int32_t>> ranking;
  for (const auto& [shop, sum] : sums_of(all)) ranking.emplace_back(-std::get<0>(sum), shop);
  for (const auto& [shop, sum] : sums_of(few)) ranking.emplace_back(-std::get<0>(sum), shop);
  std::sort(ranking.begin(), ranking.end());
  std::string expected = "shop,sum\n";
  for (const auto& [sum, shop] : ranking) expected += std::to_string(shop) + "," + std::to_string(-sum) + "\n";

  std::vector<sale> twice = all;
  twice.insert(twice.end(), all.begin(), all.end());
  const auto problem = [expected](const testing::memory_storage& disk) {
    return disk.read("ranks.csv") == expected ? "" : "ranks.csv holds\n" + disk.read("ranks.csv");
  };
  return testing::job_files().given("all.csv", csv_of(twice)).given("few.csv", csv_of(few)).check(problem);
}

TEST(bounded_stream, ends_exactly_once) {
  EXPECT_EXACTLY_ONCE(ranks_job(), files_of_ranks(make_sales(400)), testing::seeds(60));
}

/// With more results than a step gives. A run takes a second, so there are four, however many WEIR_SEEDS asks for.
TEST(bounded_stream, ends_exactly_once_in_several_steps) {
  const testing::job_files files = files_of_ranks(sales_of_many_shops(9'000));
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    testing::memory_storage disk;
    files.put_on(disk);
    testing::simulation_options options = testing::seeds(1).options;
    options.seed = seed;
    options.slots = 1 + seed % 3;
    options.storage = &disk;
    testing::simulate(ranks_job(), options);
    EXPECT_EQ(files.problem_on(disk), "");
  }
}

job sorted_by_shop() {
  return job("sorted", from<"sales">(csv<sale>("sales.csv").split_bytes(2000)) | key_by(&sale::shop) |
                           sort_by<"by shop">(&sale::amount) | to<"out">(csv("sorted.csv")));
}

/// All sales in sorted.csv, and those of each shop in order.
testing::job_files files_of_sorted(const std::vector<sale>& all) {
  std::vector<std::string> lines{"shop,item,amount"};
  for (const sale& each : all) {
    lines.push_back(std::to_string(each.shop) + "," + each.item + "," + std::to_string(each.amount));
  }
  const auto problem = [](const testing::memory_storage& disk) -> std::string {
    std::map<std::string, std::int64_t> last;
    std::istringstream text(disk.read("sorted.csv"));
    std::string line;
    for (std::getline(text, line); std::getline(text, line);) {
      const std::string shop = line.substr(0, line.find(','));
      const std::int64_t amount = std::stoll(line.substr(line.rfind(',') + 1));
      if (last.contains(shop) && amount < last[shop]) return "out of order: " + line;
      last[shop] = amount;
    }
    return "";
  };
  return testing::job_files().given("sales.csv", csv_of(all)).expect("sorted.csv", lines).check(problem);
}

TEST(bounded_stream, is_sorted_by_key_exactly_once) {
  EXPECT_EXACTLY_ONCE(sorted_by_shop(), files_of_sorted(make_sales(400)), testing::seeds(60));
}

TEST(sort_by, says_that_the_disk_is_full_and_loses_nothing) {
  const testing::job_files files = files_of_sorted(make_sales(40'000));
  testing::memory_storage disk;
  files.put_on(disk);
  const std::uint64_t input_bytes = disk.read("sales.csv").size();
  run_options with{.slots = 2, .batch_records = 64, .channel_capacity = 2, .memory = std::size_t{4} << 20};
  with.checkpoints.directory = "kept";
  with.checkpoints.interval = std::chrono::milliseconds(20);
  const job sorted = sorted_by_shop();
  detail::system_clock clock;
  const auto failure_of_run = [&] {
    detail::threaded_run running(sorted.description(), with, clock, disk);
    running.run({});
    return running.failed() ? running.failure() : "";
  };

  disk.limit_capacity(input_bytes + 200'000);
  EXPECT_THAT(failure_of_run(),
              AllOf(StartsWith("job 'sorted', stage 'sort_by<\"by shop\">"),
                    HasSubstr(": sort_by 'by shop' cannot keep on disk what it sorts: cannot write kept/spilled/"),
                    HasSubstr("No space left on device")));
  EXPECT_FALSE(disk.exists("sorted.csv"));

  disk.limit_capacity(std::numeric_limits<std::uint64_t>::max());
  with.restore = "latest";
  EXPECT_EQ(failure_of_run(), "");
  EXPECT_EQ(files.problem_on(disk), "");
}

}  // namespace
}  // namespace weir
