#include "weir/state/timer_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using weir::from_epoch_ms;
using weir::max_timestamp;
using weir::min_timestamp;
using weir::stable_hash;
using weir::timer_queue;
using weir::timestamp;

using number_queue = timer_queue<std::uint64_t>;

void push(number_queue& queue, std::int64_t time, std::uint64_t key) {
  queue.push(from_epoch_ms(time), key, stable_hash(key));
}

/// The times and keys that surface up to `limit`.
std::vector<std::pair<std::int64_t, std::uint64_t>> pop_all(number_queue& queue, std::int64_t limit) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> popped;
  number_queue::entry entry;
  while (queue.pop_due(from_epoch_ms(limit), entry)) popped.emplace_back(weir::epoch_ms(entry.time), entry.key);
  return popped;
}

using timers = std::vector<std::pair<std::int64_t, std::uint64_t>>;

TEST(timer_queue, gives_what_is_due_by_ascending_time) {
  number_queue queue;
  push(queue, 300, 3);
  push(queue, 100, 1);
  push(queue, -200, 0);
  push(queue, 200, 2);
  EXPECT_EQ(queue.size(), 4u);
  EXPECT_EQ(queue.next(), from_epoch_ms(-200));
  EXPECT_EQ(pop_all(queue, -201), timers());
  EXPECT_EQ(pop_all(queue, 200), timers({{-200, 0}, {100, 1}, {200, 2}}));
  EXPECT_EQ(queue.next(), from_epoch_ms(300));
  EXPECT_EQ(pop_all(queue, 299), timers());
  EXPECT_EQ(pop_all(queue, 300), timers({{300, 3}}));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next(), max_timestamp);
}

TEST(timer_queue, hands_out_the_hash_and_an_owned_key) {
  timer_queue<std::string_view> queue;
  {
    const std::string key = "a key that is too long for a string's own bytes";
    queue.push(from_epoch_ms(5), std::string_view(key), stable_hash(key));
    queue.push(from_epoch_ms(6), key, 77);
  }
  timer_queue<std::string_view>::entry entry;
  ASSERT_TRUE(queue.pop_due(from_epoch_ms(6), entry));
  EXPECT_EQ(entry.key, "a key that is too long for a string's own bytes");
  EXPECT_EQ(entry.hash, stable_hash(entry.key));
  ASSERT_TRUE(queue.pop_due(from_epoch_ms(6), entry));
  EXPECT_EQ(entry.key, "a key that is too long for a string's own bytes");
  EXPECT_EQ(entry.hash, 77u);
}

TEST(timer_queue, takes_both_ends_of_time) {
  number_queue queue;
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t time : {most, std::int64_t{0}, least, most - 1, least + 1, std::int64_t{-1}}) {
    push(queue, time, 1);
  }
  EXPECT_EQ(queue.next(), min_timestamp);
  EXPECT_EQ(pop_all(queue, least), timers({{least, 1}}));
  push(queue, least, 2);
  EXPECT_EQ(pop_all(queue, most - 1), timers({{least, 2}, {least + 1, 1}, {-1, 1}, {0, 1}, {most - 1, 1}}));
  EXPECT_EQ(queue.next(), max_timestamp);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(pop_all(queue, most), timers({{most, 1}}));
  push(queue, most, 3);
  EXPECT_EQ(pop_all(queue, most), timers({{most, 3}}));
}

TEST(timer_queue, gives_what_is_pushed_between_two_pops_in_the_same_series) {
  number_queue queue;
  for (const std::int64_t time : {10, 20, 30, 200}) push(queue, time, 0);
  number_queue::entry entry;
  ASSERT_TRUE(queue.pop_due(from_epoch_ms(100), entry));
  ASSERT_TRUE(queue.pop_due(from_epoch_ms(100), entry));
  ASSERT_EQ(entry.time, from_epoch_ms(20));
  push(queue, 5, 1);    // has passed
  push(queue, 20, 2);   // just now
  push(queue, 25, 3);   // before the next
  push(queue, 100, 4);  // at the limit
  push(queue, 101, 5);  // behind it
  EXPECT_EQ(queue.next(), from_epoch_ms(5));
  EXPECT_EQ(pop_all(queue, 100), timers({{5, 1}, {20, 2}, {25, 3}, {30, 0}, {100, 4}}));
  EXPECT_EQ(pop_all(queue, 200), timers({{101, 5}, {200, 0}}));
}

TEST(timer_queue, keeps_what_is_pushed_at_a_passed_time_until_it_is_asked_again) {
  number_queue queue;
  push(queue, 1000, 0);
  EXPECT_EQ(pop_all(queue, 1000).size(), 1u);
  push(queue, 7, 1);
  push(queue, 6, 2);
  EXPECT_EQ(queue.next(), from_epoch_ms(6));
  EXPECT_EQ(pop_all(queue, 5), timers());
  EXPECT_EQ(pop_all(queue, 6), timers({{6, 2}}));
  EXPECT_EQ(pop_all(queue, 1000), timers({{7, 1}}));
}

TEST(timer_queue, announces_a_timer_once_before_it_surfaces) {
  for (const std::int64_t spread : {1, 10, 100, 100000}) {
    SCOPED_TRACE(spread);
    std::mt19937_64 random(1);
    number_queue queue;
    for (std::uint64_t key = 0; key < 5000; ++key) push(queue, static_cast<std::int64_t>(random() % spread), key);
    std::multiset<std::uint64_t> announced;
    number_queue::entry entry;
    std::size_t ahead = 0;
    std::size_t popped = 0;
    while (queue.pop_due(from_epoch_ms(spread), entry, [&](std::uint64_t hash) { announced.insert(hash); })) {
      ++popped;
      ASSERT_EQ(announced.erase(entry.hash), 1u) << "timer " << popped;
      ahead += announced.size();
      ASSERT_LE(announced.size(), 16u);
    }
    EXPECT_EQ(popped, 5000u);
    EXPECT_TRUE(announced.empty());
    if (spread <= 100) {
      EXPECT_GE(ahead, 5000u * 8);
    }
  }
}

TEST(timer_queue, announces_what_was_pushed_after_the_last_limit) {
  number_queue queue;
  push(queue, 100, 0);
  push(queue, 3000, 1);
  EXPECT_EQ(pop_all(queue, 150).size(), 1u);
  push(queue, 151, 2);
  std::vector<std::uint64_t> announced;
  number_queue::entry entry;
  ASSERT_TRUE(queue.pop_due(from_epoch_ms(151), entry, [&](std::uint64_t hash) { announced.push_back(hash); }));
  EXPECT_EQ(announced, std::vector<std::uint64_t>{stable_hash(2)});
}

TEST(timer_queue, drops_what_is_not_live_and_gives_memory_back) {
  number_queue queue;
  const std::size_t nothing = queue.memory_bytes();
  for (std::uint64_t key = 0; key < 100000; ++key) push(queue, static_cast<std::int64_t>(key * 17 % 65536), key);
  const timers before = pop_all(queue, 1000);
  push(queue, 500, 100000);  // two that lie elsewhere: their time has passed
  push(queue, 400, 100001);
  const std::size_t full = queue.memory_bytes();
  EXPECT_GE(full, nothing + 95000 * 2 * sizeof(std::uint64_t));
  std::set<std::uint64_t> announced;
  queue.compact(
      [&](timestamp time, std::uint64_t key, std::uint64_t hash) {
        EXPECT_EQ(hash, stable_hash(key));
        EXPECT_EQ(weir::epoch_ms(time), key >= 100000 ? (key == 100000 ? 500 : 400) : key * 17 % 65536);
        announced.insert(hash);
        return key % 100 == 1;
      },
      [](std::uint64_t) {});
  EXPECT_EQ(announced.size(), 100002 - before.size());
  std::multiset<std::int64_t> expected = {400};
  for (std::uint64_t key = 1; key < 100000; key += 100) {
    const auto time = static_cast<std::int64_t>(key * 17 % 65536);
    if (time > 1000) expected.insert(time);
  }
  EXPECT_EQ(queue.size(), expected.size());
  EXPECT_EQ(queue.next(), from_epoch_ms(400));
  std::multiset<std::int64_t> found;
  for (const auto& [time, key] : pop_all(queue, 100000)) {
    EXPECT_EQ(key % 100, 1u);
    EXPECT_TRUE(found.empty() || *found.rbegin() <= time);
    found.insert(time);
  }
  EXPECT_EQ(found, expected);
  EXPECT_LT(queue.memory_bytes(), full / 20);
}

TEST(timer_queue, keeps_its_memory_bounded_by_what_is_live) {
  number_queue queue;
  std::mt19937_64 random(1);
  for (std::uint64_t key = 0; key < 20000; ++key) push(queue, static_cast<std::int64_t>(random() % 10000), key);
  number_queue::entry entry;
  std::size_t most = 0;
  for (int step = 0; step < 1000000; ++step) {
    ASSERT_TRUE(queue.pop_due(max_timestamp - std::chrono::milliseconds(1), entry));
    push(queue, weir::epoch_ms(entry.time) + 1 + static_cast<std::int64_t>(random() % 10000), entry.key);
    if (step % 1000 == 0) most = std::max(most, queue.memory_bytes());
  }
  EXPECT_LE(most, 3 * 20000 * 2 * sizeof(std::uint64_t));
}

TEST(timer_queue, can_be_moved) {
  number_queue queue;
  push(queue, 5, 1);
  push(queue, 500, 2);
  EXPECT_EQ(pop_all(queue, 5).size(), 1u);
  push(queue, 4, 3);
  number_queue other(std::move(queue));
  queue = number_queue();
  EXPECT_EQ(other.size(), 2u);
  EXPECT_TRUE(queue.empty());
  push(queue, 1, 9);
  std::swap(queue, other);
  EXPECT_EQ(pop_all(queue, 1000), timers({{4, 3}, {500, 2}}));
  EXPECT_EQ(pop_all(other, 1000), timers({{1, 9}}));
}

/// A large key that owns memory, so that a timer which is lost or destroyed twice is found out.
struct wide_key {
  BOOST_HANA_DEFINE_STRUCT(wide_key, (std::uint64_t, number), (std::string, text), (std::string, other));
  friend bool operator==(const wide_key&, const wide_key&) = default;
};

std::uint64_t number_in(std::uint64_t key) { return key; }
std::uint64_t number_in(const std::string& key) { return std::stoull(key); }
std::uint64_t number_in(const wide_key& key) { return key.number; }

// Random pushes, series of pops with pushes in between, and compactions, against a sorted container.
template <class Key, class MakeKey>
void compare_with_model(std::uint64_t seed, MakeKey make_key) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  timer_queue<Key> queue;
  std::set<std::pair<std::int64_t, std::uint64_t>> model;  // the second numbers the timers
  std::uint64_t made = 0;
  std::int64_t now = static_cast<std::int64_t>(random()) >> random() % 60;
  const std::uint64_t range_log2 = seed % 20;
  const auto time_near = [&](std::uint64_t offset) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(now) + offset);
  };
  const auto random_time = [&]() -> std::int64_t {
    switch (random() % 64) {
      case 0:
        return std::numeric_limits<std::int64_t>::min();
      case 1:
        return std::numeric_limits<std::int64_t>::max();
      case 2:
        return static_cast<std::int64_t>(random());
      case 3:
        return time_near(random() >> random() % 64);
      case 4:
      case 5:
        return time_near(-(random() % 300));
      default:
        return time_near(random() % (std::uint64_t{1} << range_log2));
    }
  };
  const auto push_random = [&] {
    const std::int64_t time = random_time();
    const Key key = make_key(made);
    queue.push(from_epoch_ms(time), key, stable_hash(key));
    model.emplace(time, made++);
  };
  typename timer_queue<Key>::entry entry;
  for (int round = 0; round < 400; ++round) {
    for (std::uint64_t pushes = random() % (round % 20 == 0 ? 2000 : 100); pushes > 0; --pushes) push_random();
    ASSERT_EQ(queue.next(), model.empty() ? max_timestamp : from_epoch_ms(model.begin()->first));
    std::int64_t limit = random_time();
    if (random() % 8 != 0) {
      limit = time_near(random() % (std::uint64_t{1} << range_log2) / 4);
      now = std::max(now, limit);
    }
    // The queue must say what comes next even if the series is left in the middle.
    for (std::uint64_t pops = random() % 4 == 0 ? random() % 50 : 100000; pops > 0; --pops) {
      const bool due = !model.empty() && model.begin()->first <= limit;
      ASSERT_EQ(queue.pop_due(from_epoch_ms(limit), entry), due);
      if (!due) break;
      ASSERT_EQ(weir::epoch_ms(entry.time), model.begin()->first);
      ASSERT_EQ(entry.hash, stable_hash(entry.key));
      const std::uint64_t number = number_in(entry.key);
      ASSERT_EQ(entry.key, make_key(number));
      ASSERT_EQ(model.erase({weir::epoch_ms(entry.time), number}), 1u);
      if (random() % 4 == 0 && model.size() < 5000) push_random();
    }
    ASSERT_EQ(queue.size(), model.size());
    if (random() % 16 == 0) {
      const std::uint64_t cut = random() % (made + 1);
      queue.compact([&](timestamp time, const auto& key, std::uint64_t) {
        EXPECT_TRUE(model.contains({weir::epoch_ms(time), number_in(key)}));
        return number_in(key) % 8 < 3 || number_in(key) < cut;
      });
      std::erase_if(model, [&](const auto& each) { return !(each.second % 8 < 3 || each.second < cut); });
      ASSERT_EQ(queue.size(), model.size());
    }
  }
}

TEST(timer_queue, of_integers_behaves_like_a_sorted_container) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    compare_with_model<std::uint64_t>(seed, [](std::uint64_t number) { return number; });
  }
}

TEST(timer_queue, of_texts_behaves_like_a_sorted_container) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    compare_with_model<std::string>(seed,
                                    [](std::uint64_t number) { return std::to_string(number) + " timer, unique"; });
  }
}

TEST(timer_queue, of_structs_behaves_like_a_sorted_container) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    compare_with_model<wide_key>(seed, [](std::uint64_t number) {
      return wide_key{number, std::string(number % 40, 'a'), std::to_string(number)};
    });
  }
}

}  // namespace
