#include "weir/windows/window_store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "weir/windows/global.hpp"
#include "weir/windows/tumbling.hpp"

namespace {

using namespace std::chrono_literals;
using weir::from_epoch_ms;
using weir::stable_hash;
using weir::time_window;

using store_type = weir::window_store<weir::tumbling_windows, int, int>;

const auto zero = [] { return 0; };

int* add(store_type& store, std::int64_t time, int key, std::int64_t closed = INT64_MIN) {
  int* const sum = store.at(from_epoch_ms(time), from_epoch_ms(closed), key, stable_hash(key), zero);
  if (sum != nullptr) ++*sum;
  return sum;
}

std::map<int, int> entries(weir::keyed_table<int, int>& table) {
  std::map<int, int> found;
  table.for_each([&](const int& key, int& state) { found[key] = state; });
  return found;
}

TEST(window_store, keeps_windows_and_keys_apart) {
  store_type store(weir::tumbling(10ms));
  for (const auto& [time, key] : {std::pair(0, 1), {9, 1}, {10, 1}, {5, 2}, {-1, 1}, {11, 1}, {3, 1}}) {
    add(store, time, key);
  }
  ASSERT_EQ(store.open().size(), 3u);
  EXPECT_EQ(store.open()[0].window, (time_window{from_epoch_ms(-10), from_epoch_ms(0)}));
  EXPECT_EQ(entries(*store.open()[0].table), (std::map<int, int>{{1, 1}}));
  EXPECT_EQ(entries(*store.open()[1].table), (std::map<int, int>{{1, 3}, {2, 1}}));
  EXPECT_EQ(entries(*store.open()[2].table), (std::map<int, int>{{1, 2}}));
  EXPECT_EQ(store.window_of(from_epoch_ms(25)), (time_window{from_epoch_ms(20), from_epoch_ms(30)}));
}

TEST(window_store, hands_out_windows_that_the_watermark_has_reached_by_ascending_end) {
  store_type store(weir::tumbling(10ms));
  for (const int time : {25, 5, 15, 35}) add(store, time, 1);
  EXPECT_FALSE(store.take_closed(from_epoch_ms(8)));
  const auto first = store.take_closed(from_epoch_ms(29));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->window.end, from_epoch_ms(10));
  EXPECT_EQ(store.take_closed(from_epoch_ms(29))->window.end, from_epoch_ms(20));
  EXPECT_EQ(store.take_closed(from_epoch_ms(29))->window.end, from_epoch_ms(30));
  EXPECT_FALSE(store.take_closed(from_epoch_ms(29)));
  EXPECT_EQ(store.take_closed(weir::max_timestamp)->window.end, from_epoch_ms(40));
  EXPECT_FALSE(store.take_closed(weir::max_timestamp));
}

TEST(window_store, takes_no_late_record) {
  store_type store(weir::tumbling(10ms));
  add(store, 5, 1);
  EXPECT_EQ(store.window_of(from_epoch_ms(5)).end, from_epoch_ms(10));
  ASSERT_NE(add(store, 6, 1, 8), nullptr);  // the window's last millisecond is still to come
  ASSERT_TRUE(store.take_closed(from_epoch_ms(9)));
  EXPECT_EQ(add(store, 6, 1, 9), nullptr);
  EXPECT_EQ(add(store, -4, 1, 9), nullptr);
  EXPECT_TRUE(store.open().empty());
  EXPECT_NE(add(store, 10, 1, 9), nullptr);
}

TEST(window_store, reuses_tables_emptied) {
  store_type store(weir::tumbling(10ms));
  for (int key = 0; key < 1000; ++key) add(store, 5, key);
  auto taken = store.take_closed(from_epoch_ms(9));
  ASSERT_TRUE(taken);
  const auto* const table = taken->table.get();
  const std::size_t bytes = table->memory_bytes();
  store.recycle(std::move(taken->table));
  EXPECT_EQ(store.table_at(from_epoch_ms(15), from_epoch_ms(9)), table);
  EXPECT_TRUE(table->empty());
  EXPECT_EQ(table->memory_bytes(), bytes);
}

TEST(window_store, empties_tables_in_slices) {
  store_type store(weir::tumbling(10ms));
  for (int key = 0; key < 1000; ++key) add(store, 5, key);
  add(store, 15, 1);
  auto first = store.take_closed(from_epoch_ms(9));
  auto second = store.take_closed(from_epoch_ms(19));
  const auto* const table = first->table.get();
  store.recycle(std::move(second->table));
  store.recycle(std::move(first->table));
  std::size_t slices = 1;
  for (std::size_t before = 1000; store.clear_some(100); ++slices) {
    const std::size_t left = table->size();
    EXPECT_LE(before - left, 100u + 50u) << "a key group has some eight keys, and is emptied as a whole";
    before = left;
  }
  EXPECT_GE(slices, 7u);
  EXPECT_TRUE(table->empty());
  EXPECT_FALSE(store.clear_some(100));
}

TEST(window_store, refuses_a_record_without_event_time) {
  store_type store(weir::tumbling(10ms));
  add(store, 5, 1);
  EXPECT_THROW(store.table_at(weir::min_timestamp, weir::min_timestamp), weir::error);
}

TEST(window_store, of_the_global_window_closes_at_the_end_of_input) {
  weir::window_store<weir::global_windows, std::string, int> store(weir::global(weir::at_end_of_input));
  const std::string key = "k";
  ++*store.at(weir::min_timestamp, weir::min_timestamp, key, stable_hash(key), zero);
  ++*store.at(from_epoch_ms(7), from_epoch_ms(100), key, stable_hash(key), zero);
  EXPECT_FALSE(store.take_closed(from_epoch_ms(INT64_MAX - 1)));
  EXPECT_EQ(*store.take_closed(weir::max_timestamp)->table->find(key, stable_hash(key)), 2);
}

TEST(window_store, counts_what_a_plain_map_counts) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    store_type store(weir::tumbling(10ms, 3ms));
    std::map<std::pair<std::int64_t, int>, int> expected;  // by window end and key
    std::map<std::pair<std::int64_t, int>, int> fired;
    std::int64_t watermark = -50;
    for (int step = 0; step < 5000; ++step) {
      const std::int64_t time = watermark - 15 + static_cast<std::int64_t>(random() % 60);
      const int key = static_cast<int>(random() % 20);
      std::int64_t end = time;
      do ++end;
      while (((end - 3) % 10 + 10) % 10 != 0);
      const bool late = end - 1 <= watermark;
      ASSERT_EQ(add(store, time, key, watermark) == nullptr, late);
      if (!late) ++expected[{end, key}];
      if (random() % 20 != 0) continue;
      watermark += static_cast<std::int64_t>(random() % 40);
      std::int64_t last_end = INT64_MIN;
      while (auto taken = store.take_closed(from_epoch_ms(watermark))) {
        ASSERT_GT(epoch_ms(taken->window.end), last_end);
        last_end = epoch_ms(taken->window.end);
        ASSERT_LE(last_end - 1, watermark);
        for (const auto& [each, count] : entries(*taken->table)) fired[{last_end, each}] = count;
        store.recycle(std::move(taken->table));
      }
    }
    while (auto taken = store.take_closed(weir::max_timestamp)) {
      for (const auto& [each, count] : entries(*taken->table)) fired[{epoch_ms(taken->window.end), each}] = count;
    }
    ASSERT_EQ(fired, expected);
  }
}

}  // namespace
