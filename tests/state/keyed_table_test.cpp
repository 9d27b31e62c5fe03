#include "weir/state/keyed_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using weir::key_group_count;
using weir::key_group_range;
using weir::keyed_table;
using weir::stable_hash;

struct route {
  BOOST_HANA_DEFINE_STRUCT(route, (std::string_view, origin), (std::string_view, destination));
};

const auto zero = [] { return 0; };

TEST(keyed_table, creates_a_state_once) {
  keyed_table<int, int> table;
  EXPECT_EQ(table.find(7, stable_hash(7)), nullptr);
  table.find_or_create(7, stable_hash(7), [] { return 40; }) += 2;
  EXPECT_EQ(table.find_or_create(7, stable_hash(7), [] { return 1000; }), 42);
  EXPECT_EQ(*std::as_const(table).find(7, stable_hash(7)), 42);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(table.erase(7, stable_hash(7)));
  EXPECT_FALSE(table.erase(7, stable_hash(7)));
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.find(7, stable_hash(7)), nullptr);
}

TEST(keyed_table, keeps_keys_apart_whose_hashes_are_equal) {
  keyed_table<std::string, int> table;  // stores the hash, so that it may be made up
  for (int key = 0; key < 30; ++key) table.find_or_create(std::to_string(key), 0xabcdef, [&] { return key; });
  for (int key = 0; key < 30; ++key) EXPECT_EQ(*table.find(std::to_string(key), 0xabcdef), key);
  EXPECT_EQ(table.find(std::string("30"), 0xabcdef), nullptr);
}

TEST(keyed_table, owns_the_bytes_of_borrowed_keys) {
  keyed_table<std::string_view, int> texts;
  keyed_table<route, int> routes;
  static_assert(std::is_same_v<decltype(texts)::stored_key_type, std::string>);
  {
    std::string origin = "a name too long for the small string buffer";
    std::string destination = "another name too long for the small string buffer";
    texts.find_or_create(std::string_view(origin), stable_hash(origin), zero) = 1;
    const route key{origin, destination};
    routes.find_or_create(key, stable_hash(key), zero) = 2;
    origin.assign(origin.size(), '?');
    destination.assign(destination.size(), '?');
  }
  const std::string origin = "a name too long for the small string buffer";
  const std::string destination = "another name too long for the small string buffer";
  ASSERT_NE(texts.find(std::string_view(origin), stable_hash(origin)), nullptr);
  EXPECT_EQ(*texts.find(origin, stable_hash(origin)), 1);  // a std::string finds it as well
  const route key{origin, destination};
  ASSERT_NE(routes.find(key, stable_hash(key)), nullptr);
  EXPECT_EQ(*routes.find(key, stable_hash(key)), 2);
  const route other{destination, origin};
  EXPECT_EQ(routes.find(other, stable_hash(other)), nullptr);
}

struct counted_key {
  BOOST_HANA_DEFINE_STRUCT(counted_key, (std::optional<int>, part), (std::pair<int, std::string>, rest));
};

TEST(keyed_table, compares_records_member_by_member) {
  keyed_table<counted_key, int> table;
  for (int i = 0; i < 100; ++i) {
    const counted_key key{i % 3 == 0 ? std::nullopt : std::optional(i % 3), {i % 5, std::to_string(i % 7)}};
    ++table.find_or_create(key, stable_hash(key), zero);
  }
  EXPECT_EQ(table.size(), 100u);  // 3 * 5 * 7 combinations, the first 100 of which differ
  const counted_key key{std::nullopt, {0, "0"}};
  EXPECT_EQ(*table.find(key, stable_hash(key)), 1);
}

class unmovable_default {
 public:
  explicit unmovable_default(int value) : value_(std::make_unique<int>(value)) {}
  int& value() { return *value_; }

 private:
  std::unique_ptr<int> value_;
};

TEST(keyed_table, takes_states_that_only_move_and_have_no_default) {
  keyed_table<int, unmovable_default> table;
  for (int key = 0; key < 5000; ++key) {
    table.find_or_create(key, stable_hash(key), [&] { return unmovable_default(key); });
  }
  for (int key = 0; key < 5000; ++key) ASSERT_EQ(table.find(key, stable_hash(key))->value(), key);
}

TEST(keyed_table, is_unchanged_when_making_a_state_throws) {
  keyed_table<std::string, std::string> table;
  const auto fail = []() -> std::string { throw std::runtime_error("no state"); };
  for (int round = 0; round < 100; ++round) {
    const std::string key = "key " + std::to_string(round);
    EXPECT_THROW(table.find_or_create(key, stable_hash(key), fail), std::runtime_error);
    EXPECT_EQ(table.find(key, stable_hash(key)), nullptr);
  }
  EXPECT_TRUE(table.empty());
  table.for_each([](const std::string&, std::string&) { FAIL() << "an entry without state"; });
}

TEST(keyed_table, takes_memory_only_for_key_groups_in_use_and_keeps_it_when_cleared) {
  keyed_table<std::uint64_t, std::uint64_t> table;
  const std::size_t unused = table.memory_bytes();
  table.find_or_create(1u, stable_hash(1u), zero);
  const std::size_t one = table.memory_bytes() - unused;
  EXPECT_GT(one, 0u);
  EXPECT_LE(one, 200u);
  for (std::uint64_t key = 0; key < 10000; ++key) table.find_or_create(key, stable_hash(key), zero);
  const std::size_t filled = table.memory_bytes();
  table.clear();
  EXPECT_EQ(table.memory_bytes(), filled);
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.find(std::uint64_t{1}, stable_hash(1u)), nullptr);
  for (std::uint64_t key = 0; key < 10000; ++key) table.find_or_create(key, stable_hash(key), zero);
  EXPECT_EQ(table.memory_bytes(), filled);
}

TEST(keyed_table, does_not_grow_when_keys_come_and_go) {
  keyed_table<std::string, int> table;
  std::size_t bytes = 0;
  for (int round = 0; round < 2000; ++round) {
    // Nine keys of one place fill its bucket, so that erasing them leaves marks there that only a sweep removes.
    const std::uint64_t hash = stable_hash(round) >> 7;
    for (int key = 0; key < 9; ++key) table.find_or_create(std::to_string(key), hash, zero);
    for (int key = 0; key < 9; ++key) ASSERT_TRUE(table.erase(std::to_string(key), hash));
    if (round == 100) bytes = table.memory_bytes();
  }
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.memory_bytes(), bytes);
}

TEST(keyed_table, grows_its_groups_at_different_sizes) {
  keyed_table<std::string, int> table;  // whose hashes are stored, so that they may be made up
  std::size_t bytes = table.memory_bytes();
  std::size_t most = 0;
  std::size_t growths = 0;
  for (std::uint64_t i = 0; i < 200000; ++i) {  // the groups are filled in turn
    table.find_or_create(std::to_string(i), i << 57 | stable_hash(i) >> 7, zero);
    if (table.memory_bytes() != bytes) ++growths;
    bytes = table.memory_bytes();
    if (i % 512 != 511) continue;
    if (i > 20000) most = std::max(most, growths);
    growths = 0;
  }
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, 24u);  // of 128 that are equally full
}

// Every operation against std::unordered_map, over ranges of groups, with more erasures than insertions at times.
template <class Key, class MakeKey>
void compare_with_model(std::uint64_t seed, key_group_range range, key_group_count count, MakeKey make_key) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  keyed_table<Key, std::uint64_t> table(range, count);
  std::unordered_map<Key, std::uint64_t> model;
  for (int step = 0; step < 30000; ++step) {
    const Key key = make_key(random() % 3000);
    const std::uint64_t hash = stable_hash(key);
    if (!range.contains(weir::key_group_of(hash, count.log2()))) continue;
    const unsigned phase = static_cast<unsigned>(step / 5000 % 3);
    const std::uint64_t choice = random() % 10;
    if (choice < 2 + phase * 3) {
      ASSERT_EQ(table.erase(key, hash), model.erase(key) == 1);
    } else if (choice < 9) {
      table.find_or_create(key, hash, [] { return std::uint64_t{100}; }) += choice;
      model.try_emplace(key, 100).first->second += choice;
    } else {
      const std::uint64_t* const found = table.find(key, hash);
      const auto expected = model.find(key);
      ASSERT_EQ(found != nullptr, expected != model.end());
      if (found != nullptr) {
        ASSERT_EQ(*found, expected->second);
      }
    }
    if (random() % 8000 == 0) {
      table.clear();
      model.clear();
    }
    ASSERT_EQ(table.size(), model.size());
    if (step % 3000 == 0) {
      std::map<Key, std::uint64_t> seen;
      table.for_each([&](const Key& each, std::uint64_t& state) {
        EXPECT_TRUE(seen.emplace(each, state).second) << "visited twice";
      });
      ASSERT_EQ(seen, (std::map<Key, std::uint64_t>(model.begin(), model.end())));
    }
  }
}

TEST(keyed_table, behaves_like_a_map) {
  const auto number = [](std::uint64_t value) { return value; };
  const auto text = [](std::uint64_t value) { return "a key of some length " + std::to_string(value); };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    compare_with_model<std::uint64_t>(seed, {0, 127}, key_group_count{}, number);
    compare_with_model<std::uint64_t>(seed, {0, 0}, key_group_count{1}, number);
    compare_with_model<std::uint64_t>(seed, {3, 6}, key_group_count{8}, number);
    compare_with_model<std::string>(seed, {0, 127}, key_group_count{}, text);
    compare_with_model<std::string>(seed, {1, 1}, key_group_count{2}, text);
  }
}

TEST(keyed_table, is_visited_in_chunks_of_the_size_asked_for) {
  for (const std::size_t chunk : {1u, 3u, 8u, 64u, 1000u, 5000u}) {
    keyed_table<int, int> table;
    for (int key = 0; key < 1000; ++key) table.find_or_create(key, stable_hash(key), zero);
    keyed_table<int, int>::cursor cursor;
    std::set<int> seen;
    std::uint32_t group = 0;
    bool more = true;
    while (more) {
      std::size_t visited = 0;
      std::vector<int> to_erase;
      more = table.visit(cursor, chunk, [&](const int& key, int&) {
        EXPECT_TRUE(seen.insert(key).second) << key << " visited twice";
        EXPECT_LE(group, weir::key_group_of(stable_hash(key)));
        group = weir::key_group_of(stable_hash(key));
        ++visited;
        if (key % 2 == 0) to_erase.push_back(key);
      });
      EXPECT_EQ(visited, more ? chunk : visited);
      EXPECT_LE(visited, chunk);
      for (const int key : to_erase) table.erase(key, stable_hash(key));
    }
    EXPECT_EQ(seen.size(), 1000u);
    EXPECT_EQ(table.size(), 500u);
    EXPECT_FALSE(table.visit(cursor, chunk, [](const int&, int&) { FAIL(); }));
  }
}

TEST(keyed_table, is_visited_to_the_end_when_what_lies_ahead_is_erased) {
  keyed_table<int, int> table;
  for (int key = 0; key < 1000; ++key) table.find_or_create(key, stable_hash(key), zero);
  keyed_table<int, int>::cursor cursor;
  std::size_t visited = 0;
  EXPECT_TRUE(table.visit(cursor, 3, [&](const int&, int&) { ++visited; }));
  for (int key = 0; key < 1000; ++key) {
    if (weir::key_group_of(stable_hash(key)) < 120) table.erase(key, stable_hash(key));
  }
  const std::size_t ahead = table.size();
  EXPECT_FALSE(table.visit(cursor, 1000, [&](const int&, int&) { ++visited; }));
  EXPECT_EQ(visited, 3 + ahead);
}

TEST(keyed_table, of_no_entries_has_nothing_to_visit) {
  keyed_table<int, int> table;
  keyed_table<int, int>::cursor cursor;
  EXPECT_FALSE(table.visit(cursor, 10, [](const int&, int&) { FAIL(); }));
  table.prefetch(stable_hash(1));
}

}  // namespace
