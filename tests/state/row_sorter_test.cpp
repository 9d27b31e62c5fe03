// Sorting more rows than fit into memory. Which rows, and when they are spilled, is drawn at random: WEIR_SEED repeats it.
#include "weir/state/row_sorter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/sorted_run.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir::detail {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::memory_storage;
using testing::random_numbers;

const spill_places places{"job/spilled", "job/shared"};

std::uint64_t a_seed() {
  const char* const given = std::getenv("WEIR_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// Many are equal, some begin others, few are longer than a block of a run.
std::string a_row(random_numbers& random) {
  if (random.one_in(4)) return std::string(random.below(12), 'a');
  std::string row(random.one_in(2000) ? 50'000 : random.below(40), '\0');
  for (char& byte : row) byte = static_cast<char>(random.below(256));
  return row;
}

std::vector<std::string> taken_out_of(row_sorter& sorter) {
  std::vector<std::string> rows;
  for (std::string_view row; sorter.next(row);) rows.emplace_back(row);
  return rows;
}
std::vector<std::string> rows_in(memory_storage& disk, const std::string& part) {
  std::vector<std::string> rows;
  row_sorter::read_snapshot(disk, part, "job/chk-0000000001", [&](std::string_view row) { rows.emplace_back(row); });
  std::sort(rows.begin(), rows.end());
  return rows;
}
std::string failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

TEST(row_sorter, gives_rows_in_order_whether_they_were_spilled_or_not) {
  const std::uint64_t seed = a_seed();
  SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
  random_numbers random(seed);
  for (int run = 0; run < 40; ++run) {
    memory_storage disk;
    row_sorter sorter(disk, places, "a");
    std::vector<std::string> expected;
    const std::uint64_t rows = random.below(3000);
    const std::uint64_t rows_to_spill = 2 + random.below(400);
    for (std::uint64_t i = 0; i < rows; ++i) {
      expected.push_back(a_row(random));
      sorter.add(expected.back());
      if (random.one_in(rows_to_spill)) sorter.spill();
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorter.rows(), expected.size());
    ASSERT_EQ(taken_out_of(sorter), expected);
    EXPECT_EQ(sorter.rows(), 0u);
    EXPECT_EQ(sorter.memory_bytes(), 0u);
    EXPECT_THAT(disk.paths(), IsEmpty());
  }
}

TEST(row_sorter, merges_many_runs_into_few) {
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  std::vector<std::string> expected;
  for (int i = 0; i < 16 * 16 * 3 + 5; ++i) {
    expected.push_back(std::to_string(i * 7919 % 10'007));
    sorter.add(expected.back());
    sorter.spill();
    ASSERT_LE(disk.paths().size(), 3u * 15u);
  }
  EXPECT_EQ(disk.paths().size(), 3u + 5u);
  EXPECT_EQ(sorter.memory_bytes(), 0u);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(taken_out_of(sorter), expected);
}

TEST(row_sorter, joins_runs_in_steps) {
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  std::vector<std::string> expected;
  for (int run = 0; run < 16; ++run) {
    for (int row = 0; row < 10; ++row) {
      expected.push_back(std::to_string((run * 10 + row) * 7919 % 10'007));
      sorter.add(expected.back());
    }
    sorter.spill();
  }
  std::sort(expected.begin(), expected.end());
  for (int step = 0; step < 15; ++step) sorter.join_some(10);
  EXPECT_EQ(disk.paths().size(), 17u) << "before the last ten rows";
  const std::string part = sorter.snapshot();
  EXPECT_EQ(rows_in(disk, part), expected);
  sorter.join_some(10);
  EXPECT_EQ(disk.paths().size(), 17u) << "those of the snapshot stay";
  EXPECT_EQ(rows_in(disk, part), expected);
  const std::string of_joined = sorter.snapshot();
  EXPECT_EQ(rows_in(disk, of_joined), expected);
  EXPECT_LT(of_joined.size(), part.size() / 8) << "one run";
  EXPECT_EQ(taken_out_of(sorter), expected);
}

TEST(row_sorter, keeps_all_rows_whatever_is_joined_when) {
  const std::uint64_t seed = a_seed();
  SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
  random_numbers random(seed);
  for (int run = 0; run < 20; ++run) {
    memory_storage disk;
    row_sorter sorter(disk, places, "a");
    std::vector<std::string> expected;
    const std::uint64_t rows = random.below(2000);
    for (std::uint64_t i = 0; i < rows; ++i) {
      expected.push_back(a_row(random));
      sorter.add(expected.back());
      if (random.one_in(10)) sorter.join_some(random.below(100));
      if (random.one_in(30)) sorter.spill();
      if (random.one_in(200)) {
        std::vector<std::string> sorted = expected;
        std::sort(sorted.begin(), sorted.end());
        ASSERT_EQ(rows_in(disk, sorter.snapshot()), sorted);
      }
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(taken_out_of(sorter), expected);
    EXPECT_EQ(sorter.memory_bytes(), 0u);
    EXPECT_THAT(disk.paths(), Each(HasSubstr("shared")));
  }
}

TEST(row_sorter, sorts_more_rows_than_a_section_holds) {
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 150'000; ++i) {
    expected.push_back(std::to_string(i * 2'654'435'761u));
    sorter.add(expected.back());
    if (i == 100'000) sorter.spill();
  }
  std::sort(expected.begin(), expected.end());
  ASSERT_EQ(taken_out_of(sorter), expected);
}

TEST(row_sorter, frees_memory_in_steps) {
  constexpr std::size_t row_bytes = std::size_t{1} << 20;
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  for (int row = 0; row < 40; ++row) sorter.add(std::string(row_bytes, 'a'));
  EXPECT_EQ(taken_out_of(sorter).size(), 40u);
  int steps = 0;
  std::string_view row;
  for (std::size_t left = sorter.memory_bytes(); sorter.forget_some(); left = sorter.memory_bytes(), ++steps) {
    EXPECT_LE(left - sorter.memory_bytes(), 8 * row_bytes);
    EXPECT_FALSE(sorter.next(row)) << "it is all taken";
  }
  EXPECT_EQ(steps, 3) << "after 8 rows with the last one, and before the last 8";
  EXPECT_EQ(sorter.memory_bytes(), 0u);
}

TEST(row_sorter, snapshots_name_all_rows_and_write_only_new_ones) {
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  for (const char* row : {"d", "b"}) sorter.add(row);
  const std::string first = sorter.snapshot();
  const std::uint64_t written = sorter.spilled_bytes();
  sorter.add("c");
  const std::string second = sorter.snapshot();
  EXPECT_EQ(sorter.spilled_bytes(), written + 4 + 8 + 4 + 1);
  sorter.add("a");
  disk.crash();
  EXPECT_THAT(disk.paths(), AllOf(::testing::SizeIs(2), Each(EndsWith(".run"))));
  EXPECT_EQ(rows_in(disk, first), (std::vector<std::string>{"b", "d"}));
  EXPECT_EQ(rows_in(disk, second), (std::vector<std::string>{"b", "c", "d"}));
}

TEST(row_sorter, leaves_files_of_snapshots_alone) {
  memory_storage disk;
  std::string part;
  {
    row_sorter sorter(disk, places, "a");
    sorter.add("x");
    part = sorter.snapshot();
    sorter.add("y");
    sorter.spill();
    EXPECT_EQ(taken_out_of(sorter), (std::vector<std::string>{"x", "y"}));
  }
  {
    row_sorter again(disk, places, "a");  // as after a failure, with the same names
    again.add("z");
    EXPECT_EQ(rows_in(disk, again.snapshot()), (std::vector<std::string>{"z"}));
    again.add("left");
    again.spill();
  }
  EXPECT_EQ(rows_in(disk, part), (std::vector<std::string>{"x"}));
  EXPECT_THAT(disk.paths(), Each(HasSubstr("shared")));
}

TEST(row_sorter, finds_damage) {
  memory_storage disk;
  row_sorter sorter(disk, places, "a");
  for (int i = 0; i < 5000; ++i) sorter.add("row number " + std::to_string(i));
  const std::string part = sorter.snapshot();
  const std::string path = disk.paths().front();
  const std::string whole = disk.read(path);
  ASSERT_GT(whole.size(), std::size_t{64} << 10) << "more than one block";
  for (const std::size_t place : {std::size_t{0}, std::size_t{5}, std::size_t{13}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    disk.write(path, damaged);
    EXPECT_THROW(rows_in(disk, part), snapshot_damaged) << "byte " << place;
  }
  disk.write(path, whole.substr(0, whole.size() - 1));
  EXPECT_THAT(failure_of([&] { rows_in(disk, part); }), HasSubstr("bytes instead of"));
  disk.remove(path);
  EXPECT_THAT(failure_of([&] { rows_in(disk, part); }), AllOf(HasSubstr(path), HasSubstr("is missing")));
}

TEST(row_sorter, says_that_the_disk_is_full) {
  memory_storage disk;
  disk.limit_capacity(1000);
  {
    row_sorter sorter(disk, places, "a");
    for (int i = 0; i < 500; ++i) sorter.add("row");
    EXPECT_THAT(failure_of([&] { sorter.spill(); }), AllOf(HasSubstr("job/spilled/a-0.run"), HasSubstr("No space left")));
  }
  EXPECT_THAT(disk.paths(), IsEmpty());
}

TEST(spill_room, removes_what_another_attempt_has_left) {
  memory_storage disk;
  disk.write("job/spilled/of-a-crash.run", "rows");
  disk.write("job/shared/of-a-checkpoint.run", "rows");
  {
    const spill_room room(disk, places);
    EXPECT_THAT(disk.paths(), ::testing::ElementsAre("job/shared/of-a-checkpoint.run"));
    disk.write("job/spilled/more.run", "rows");
  }
  EXPECT_THAT(disk.paths(), ::testing::ElementsAre("job/shared/of-a-checkpoint.run"));
  EXPECT_FALSE(disk.exists("job/spilled"));
}

}  // namespace
}  // namespace weir::detail
