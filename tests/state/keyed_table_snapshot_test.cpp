#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/state/keyed_table.hpp"

namespace {

using weir::key_group_count;
using weir::key_group_range;
using weir::keyed_table;
using weir::stable_hash;

constexpr std::size_t everything = ~std::size_t{0};

using number_table = keyed_table<std::uint64_t, std::uint64_t>;
using numbers = std::map<std::uint64_t, std::uint64_t>;

/// Puts what a number_table hands over into `into`.
auto into(numbers& into) {
  return [&](std::uint32_t key_group, std::uint64_t key, const std::uint64_t& state) {
    EXPECT_EQ(key_group, weir::key_group_of(stable_hash(key)));
    EXPECT_TRUE(into.emplace(key, state).second) << key << " was handed over twice";
  };
}

std::uint64_t& change(number_table& table, std::uint64_t key, numbers& handed_over) {
  return table.find_or_create_in_snapshot(key, stable_hash(key), [] { return std::uint64_t{0}; }, into(handed_over));
}

number_table table_of(std::uint64_t count) {
  number_table table;
  for (std::uint64_t key = 0; key < count; ++key) table.find_or_create(key, stable_hash(key), [&] { return key + 1; });
  return table;
}

TEST(keyed_table_snapshot, hands_over_the_states_of_its_moment) {
  number_table table = table_of(3);
  numbers found;
  EXPECT_FALSE(table.in_snapshot());
  table.begin_snapshot();
  EXPECT_TRUE(table.in_snapshot());
  change(table, 1, found) = 100;
  EXPECT_EQ(found, numbers({{1, 2}}));
  change(table, 1, found) = 101;
  change(table, 7, found) = 70;  // not there at that moment
  change(table, 7, found) = 71;
  EXPECT_EQ(found, numbers({{1, 2}}));
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_FALSE(table.in_snapshot());
  EXPECT_EQ(found, numbers({{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(*table.find(std::uint64_t{1}, stable_hash(1)), 101u);
  EXPECT_EQ(*table.find(std::uint64_t{7}, stable_hash(7)), 71u);
}

TEST(keyed_table_snapshot, of_nothing_is_over_at_once) {
  number_table table;
  numbers found;
  table.begin_snapshot();
  change(table, 1, found) = 5;
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_EQ(found, numbers());
}

TEST(keyed_table_snapshot, hands_over_an_entry_before_it_is_erased) {
  number_table table = table_of(2);
  numbers found;
  table.begin_snapshot();
  const std::uint64_t key = 1;
  table.before_change(*table.find(key, stable_hash(key)), stable_hash(key), into(found));
  EXPECT_EQ(found, numbers({{1, 2}}));
  EXPECT_TRUE(table.erase(key, stable_hash(key)));
  change(table, 1, found) = 50;  // a new one, in the old one's slot or another
  EXPECT_TRUE(table.erase(key, stable_hash(key)));
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_EQ(found, numbers({{0, 1}, {1, 2}}));
}

#ifndef NDEBUG
TEST(keyed_table_snapshot, forbids_to_erase_what_it_has_not_got) {
  number_table table = table_of(2);
  table.begin_snapshot();
  EXPECT_DEATH(table.erase(std::uint64_t{1}, stable_hash(1)), "before_change");
  EXPECT_DEATH(table.clear(), "must not be cleared");
}
#endif

TEST(keyed_table_snapshot, asks_for_nothing_when_none_is_running) {
  number_table table;
  numbers found;
  change(table, 3, found) = 4;
  std::uint64_t& state = change(table, 3, found);
  EXPECT_EQ(state, 4u);
  table.before_change(state, stable_hash(3), into(found));
  table.abandon_snapshot();
  EXPECT_EQ(found, numbers());
  EXPECT_EQ(table.size(), 1u);
}

TEST(keyed_table_snapshot, hands_over_no_more_at_a_time_than_asked_for) {
  for (const std::size_t slice : {1u, 2u, 7u, 64u, 1000u, 5000u}) {
    number_table table = table_of(1000);
    numbers all;
    table.begin_snapshot();
    std::uint32_t group = 0;
    bool done = false;
    while (!done) {
      numbers found;
      done = table.snapshot_slice(slice, [&](std::uint32_t key_group, std::uint64_t key, const std::uint64_t& state) {
        EXPECT_LE(group, key_group);
        group = key_group;
        found.emplace(key, state);
      });
      EXPECT_LE(found.size(), slice);
      for (const auto& [key, state] : found) EXPECT_TRUE(all.emplace(key, state).second);
    }
    EXPECT_EQ(all.size(), 1000u);
  }
}

TEST(keyed_table_snapshot, looks_at_a_few_buckets_at_a_time_where_most_are_empty) {
  number_table table = table_of(100000);
  for (std::uint64_t key = 3; key < 100000; ++key) table.erase(key, stable_hash(key));
  numbers found;
  table.begin_snapshot();
  std::size_t slices = 1;
  while (!table.snapshot_slice(100, into(found))) ++slices;
  EXPECT_EQ(found, numbers({{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_GT(slices, 3u);
}

TEST(keyed_table_snapshot, leaves_no_trace_when_it_is_abandoned) {
  number_table table = table_of(5000);
  const std::size_t bytes = table.memory_bytes();
  numbers ignored;
  table.begin_snapshot();
  for (std::uint64_t key = 0; key < 5000; key += 3) change(table, key, ignored) += 1;
  EXPECT_FALSE(table.snapshot_slice(1000, into(ignored)));
  EXPECT_GT(table.memory_bytes(), bytes);
  table.abandon_snapshot();
  EXPECT_FALSE(table.in_snapshot());
  EXPECT_EQ(table.memory_bytes(), bytes);
  EXPECT_TRUE(table.erase(std::uint64_t{4999}, stable_hash(4999)));
  ignored.clear();
  table.begin_snapshot();
  EXPECT_FALSE(table.snapshot_slice(100, into(ignored)));
  table.begin_snapshot();  // abandons the one that is running
  numbers found;
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  numbers expected;
  for (std::uint64_t key = 0; key < 4999; ++key) expected.emplace(key, key + 1 + (key % 3 == 0 ? 1 : 0));
  EXPECT_EQ(found, expected);
}

TEST(keyed_table_snapshot, gives_the_memory_of_its_marks_back_group_by_group) {
  number_table table = table_of(50000);
  const std::size_t bytes = table.memory_bytes();
  numbers found;
  table.begin_snapshot();
  const std::size_t unmarked = table.memory_bytes();
  for (std::uint64_t key = 0; key < 50000; ++key) change(table, key, found) = 0;
  EXPECT_EQ(found.size(), 50000u);
  const std::size_t marked = table.memory_bytes() - unmarked;
  EXPECT_LE(marked, 50000u);
  for (int slice = 0; slice < 5; ++slice) EXPECT_FALSE(table.snapshot_slice(2000, into(found)));
  EXPECT_LT(table.memory_bytes() - unmarked, marked);
  for (std::uint64_t key = 0; key < 50000; ++key) {
    table.erase(key, stable_hash(key));
    change(table, key, found) = 0;
  }
  EXPECT_LT(table.memory_bytes() - unmarked, marked) << "marks where none are needed any more";
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_EQ(table.memory_bytes(), bytes);
}

TEST(keyed_table_snapshot, loses_nothing_when_a_visitor_throws) {
  number_table table = table_of(10);
  numbers found;
  table.begin_snapshot();
  const auto fail = [](std::uint32_t, std::uint64_t, const std::uint64_t&) { throw std::runtime_error("disk full"); };
  const std::uint64_t key = 5;
  EXPECT_THROW(table.before_change(*table.find(key, stable_hash(key)), stable_hash(key), fail), std::runtime_error);
  const auto zero = [] { return std::uint64_t{0}; };
  EXPECT_THROW(table.find_or_create_in_snapshot(key, stable_hash(key), zero, fail), std::runtime_error);
  EXPECT_THROW(table.snapshot_slice(everything, fail), std::runtime_error);
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_EQ(found.size(), 10u);
}

TEST(keyed_table_snapshot, is_unchanged_when_making_a_state_throws) {
  number_table table = table_of(100);
  numbers found;
  const auto fail = []() -> std::uint64_t { throw std::runtime_error("no state"); };
  table.begin_snapshot();
  for (std::uint64_t key = 100; key < 1000; ++key) {
    EXPECT_THROW(table.find_or_create_in_snapshot(key, stable_hash(key), fail, into(found)), std::runtime_error);
  }
  EXPECT_EQ(table.size(), 100u);
  EXPECT_TRUE(table.snapshot_slice(everything, into(found)));
  EXPECT_EQ(found.size(), 100u);
}

TEST(keyed_table_snapshot, is_restored_from_the_beginning_of_memory_to_its_end) {
  for (const std::uint64_t count : {1u, 2u, 10u, 1000u, 20000u}) {
    SCOPED_TRACE(count);
    const key_group_range range{0, 0};
    number_table table(range, key_group_count{1});
    for (std::uint64_t key = 0; key < count; ++key) table.find_or_create(key, stable_hash(key), [&] { return key; });
    EXPECT_EQ(table.group_size(0), count);
    number_table restored(range, key_group_count{1});
    restored.reserve_group(0, table.group_size(0));
    const std::size_t bytes = restored.memory_bytes();
    std::size_t steps_back = 0;
    const std::uint64_t* last = nullptr;
    table.begin_snapshot();
    table.snapshot_slice(everything, [&](std::uint32_t, std::uint64_t key, const std::uint64_t& state) {
      const std::uint64_t* made = &restored.find_or_create(key, stable_hash(key), [&] { return state; });
      if (made < last) ++steps_back;
      last = made;
    });
    EXPECT_EQ(restored.memory_bytes(), bytes) << "it grew";
    EXPECT_LE(steps_back, count / 10);
    numbers found;
    restored.for_each([&](std::uint64_t key, std::uint64_t state) { found.emplace(key, state); });
    EXPECT_EQ(found.size(), count);
    for (const auto& [key, state] : found) EXPECT_EQ(key, state);
  }
}

TEST(keyed_table_snapshot, reserves_room_in_one_group_and_keeps_what_is_there) {
  number_table table = table_of(1000);
  std::size_t sizes = 0;
  for (std::uint32_t group = 0; group < 128; ++group) sizes += table.group_size(group);
  EXPECT_EQ(sizes, 1000u);
  const std::size_t bytes = table.memory_bytes();
  table.reserve_group(5, 3);
  table.reserve_group(5, 0);
  EXPECT_EQ(table.memory_bytes(), bytes);
  table.reserve_group(5, 100000);
  EXPECT_GT(table.memory_bytes(), bytes + 100000 * 2 * sizeof(std::uint64_t));
  for (std::uint64_t key = 0; key < 1000; ++key) ASSERT_EQ(*table.find(key, stable_hash(key)), key + 1);
}

/// Move-only states that own memory, of a size that decides how many cache lines a bucket takes; and plain ones.
template <std::size_t Size>
struct checked_state {
  explicit checked_state(std::uint64_t value) : value(std::make_unique<std::uint64_t>(value)) {}
  std::uint64_t get() const { return *value; }
  void set(std::uint64_t to) { *value = to; }
  std::unique_ptr<std::uint64_t> value;
  char padding[Size] = {};
};
template <>
struct checked_state<0> {
  explicit checked_state(std::uint64_t value) : value(value) {}
  std::uint64_t get() const { return value; }
  void set(std::uint64_t to) { value = to; }
  std::uint64_t value;
};

/// A table in random use while snapshots of it are taken, each compared with a copy of all at its moment.
template <class Key, class State, class MakeKey>
class snapshot_law {
 public:
  snapshot_law(std::uint64_t seed, key_group_range range, key_group_count count, std::uint64_t keys, MakeKey make_key)
      : random_(seed), table_(range, count), count_(count), keys_(keys), make_key_(make_key) {}

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      // Tables grow in some times and shrink in others, and slices come fast or slowly.
      const bool grows = step / 2000 % 2 == 0;
      const std::uint64_t slices = step / 1000 % 3 == 0 ? 20 : 2;
      const std::uint64_t choice = random_() % 100;
      if (choice < slices) {
        slice();
      } else if (choice < (grows ? 30 : 60)) {
        erase();
      } else if (choice < 95) {
        update();
      } else if (choice < 97) {
        look();
      } else if (choice == 97 && random_() % 40 == 0) {
        abandon();
      } else if (!copy_ && random_() % 4 == 0) {
        begin();
      }
    }
    while (copy_ && !testing::Test::HasFatalFailure()) slice();
    expect_table_is_as_model();
    EXPECT_GT(snapshots_, 2) << "the test does not test enough";
  }

 private:
  using model = std::map<Key, std::uint64_t>;

  /// A key of the table's groups and its hash.
  std::pair<Key, std::uint64_t> random_key() {
    for (;;) {
      Key key = make_key_(random_() % keys_);
      const std::uint64_t hash = stable_hash(key);
      if (table_.groups().contains(weir::key_group_of(hash, count_.log2()))) return {std::move(key), hash};
    }
  }

  auto visitor() {
    return [this](std::uint32_t key_group, const auto& key, const State& state) {
      EXPECT_EQ(key_group, weir::key_group_of(stable_hash(key), count_.log2()));
      EXPECT_TRUE(found_.emplace(key, state.get()).second) << "handed over twice";
    };
  }

  void begin() {
    copy_ = model_;
    found_.clear();
    table_.begin_snapshot();
  }

  void abandon() {
    if (random_() % 2 == 0) return begin();
    table_.abandon_snapshot();
    copy_.reset();
  }

  void slice() {
    if (!copy_) return;
    const std::size_t entries = random_() % 64 == 0 ? random_() % 2000 : random_() % 20;
    const std::size_t before = found_.size();
    std::uint32_t group = 0;
    const bool done = table_.snapshot_slice(entries, [&](std::uint32_t key_group, const auto& key, const State& state) {
      EXPECT_LE(group, key_group);
      group = key_group;
      visitor()(key_group, key, state);
    });
    ASSERT_LE(found_.size(), before + entries);
    ASSERT_EQ(table_.in_snapshot(), !done);
    if (!done) return;
    ASSERT_EQ(found_, *copy_);
    ++snapshots_;
    copy_.reset();
    expect_table_is_as_model();
  }

  void erase() {
    const auto [key, hash] = random_key();
    if (State* const state = table_.find(key, hash)) {
      ASSERT_EQ(state->get(), model_.at(key));
      if (copy_ || random_() % 2 == 0) table_.before_change(*state, hash, visitor());
    }
    ASSERT_EQ(table_.erase(key, hash), model_.erase(key) == 1);
  }

  void update() {
    const auto [key, hash] = random_key();
    const std::uint64_t value = random_();
    const auto make = [&] { return State(value / 2); };
    State& state = copy_ || random_() % 2 == 0 ? table_.find_or_create_in_snapshot(key, hash, make, visitor())
                                               : table_.find_or_create(key, hash, make);
    const auto [expected, is_new] = model_.try_emplace(key, value / 2);
    ASSERT_EQ(state.get(), expected->second);
    if (random_() % 4 == 0) return;
    state.set(value);
    expected->second = value;
  }

  void look() {
    const auto [key, hash] = random_key();
    const State* const state = std::as_const(table_).find(key, hash);
    const auto expected = model_.find(key);
    ASSERT_EQ(state != nullptr, expected != model_.end());
    if (state != nullptr) {
      ASSERT_EQ(state->get(), expected->second);
    }
  }

  void expect_table_is_as_model() {
    model seen;
    table_.for_each([&](const auto& key, const State& state) { seen.emplace(key, state.get()); });
    ASSERT_EQ(seen, model_);
    ASSERT_EQ(table_.size(), model_.size());
  }

  std::mt19937_64 random_;
  keyed_table<Key, State> table_;
  key_group_count count_;
  std::uint64_t keys_;
  MakeKey make_key_;
  model model_;
  std::optional<model> copy_;  ///< the model when the running snapshot began
  model found_;                ///< what the running snapshot has handed over
  int snapshots_ = 0;
};

template <class Key, class State, class MakeKey>
void check_law(key_group_range range, key_group_count count, MakeKey make_key) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (const std::uint64_t keys : {4u, 60u, 1500u, 20000u}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", keys " + std::to_string(keys));
      const std::uint64_t in_range = keys * count.value() / range.size();
      snapshot_law<Key, State, MakeKey>(seed, range, count, in_range, make_key).run(keys == 20000 ? 60000 : 20000);
    }
  }
}

template <class Key, class State, class MakeKey>
void check_law_over_ranges(MakeKey make_key) {
  check_law<Key, State>({0, 127}, key_group_count{}, make_key);
  check_law<Key, State>({0, 0}, key_group_count{1}, make_key);
  check_law<Key, State>({3, 6}, key_group_count{8}, make_key);
}

std::string text_of(std::uint64_t value) { return std::string(value % 30, 'a') + std::to_string(value); }

TEST(keyed_table_snapshot, of_integers_equals_a_copy) {
  check_law_over_ranges<std::uint64_t, checked_state<0>>([](std::uint64_t value) { return value; });
}

TEST(keyed_table_snapshot, of_texts_equals_a_copy) { check_law_over_ranges<std::string, checked_state<0>>(text_of); }

TEST(keyed_table_snapshot, of_states_that_only_move_equals_a_copy) {
  check_law_over_ranges<std::uint64_t, checked_state<1>>([](std::uint64_t value) { return value; });
}

TEST(keyed_table_snapshot, of_pairs_with_large_states_equals_a_copy) {
  check_law_over_ranges<std::pair<std::uint32_t, std::string>, checked_state<300>>(
      [](std::uint64_t value) { return std::pair(static_cast<std::uint32_t>(value % 100), text_of(value / 100)); });
}

}  // namespace
