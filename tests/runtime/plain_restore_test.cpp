// A job that is restored from a named snapshot and takes no checkpoints itself: its results are whole, and appear as
// without checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace files = std::filesystem;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, amount));
};
struct shop_sum {
  BOOST_HANA_DEFINE_STRUCT(shop_sum, (std::int32_t, shop), (std::int64_t, sum));
};
struct summing {
  BOOST_HANA_DEFINE_STRUCT(summing, (value_state<std::int64_t>, sum));
  using output_type = shop_sum;
  void process(const sale& each, process_context<std::int32_t>& context, collector<shop_sum>& out) {
    sum = sum.value_or(0) + each.amount;
    out(shop_sum{context.key(), *sum});
  }
};

constexpr std::uint64_t sales = 20'000;

sale sale_at(std::uint64_t i) { return {static_cast<std::int32_t>(i * 7 % 50), static_cast<std::int64_t>(i % 100)}; }

std::atomic<bool> slow{false};
std::atomic<bool> fails{false};

class plain_restore : public ::testing::Test {
 protected:
  plain_restore() {
    folder_ = files::path(::testing::TempDir()) /
              ("plain_restore_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    files::remove_all(folder_);
    files::create_directories(folder_);
    slow = true;
    fails = false;
    std::map<std::int32_t, std::int64_t> sums;
    for (std::uint64_t i = 0; i < sales; ++i) {
      const sale each = sale_at(i);
      expected_.push_back(std::to_string(each.shop) + "," + std::to_string(sums[each.shop] += each.amount));
    }
    std::sort(expected_.begin(), expected_.end());
  }
  ~plain_restore() override { files::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  template <class Sink>
  static job sums_to(const Sink& sink) {
    // At a rate it is one split, so that sums are the same in every run.
    return job("sums", from<"sales">(generate(sale_at, bounded{sales}).rate(1e9)) | map([](const sale& each) {
                         if (slow && each.amount % 10 == 0) std::this_thread::sleep_for(200us);
                         if (fails && each.amount == 99) throw error("out of luck");
                         return each;
                       }) | key_by(&sale::shop) |
                           process<"sums">(summing{}) | to<"out">(sink));
  }

  /// A savepoint behind some rows, in "sp".
  void take_savepoint(const job& under_test) const {
    run_options options{.slots = 2, .batch_records = 16};
    options.checkpoints.directory = path("kept");
    options.checkpoints.interval = 5ms;
    job_handle running = under_test.start(options);
    while (running.running() && running.metrics().checkpoints_completed < 3) std::this_thread::sleep_for(1ms);
    running.stop_with_savepoint(path("sp"));
    ASSERT_TRUE(running.wait().stopped);
    slow = false;
  }
  run_options from_savepoint(std::size_t slots) const { return {.slots = slots, .restore = path("sp")}; }

  static std::vector<std::string> rows_in(const files::path& file) {
    std::ifstream stream(file);
    std::vector<std::string> rows;
    std::string line;
    std::getline(stream, line);
    EXPECT_EQ(line, "shop,sum") << file;
    while (std::getline(stream, line)) rows.push_back(line);
    return rows;
  }
  std::vector<std::string> results() const {
    std::vector<std::string> rows = rows_in(path("sums.csv"));
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  files::path folder_;
  std::vector<std::string> expected_;
};

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const error& cause) {
    return cause.what();
  }
  return "no failure";
}

// As often as one likes: the savepoint stays as it is.
TEST_F(plain_restore, completes_a_file_in_any_number_of_slots) {
  const job under_test = sums_to(csv(path("sums.csv")));
  take_savepoint(under_test);
  for (const std::size_t slots : {1, 2, 5}) {
    const job_report report = under_test.run(from_savepoint(slots));
    EXPECT_GT(report.find("sales")->records_out, 0u);
    EXPECT_LT(report.find("sales")->records_out, sales) << "nothing was restored";
    EXPECT_EQ(report.checkpoints_completed, 0u);
    EXPECT_TRUE(results() == expected_) << slots << " slots";
    files::remove(path("sums.csv"));
  }
  EXPECT_EQ(files::exists(path(".sums.csv.out.in-progress")), false);
}

TEST_F(plain_restore, completes_a_directory) {
  const job under_test = sums_to(csv(directory(path("parts"))));
  take_savepoint(under_test);
  under_test.run(from_savepoint(3));
  std::vector<std::string> rows;
  for (const auto& each : files::directory_iterator(path("parts"))) {
    const std::string name = each.path().filename();
    EXPECT_EQ(name.find(".sums.out.part"), std::string::npos) << name << " is hidden";
    if (name.starts_with(".")) continue;
    const auto some = rows_in(each.path());
    rows.insert(rows.end(), some.begin(), some.end());
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_TRUE(rows == expected_);
  EXPECT_THAT(failure_of([&] { under_test.run(from_savepoint(1)); }), HasSubstr("it holds newer results"));
}

TEST_F(plain_restore, leaves_what_is_not_complete_when_it_is_stopped) {
  const job under_test = sums_to(csv(path("sums.csv")));
  take_savepoint(under_test);
  slow = true;
  job_handle running = under_test.start(from_savepoint(2));
  running.stop();
  EXPECT_TRUE(running.wait().stopped);
  EXPECT_FALSE(files::exists(path("sums.csv")));
  EXPECT_GT(rows_in(path("sums.csv.incomplete")).size(), 0u);
  slow = false;
  under_test.run(from_savepoint(2));
  EXPECT_TRUE(results() == expected_);
}

TEST_F(plain_restore, leaves_nothing_when_it_fails_and_can_be_repeated) {
  const job under_test = sums_to(csv(path("sums.csv")));
  take_savepoint(under_test);
  fails = true;
  EXPECT_THAT(failure_of([&] { under_test.run(from_savepoint(2)); }), HasSubstr("out of luck"));
  EXPECT_FALSE(files::exists(path("sums.csv")));
  fails = false;
  under_test.run(from_savepoint(2));
  EXPECT_TRUE(results() == expected_);
}

TEST_F(plain_restore, goes_on_from_a_checkpoint_as_well) {
  const job under_test = sums_to(csv(path("sums.csv")));
  take_savepoint(under_test);
  std::string newest;
  for (const auto& each : files::directory_iterator(path("kept"))) {
    if (each.path().filename().string().starts_with("chk-")) newest = std::max(newest, each.path().string());
  }
  under_test.run({.slots = 1, .restore = newest});
  EXPECT_TRUE(results() == expected_);
}

// Everything had been written: nothing is written again.
TEST_F(plain_restore, of_a_job_that_had_ended_changes_nothing) {
  slow = false;
  const job under_test = sums_to(csv(path("sums.csv")));
  run_options options{.slots = 2};
  options.checkpoints.directory = path("kept");
  const job_report report = under_test.run(options);
  const auto written = files::last_write_time(path("sums.csv"));
  const std::string last = path("kept/chk-000000000") + std::to_string(report.last_checkpoint);
  under_test.run({.slots = 3, .restore = last});
  EXPECT_TRUE(results() == expected_);
  EXPECT_EQ(files::last_write_time(path("sums.csv")), written);
  EXPECT_FALSE(files::exists(path(".sums.csv.out.in-progress")));
}

TEST_F(plain_restore, says_what_is_missing) {
  const job under_test = sums_to(csv(path("sums.csv")));
  take_savepoint(under_test);
  EXPECT_THAT(
      failure_of([&] { under_test.run({.slots = 1, .restore = "latest"}); }),
      AllOf(HasSubstr("job 'sums'"), HasSubstr("add --checkpoint-dir DIRECTORY"), HasSubstr("--restore DIRECTORY")));
  EXPECT_THAT(failure_of([&] { under_test.run({.slots = 1, .restore = path("nothing")}); }), HasSubstr("nothing"));
  for (const auto& each : files::directory_iterator(folder_)) {
    if (each.path().filename().string().starts_with(".sums.csv.out.")) files::remove(each.path());
  }
  EXPECT_THAT(failure_of([&] { under_test.run(from_savepoint(1)); }),
              AllOf(HasSubstr("sink 'out' cannot write"), HasSubstr("a hidden part that the snapshot covers is gone")));
}

}  // namespace
}  // namespace weir
