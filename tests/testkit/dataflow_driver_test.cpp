#include "weir/testkit/dataflow_driver.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

TEST(dataflow_driver, runs_a_job_to_its_end) {
  std::vector<int> out;
  dataflow_driver driver(
      job("double", from({1, 2, 3}) | map([](int value) { return value * 2; }) | rebalance() | to<"out">(into(out))),
      {.slots = 2});
  EXPECT_FALSE(driver.done());
  const job_report report = driver.run();
  EXPECT_TRUE(driver.done());
  EXPECT_EQ(report.find("out")->records_in, 3U);
  EXPECT_EQ(out.size(), 3U);
  EXPECT_FALSE(driver.step());
}

TEST(dataflow_driver, moves_only_with_its_clock) {
  std::vector<std::uint64_t> out;
  dataflow_driver driver(
      job("clock", from<"numbers">(generate([](std::uint64_t i) { return i; }).rate(1000)) | to<"out">(into(out))));
  driver.run_until_idle();
  EXPECT_EQ(out.size(), 1U);
  driver.run_until_idle();
  EXPECT_EQ(out.size(), 1U);
  driver.clock().advance(10ms);
  driver.run_until_idle();
  EXPECT_EQ(out.size(), 11U);
  driver.stop();
  const job_report report = driver.run();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(report.duration, 10ms);
}

TEST(dataflow_driver, makes_the_same_run_every_time) {
  const auto order = [] {
    std::vector<std::uint64_t> out;
    dataflow_driver(job("order", from<"numbers">(generate([](std::uint64_t i) { return i; }, bounded(200'000))) |
                                     weir::random(3) | to<"out">(into(out))),
                    {.slots = 3, .batch_records = 16})
        .run();
    return out;
  };
  const std::vector<std::uint64_t> first = order();
  EXPECT_EQ(first.size(), 200'000U);
  EXPECT_TRUE(first == order());
}

TEST(dataflow_driver, throws_the_failure_of_the_job) {
  dataflow_driver driver(
      job("broken", from({1}) | map([](int) -> int { throw error("never"); }) | to<"out">(discard())));
  EXPECT_THROW(driver.run(), error);
  EXPECT_TRUE(driver.done());
}

TEST(dataflow_driver, refuses_options_that_make_no_sense) {
  const job ones("ones", from({1}) | to<"out">(discard()));
  EXPECT_THROW(dataflow_driver(ones, {.batch_records = 0}), error);
}

/// Writes a line to a file when it is closed.
struct file_sink {
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "file"; }
  struct writer {
    weir::storage* disk;
    void write(int) const noexcept {}
    void flush() const noexcept {}
    void close() const { disk->create("closed")->append("yes\n"); }
  };
  template <class Element>
  writer open(detail::sink_context& context) const {
    return {&context.storage};
  }
};

TEST(dataflow_driver, gives_the_job_its_storage) {
  memory_storage disk;
  dataflow_driver driver(job("files", from({1}) | to<"out">(file_sink{})), {.storage = &disk});
  driver.run();
  EXPECT_EQ(disk.read("closed"), "yes\n");
  EXPECT_EQ(&driver.storage(), &disk);
}

}  // namespace
}  // namespace weir::testing
