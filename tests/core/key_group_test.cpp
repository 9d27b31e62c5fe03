#include "weir/core/key_group.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

namespace {

using weir::key_group_count;
using weir::key_group_range;

TEST(key_group_count, is_a_power_of_two) {
  EXPECT_EQ(key_group_count{}.value(), 128u);
  EXPECT_EQ(key_group_count{}.log2(), 7u);
  EXPECT_EQ(key_group_count{1}.log2(), 0u);
  EXPECT_EQ(key_group_count{32768}.value(), 32768u);
  for (const std::uint32_t wrong : {0u, 3u, 100u, 65536u}) {
    EXPECT_THROW(key_group_count{wrong}, weir::error) << wrong;
  }
  try {
    key_group_count{100};
  } catch (const weir::error& refused) {
    EXPECT_STREQ(refused.what(), "weir: 100 key groups are not possible; use a power of two from 1 to 32768");
  }
}

TEST(key_group_of, is_the_top_bits) {
  EXPECT_EQ(weir::key_group_of(0xffffffffffffffffu, 7), 127u);
  EXPECT_EQ(weir::key_group_of(0x01ffffffffffffffu, 7), 0u);
  EXPECT_EQ(weir::key_group_of(0x0200000000000000u, 7), 1u);
  EXPECT_EQ(weir::key_group_of(0x8000000000000000u, 1), 1u);
  EXPECT_EQ(weir::key_group_of(0xffffffffffffffffu, 0), 0u);
  EXPECT_EQ(weir::key_group_of(0xffffffffffffffffu, 15), 32767u);
}

struct observed {
  std::uint32_t count;
  std::uint32_t group;
  std::array<std::uint32_t, 6> subtasks;  // at parallelism 1, 2, 3, 7, 10, 128
};

// Observed on Flink 2.2.0 (case KG-01), those with a power of two of groups.
constexpr observed observations[] = {
    {128, 94, {0, 1, 2, 5, 7, 94}},           {32768, 31198, {0, 1, 2, 6, 9, 121}}, {128, 86, {0, 1, 2, 4, 6, 86}},
    {32768, 16342, {0, 0, 1, 3, 4, 63}},      {128, 127, {0, 1, 2, 6, 9, 127}},     {32768, 15231, {0, 0, 1, 3, 4, 59}},
    {128, 80, {0, 1, 1, 4, 6, 80}},           {32768, 15184, {0, 0, 1, 3, 4, 59}},  {128, 29, {0, 0, 0, 1, 2, 29}},
    {32768, 28189, {0, 1, 2, 6, 8, 110}},     {128, 81, {0, 1, 1, 4, 6, 81}},       {32768, 19409, {0, 1, 1, 4, 5, 75}},
    {128, 62, {0, 0, 1, 3, 4, 62}},           {32768, 19646, {0, 1, 1, 4, 5, 76}},  {128, 108, {0, 1, 2, 5, 8, 108}},
    {32768, 10348, {0, 0, 0, 2, 3, 40}},
};

TEST(subtask_of_group, is_as_observed) {
  constexpr std::array<std::uint32_t, 6> parallelisms = {1, 2, 3, 7, 10, 128};
  for (const observed& each : observations) {
    for (std::size_t i = 0; i < parallelisms.size(); ++i) {
      EXPECT_EQ(weir::subtask_of_group(each.group, parallelisms[i], each.count), each.subtasks[i])
          << "group " << each.group << " of " << each.count << " at parallelism " << parallelisms[i];
    }
  }
}

TEST(groups_of_subtask, cuts_the_groups_into_contiguous_ranges) {
  EXPECT_EQ(weir::groups_of_subtask(0, 1, 128), (key_group_range{0, 127}));
  EXPECT_EQ(weir::groups_of_subtask(0, 3, 128), (key_group_range{0, 42}));
  EXPECT_EQ(weir::groups_of_subtask(1, 3, 128), (key_group_range{43, 85}));
  EXPECT_EQ(weir::groups_of_subtask(2, 3, 128), (key_group_range{86, 127}));
  EXPECT_EQ(weir::groups_of_subtask(4, 7, 16), (key_group_range{10, 11}));
  EXPECT_EQ(weir::groups_of_subtask(15, 16, 16), (key_group_range{15, 15}));
}

TEST(groups_of_subtask, gives_each_group_to_the_subtask_that_its_records_go_to) {
  for (const std::uint32_t count : {1u, 2u, 16u, 128u, 1024u}) {
    for (std::uint32_t parallelism = 1; parallelism <= count; parallelism += parallelism < 20 ? 1 : 37) {
      std::uint32_t next = 0;
      for (std::uint32_t subtask = 0; subtask < parallelism; ++subtask) {
        const key_group_range range = weir::groups_of_subtask(subtask, parallelism, count);
        EXPECT_EQ(range.first, next);
        EXPECT_GE(range.size(), count / parallelism);
        EXPECT_LE(range.size(), count / parallelism + 1);
        for (std::uint32_t group = range.first; group <= range.last; ++group) {
          EXPECT_TRUE(range.contains(group));
          ASSERT_EQ(weir::subtask_of_group(group, parallelism, count), subtask)
              << "group " << group << " of " << count << " at parallelism " << parallelism;
        }
        EXPECT_FALSE(range.contains(range.last + 1));
        next = range.last + 1;
      }
      EXPECT_EQ(next, count);
    }
  }
}

TEST(subtask_of_hash, agrees_with_the_two_steps) {
  std::uint64_t hash = 0x123456789abcdef1u;
  for (int i = 0; i < 10000; ++i) {
    hash = hash * 6364136223846793005u + 1442695040888963407u;
    for (const std::uint32_t parallelism : {1u, 2u, 3u, 10u, 128u}) {
      ASSERT_EQ(weir::subtask_of_hash(hash, parallelism, 7),
                weir::subtask_of_group(static_cast<std::uint32_t>(hash >> 57), parallelism, 128))
          << hash;
    }
  }
}

}  // namespace
