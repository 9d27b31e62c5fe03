#include "weir/state/table_memory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/state/list_state.hpp"
#include "weir/state/map_state.hpp"

namespace weir::detail {
namespace {

TEST(counted_memory, of_lists_maps_and_long_keys_is_given_back) {
  const std::int64_t before = counted_bytes;
  {
    list_cell<std::int64_t, true> list;
    for (int i = 0; i < 1000; ++i) list.elements.emplace_back(i);
    EXPECT_GE(counted_bytes - before, 8'000);
    const std::int64_t with_list = counted_bytes;
    map_cell<std::int64_t, std::int64_t, false> map;
    for (std::int64_t i = 0; i < 1000; ++i) map.entries.append(i, i);
    EXPECT_GE(counted_bytes - with_list, 16'000 + 2 * 8'000) << "entries, and an index at most half full";
    EXPECT_EQ(static_cast<std::int64_t>(map.memory().counted), counted_bytes - with_list);
    for (std::size_t i = 0; i < 990; ++i) map.entries.erase(0);
    map_cell<std::int64_t, std::int64_t, false> moved(std::move(map));
    const std::int64_t with_map = counted_bytes;
    keyed_table<std::string, std::int64_t> table;
    for (int i = 0; i < 100; ++i) {
      const std::string key = "a key that does not lie in place " + std::to_string(i);
      table.find_or_create(key, stable_hash(key), [] { return std::int64_t{0}; });
    }
    EXPECT_GE(counted_bytes - with_map, 100 * 35);
  }
  EXPECT_EQ(counted_bytes, before);
}

using texts = keyed_table<std::int64_t, std::string>;

void put(texts& table, std::int64_t key, std::size_t length) {
  table.find_or_create(key, stable_hash(key), [] { return std::string(); }) = std::string(length, 'x');
}

/// After so many looks, of which each may see some entries.
std::size_t estimate_of(table_memory<texts>& memory, const texts& table, int looks) {
  for (int i = 0; i < looks; ++i) {
    memory.look_at({}, 1, table.size(), [&](std::size_t) -> const texts& { return table; });
  }
  return memory.owned(table.size(), 0);
}

TEST(table_memory, is_the_mean_of_some_entries_for_all) {
  texts table;
  table_memory<texts> memory;
  EXPECT_EQ(estimate_of(memory, table, 3), 0U);
  for (std::int64_t key = 0; key < 10'000; ++key) put(table, key, 100);  // 112 bytes with those of malloc
  EXPECT_NEAR(static_cast<double>(estimate_of(memory, table, 3)), 10'000 * 112, 11'200);
  for (std::int64_t key = 0; key < 10'000; ++key) put(table, key, 200);  // 224
  EXPECT_NEAR(static_cast<double>(estimate_of(memory, table, 2 * 10'000)), 10'000 * 224, 22'400);
  for (std::int64_t key = 0; key < 9'000; ++key) table.erase(key, stable_hash(key));
  EXPECT_NEAR(static_cast<double>(estimate_of(memory, table, 0)), 1'000 * 224, 2'240);
}

TEST(table_memory, of_a_very_large_entry_is_added_as_it_is) {
  texts table;
  table_memory<texts> memory;
  for (std::int64_t key = 0; key < 10'000; ++key) put(table, key, key == 77 ? 5'000'000 : 100);
  for (int looks = 0; looks < 20'000; ++looks) {
    const std::size_t estimate = estimate_of(memory, table, 1);
    ASSERT_LT(estimate, 10'000 * 112 + 5'100'000U) << "after " << looks << " looks";
  }
  EXPECT_NEAR(static_cast<double>(estimate_of(memory, table, 1)), 10'000 * 112 + 5'000'000, 60'000);
}

TEST(table_memory, is_counted_when_it_must_be_exact) {
  texts table;
  table_memory<texts> memory;
  std::size_t exact = 0;
  for (std::int64_t key = 0; key < 10'000; ++key) {
    const std::size_t length = key % 100 == 0 ? 10'000 : 20;
    put(table, key, length);
    exact += length == 20 ? 32 : 10'016;
  }
  memory.look_at({.exactly = true}, 1, table.size(), [&](std::size_t) -> const texts& { return table; });
  EXPECT_NEAR(static_cast<double>(memory.owned(table.size(), 0)), static_cast<double>(exact), 10);
}

TEST(table_memory, of_numbers_needs_no_look) {
  EXPECT_TRUE((table_memory<keyed_table<std::int64_t, std::int64_t>>::knows_all));
  EXPECT_TRUE((table_memory<keyed_table<std::string, double>>::knows_all)) << "keys that are texts are counted";
  EXPECT_FALSE((table_memory<keyed_table<std::pair<std::int32_t, std::string>, double>>::knows_all));
  EXPECT_FALSE((table_memory<keyed_table<std::int64_t, std::vector<double>>>::knows_all));
}

}  // namespace
}  // namespace weir::detail
