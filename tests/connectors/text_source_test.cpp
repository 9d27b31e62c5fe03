// Text sources in whole jobs: lines that are no records, and where a message says they stand.
#include "weir/connectors/text_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/share.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/testkit/dataflow_driver.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {
namespace {

using ::testing::HasSubstr;

struct number_row {
  BOOST_HANA_DEFINE_STRUCT(number_row, (std::int64_t, number));
};

std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

/// `good` lines that are records, each followed by `bad` lines that are none, behind a header.
std::string numbers(int good, int bad) {
  std::string text = "number\n";
  for (int i = 0; i < good; ++i) {
    text += std::to_string(i) + '\n';
    for (int j = 0; j < bad; ++j) text += "none\n";
  }
  return text;
}

TEST(malformed_lines, wait_for_room_like_records) {
  memory_storage disk;
  disk.write("in.csv", numbers(1, 5000));
  std::vector<malformed_record> bad;
  auto [rows, malformed] = from<"in">(csv<number_row>("in.csv")) | split<"malformed">();
  const job both("bad", std::move(rows) | to<"rows">(discard()), std::move(malformed) | to<"bad">(into(bad)));
  dataflow_driver driver(both, {.batch_records = 8, .channel_capacity = 1, .storage = &disk});
  const job_report report = driver.run();
  ASSERT_EQ(bad.size(), 5000U);
  EXPECT_LE(report.stages.front().spilled_batches, 2U);
}

TEST(malformed_lines, tell_their_line_in_every_split_and_read_the_file_no_more_than_that_needs) {
  memory_storage disk;
  disk.write("in.csv", numbers(200, 1));
  std::size_t opened = 0;
  disk.observe([&](storage_operation operation, const std::string&) {
    if (operation == storage_operation::open) ++opened;
  });
  std::vector<malformed_record> bad;
  auto [rows, malformed] = from<"in">(csv<number_row>("in.csv").split_bytes(500)) | split<"malformed">();
  const job both("bad", std::move(rows) | to<"rows">(discard()), std::move(malformed) | to<"bad">(into(bad)));
  dataflow_driver(both, {.storage = &disk}).run();
  ASSERT_EQ(bad.size(), 200U);
  for (std::size_t i = 0; i < bad.size(); ++i) EXPECT_EQ(bad[i].line, 2 * i + 3);
  EXPECT_LE(opened, 4U * 3);  // a split, its header, and the count of the lines before it
}

TEST(malformed_lines, of_a_pipe_fail_the_job_without_reading_the_pipe_again) {
  const std::string pipe = std::filesystem::path(::testing::TempDir()) / "weir_text_source_test.pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << numbers(3, 0) << "none\n"; });
  const job broken("pipe", from<"in">(csv<number_row>(pipe)) | to<"rows">(discard()));
  EXPECT_THAT(failure_of([&] { broken.run({.slots = 1}); }), HasSubstr(".pipe, line 5: malformed record: "));
  writer.join();
  std::filesystem::remove(pipe);
}

TEST(malformed_lines, are_told_although_their_file_cannot_be_read_again) {
  memory_storage disk;
  disk.write("in.csv", numbers(1, 1));
  disk.fail_next(storage_operation::open, "the disk is gone", 1);
  const job broken("gone", from<"in">(csv<number_row>("in.csv")) | to<"rows">(discard()));
  EXPECT_THAT(failure_of([&] { dataflow_driver(broken, {.storage = &disk}).run(); }), HasSubstr("malformed record: "));
}

}  // namespace
}  // namespace weir::testing
