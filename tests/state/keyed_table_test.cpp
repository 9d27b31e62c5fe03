#include "weir/state/keyed_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
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

/// A table of these stores their hashes, so that hashes may be made up.
using pair_key = std::pair<int, int>;

TEST(keyed_table, keeps_keys_apart_whose_hashes_are_equal) {
  keyed_table<pair_key, int> table;
  for (int key = 0; key < 1000; ++key) table.find_or_create(pair_key(key, 0), 0xabcdef, [&] { return key; });
  for (int key = 0; key < 1000; ++key) EXPECT_EQ(*table.find(pair_key(key, 0), 0xabcdef), key);
  EXPECT_EQ(table.find(pair_key(0, 1), 0xabcdef), nullptr);
  for (int key = 0; key < 1000; key += 2) EXPECT_TRUE(table.erase(pair_key(key, 0), 0xabcdef));
  for (int key = 0; key < 1000; ++key) EXPECT_EQ(table.find(pair_key(key, 0), 0xabcdef) != nullptr, key % 2 == 1);
}

// With few buckets, each of them is full now and then, so that in time every one has been passed by some key.
TEST(keyed_table, ends_a_search_where_it_began) {
  std::mt19937_64 random(1);
  keyed_table<pair_key, int> table({0, 0}, key_group_count{1});
  std::set<pair_key> model;
  for (int step = 0; step < 100000; ++step) {
    const pair_key key(static_cast<int>(random() % 4), static_cast<int>(random() % 8));
    const std::uint64_t hash = static_cast<std::uint64_t>(key.first) << 7;
    if (model.size() < 6 && random() % 2 == 0) {
      table.find_or_create(key, hash, zero);
      model.insert(key);
    } else if (random() % 2 == 0) {
      ASSERT_EQ(table.erase(key, hash), model.erase(key) == 1);
    } else {
      ASSERT_EQ(table.find(key, hash) != nullptr, model.contains(key));
    }
  }
}

TEST(keyed_table, tells_long_texts_apart_whose_hashes_are_equal) {
  keyed_table<std::string, int> table;
  const auto text = [](int key) { return "a text that is stored elsewhere " + std::to_string(1000 + key); };
  for (int key = 0; key < 100; ++key) table.find_or_create(text(key), 0xabcdef, [&] { return key; });
  for (int key = 0; key < 100; ++key) EXPECT_EQ(*table.find(text(key), 0xabcdef), key);
  EXPECT_EQ(table.find(text(100), 0xabcdef), nullptr);
}

TEST(keyed_table, owns_the_bytes_of_borrowed_keys) {
  keyed_table<std::string_view, int> texts;
  keyed_table<route, int> routes;
  static_assert(std::is_same_v<decltype(texts)::visited_key_type, std::string_view>);
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
  table.for_each([](std::string_view, std::string&) { FAIL() << "an entry without state"; });
}

TEST(keyed_table, can_be_emptied_in_slices) {
  keyed_table<int, int> table;
  for (int key = 0; key < 5000; ++key) table.find_or_create(key, stable_hash(key), [&] { return key; });
  const std::size_t bytes = table.memory_bytes();
  std::size_t left = table.size();
  while (table.clear_some(200)) {
    ASSERT_GE(left - table.size(), 200u);
    ASSERT_LT(left - table.size(), 200u + 200u);
    left = table.size();
    std::size_t met = 0;
    table.for_each([&](int key, int state) {
      EXPECT_EQ(key, state);
      ++met;
    });
    ASSERT_EQ(met, left);
  }
  EXPECT_TRUE(table.empty());
  EXPECT_FALSE(table.clear_some(200));
  EXPECT_EQ(table.memory_bytes(), bytes);
  EXPECT_EQ(table.find(7, stable_hash(7)), nullptr);
  table.find_or_create(7, stable_hash(7), [] { return 1; });
  EXPECT_EQ(table.size(), 1u);
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
  keyed_table<pair_key, int> table;
  std::size_t bytes = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t hash = stable_hash(round) >> 7;  // one group; nine keys of one place fill more than its bucket
    for (int key = 0; key < 9; ++key) table.find_or_create(pair_key(key, round), hash, zero);
    for (int key = 0; key < 9; ++key) ASSERT_TRUE(table.erase(pair_key(key, round), hash));
    if (round == 100) bytes = table.memory_bytes();
  }
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.memory_bytes(), bytes);
}

TEST(keyed_table, grows_its_groups_at_different_sizes) {
  keyed_table<pair_key, int> table;
  std::size_t bytes = table.memory_bytes();
  std::size_t most = 0;
  std::size_t growths = 0;
  for (std::uint64_t i = 0; i < 200000; ++i) {  // the groups are filled in turn
    table.find_or_create(pair_key(0, static_cast<int>(i)), i << 57 | stable_hash(i) >> 7, zero);
    if (table.memory_bytes() != bytes) ++growths;
    bytes = table.memory_bytes();
    if (i % 512 != 511) continue;
    if (i > 20000) most = std::max(most, growths);
    growths = 0;
  }
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, 24u);  // of 128 that are equally full
}

struct wide_key {
  BOOST_HANA_DEFINE_STRUCT(wide_key, (std::uint64_t, first), (std::uint64_t, second), (std::uint64_t, third));
  friend auto operator<=>(const wide_key&, const wide_key&) = default;
};

/// The state of the model; `Size` decides how many cache lines a bucket of the table takes.
template <std::size_t Size>
struct padded {
  std::uint64_t value = 100;
  std::unique_ptr<std::uint64_t> copy = std::make_unique<std::uint64_t>(100);  // must be destroyed once
  char padding[Size] = {};
};
template <>
struct padded<0> {
  std::uint64_t value = 100;
};

template <class State>
void add(State& state, std::uint64_t amount) {
  state.value += amount;
  if constexpr (requires { state.copy; }) *state.copy += amount;
}

template <class State>
std::uint64_t value_of(const State& state) {
  if constexpr (requires { state.copy; }) {
    EXPECT_EQ(*state.copy, state.value);
  }
  return state.value;
}

// Every operation against std::map, over ranges of groups, with more erasures than insertions at times.
template <class Key, class State, class MakeKey>
void compare_with_model(std::uint64_t seed, key_group_range range, key_group_count count, MakeKey make_key) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  keyed_table<Key, State> table(range, count);
  std::map<Key, std::uint64_t> model;
  for (int step = 0; step < 30000; ++step) {
    const Key key = make_key(random() % 3000);
    const std::uint64_t hash = stable_hash(key);
    if (!range.contains(weir::key_group_of(hash, count.log2()))) continue;
    const unsigned phase = static_cast<unsigned>(step / 5000 % 3);
    const std::uint64_t choice = random() % 10;
    if (choice % 3 == 0) {
      table.prefetch(hash);
      table.prefetch_entry(hash);
    }
    if (choice < 2 + phase * 3) {
      ASSERT_EQ(table.erase(key, hash), model.erase(key) == 1);
    } else if (choice < 9) {
      add(table.find_or_create(key, hash, [] { return State(); }), choice);
      model.try_emplace(key, 100).first->second += choice;
    } else {
      const State* const found = table.find(key, hash);
      const auto expected = model.find(key);
      ASSERT_EQ(found != nullptr, expected != model.end());
      if (found != nullptr) {
        ASSERT_EQ(value_of(*found), expected->second);
      }
    }
    if (random() % 8000 == 0) {
      table.clear();
      model.clear();
    }
    ASSERT_EQ(table.size(), model.size());
    if (step % 3000 == 0) {
      std::map<Key, std::uint64_t> seen;
      table.for_each([&](const auto& each, const State& state) {
        EXPECT_TRUE(seen.emplace(each, value_of(state)).second) << "visited twice";
      });
      ASSERT_EQ(seen, model);
    }
  }
}

template <class Key, class MakeKey>
void compare_with_models(MakeKey make_key) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    compare_with_model<Key, padded<0>>(seed, {0, 127}, key_group_count{}, make_key);
    compare_with_model<Key, padded<0>>(seed, {0, 0}, key_group_count{1}, make_key);
    compare_with_model<Key, padded<0>>(seed, {3, 6}, key_group_count{8}, make_key);
    compare_with_model<Key, padded<8>>(seed, {0, 0}, key_group_count{1}, make_key);
    compare_with_model<Key, padded<300>>(seed, {1, 1}, key_group_count{2}, make_key);
  }
}

TEST(keyed_table, of_integers_behaves_like_a_map) {
  compare_with_models<std::uint64_t>([](std::uint64_t value) { return value; });
}

TEST(keyed_table, of_structs_behaves_like_a_map) {
  compare_with_models<wide_key>([](std::uint64_t value) { return wide_key{value % 3, value, value % 7}; });
}

TEST(keyed_table, of_texts_behaves_like_a_map) {
  compare_with_models<std::string>([](std::uint64_t value) {
    // 0 to 40 bytes; keys of one length share all bytes but the last two, or all but the first two.
    std::string text(value % 41, 'a');
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      const char letter = static_cast<char>('a' + value / 82 % 36 / (at == 0 ? 1 : 6) % 6);
      if (at < text.size()) text[value % 2 == 0 ? at : text.size() - 1 - at] = letter;
    }
    return text;
  });
}

TEST(keyed_table, of_texts_tells_apart_what_differs_in_one_byte) {
  keyed_table<std::string_view, std::size_t> table;
  std::vector<std::string> texts;
  for (std::size_t size = 0; size <= 40; ++size) {
    texts.emplace_back(size, 'a');
    for (std::size_t at = 0; at < size; ++at) {
      texts.emplace_back(size, 'a')[at] = 'b';
      texts.emplace_back(size, 'a')[at] = '\0';
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    bool made = false;
    table.find_or_create(std::string_view(texts[i]), stable_hash(texts[i]), [&] { return made = true, i; });
    EXPECT_TRUE(made) << texts[i];
  }
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(*table.find(texts[i], stable_hash(texts[i])), i);
  std::set<std::string> seen;
  table.for_each([&](std::string_view key, std::size_t) { seen.emplace(key); });
  EXPECT_EQ(seen, std::set<std::string>(texts.begin(), texts.end()));
}

struct alignas(256) aligned_state {
  std::uint64_t value = 0;
};

TEST(keyed_table, aligns_states) {
  keyed_table<int, aligned_state> table;
  for (int key = 0; key < 5000; ++key) {
    aligned_state& made = table.find_or_create(key, stable_hash(key), [] { return aligned_state(); });
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&made) % alignof(aligned_state), 0u);
  }
}

TEST(keyed_table, is_worth_prefetching_once_it_outgrows_a_cache) {
  keyed_table<std::uint64_t, std::uint64_t> table;
  std::uint64_t key = 0;
  for (; key < 10000; ++key) table.find_or_create(key, stable_hash(key), zero);
  EXPECT_FALSE(table.worth_prefetching());
  for (; key < 200000; ++key) table.find_or_create(key, stable_hash(key), zero);
  EXPECT_TRUE(table.worth_prefetching());
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
  table.prefetch_entry(stable_hash(1));
}

}  // namespace
