// A table as the cache of rows that lie elsewhere, here in a std::map: nothing that was written is lost, nothing is
// written that did not change, and it keeps to its size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "weir/state/keyed_table.hpp"

namespace weir {
namespace {

/// A table over a map, as an operator uses it.
template <class Key>
class cached_map {
 public:
  using table_type = keyed_table<Key, std::string>;

  explicit cached_map(std::size_t bytes) {
    table_.begin_caching();
    table_.set_cache_bytes(bytes, 16);
  }

  /// The value of `key`, to be changed; made where there is none.
  std::string& at(const Key& key) {
    const std::uint64_t hash = stable_hash(key);
    const auto nothing = [](const auto&...) { ADD_FAILURE() << "it was touched before"; };
    if (touch(key, hash) == nullptr) {
      const auto stored = stored_.find(key);
      if (stored != stored_.end()) {
        table_.find_or_create_in_snapshot(key, hash, [&] { return stored->second; }, nothing);
      }
    }
    return table_.find_or_create_in_snapshot(key, hash, [] { return std::string("new"); }, nothing);
  }

  /// False if a running snapshot leaves too little room.
  bool make_room() {
    return table_.make_room([&](std::uint32_t group, const auto& key, std::string& value, bool changed) {
      EXPECT_EQ(group, key_group_of(stable_hash(key)));
      if (changed) {
        write(Key(key), value);
      } else {
        EXPECT_EQ(stored_.at(Key(key)), value) << "it is not what the store has";
      }
    });
  }
  void write_back() { table_.write_back(writer()); }

  /// Whether all rows of the moment of the running snapshot are in the store.
  bool write_back_slice(std::size_t entries_max) {
    return table_.write_back_slice(entries_max, writer());
  }

  const std::map<Key, std::string>& stored() const { return stored_; }
  std::size_t writes() const { return writes_; }
  table_type& table() { return table_; }

 private:
  std::string* touch(const Key& key, std::uint64_t hash) {
    return table_.in_snapshot() ? table_.touch_in_snapshot(key, hash, writer()) : table_.touch(key, hash);
  }
  auto writer() {
    return [this](std::uint32_t group, const auto& key, std::string& value) {
      EXPECT_EQ(group, key_group_of(stable_hash(key)));
      write(Key(key), value);
    };
  }
  void write(const Key& key, const std::string& value) {
    stored_[key] = value;
    ++writes_;
  }

  table_type table_;
  std::map<Key, std::string> stored_;
  std::size_t writes_ = 0;
};

template <class Key>
Key key_of(std::uint32_t number);
template <>
std::uint64_t key_of(std::uint32_t number) {
  return number;
}
template <>
std::string key_of(std::uint32_t number) {
  return std::string(number % 3 * 10, '-') + std::to_string(number);
}

template <class Key>
void expect_a_map(std::size_t bytes, std::uint32_t keys) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    cached_map<Key> cached(bytes);
    std::map<Key, std::string> expected;
    for (int batch = 0; batch < 200; ++batch) {
      cached.make_room();
      for (std::uint32_t record = 0; record < 100; ++record) {
        const Key key = key_of<Key>(static_cast<std::uint32_t>(random()) % keys);
        const auto made = expected.try_emplace(key, "new").first;
        std::string& found = cached.at(key);
        ASSERT_EQ(found, made->second);
        found = made->second = std::to_string(random());
      }
      if (random() % 16 == 0) {
        cached.write_back();
        ASSERT_EQ(cached.stored(), expected);
      }
    }
    cached.write_back();
    EXPECT_EQ(cached.stored(), expected);
  }
}

TEST(keyed_table_cache, loses_nothing_that_was_written) {
  for (const std::size_t bytes : {0u, 40'000u, 10'000'000u}) {
    expect_a_map<std::uint64_t>(bytes, 3000);
    expect_a_map<std::string>(bytes, 3000);
  }
}

/// Between the slices of snapshots rows are read, changed, made and put out at random; some snapshots are given up.
template <class Key>
void expect_snapshots(std::size_t bytes, std::uint32_t keys) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    cached_map<Key> cached(bytes);
    std::map<Key, std::string> expected;
    std::map<Key, std::string> at_its_moment;
    std::size_t completed = 0;
    const auto complete = [&] {
      ASSERT_EQ(cached.stored(), at_its_moment);
      cached.table().abandon_snapshot();
      ++completed;
    };
    for (int batch = 0; batch < 400; ++batch) {
      if (!cached.make_room()) {
        ASSERT_TRUE(cached.table().in_snapshot());
        while (!cached.write_back_slice(100)) {
        }
        complete();
        ASSERT_TRUE(cached.make_room());
      }
      for (std::uint32_t record = 0; record < 100; ++record) {
        const Key key = key_of<Key>(static_cast<std::uint32_t>(random()) % keys);
        const auto made = expected.try_emplace(key, "new").first;
        std::string& found = cached.at(key);
        ASSERT_EQ(found, made->second);
        found = made->second = std::to_string(random());
      }
      if (!cached.table().in_snapshot()) {
        if (random() % 4 != 0) continue;
        cached.table().begin_snapshot();
        at_its_moment = expected;
      }
      if (random() % 32 == 0) cached.table().abandon_snapshot();
      if (!cached.table().in_snapshot()) continue;
      if (cached.write_back_slice(random() % 500)) complete();
    }
    cached.table().abandon_snapshot();
    cached.write_back();
    EXPECT_EQ(cached.stored(), expected);
    EXPECT_GT(completed, 10u);
  }
}

TEST(keyed_table_cache, brings_the_store_to_what_was_there_when_a_snapshot_began) {
  for (const std::size_t bytes : {0u, 40'000u, 150'000u, 10'000'000u}) {
    SCOPED_TRACE(std::to_string(bytes) + " bytes");
    expect_snapshots<std::uint64_t>(bytes, 3000);
    expect_snapshots<std::string>(bytes, 3000);
  }
}

TEST(keyed_table_cache, keeps_what_has_changed_since_a_snapshot_began) {
  cached_map<std::uint64_t> cached(0);
  cached.at(1) = "then";
  cached.at(2) = "then, too";
  cached.table().begin_snapshot();
  cached.at(1) = "later";
  EXPECT_EQ(cached.stored(), (std::map<std::uint64_t, std::string>{{1, "then"}}));
  cached.make_room();
  EXPECT_EQ(cached.table().size(), 1u) << "of two rows one may go";
  EXPECT_EQ(cached.stored(), (std::map<std::uint64_t, std::string>{{1, "then"}, {2, "then, too"}}));
  cached.table().abandon_snapshot();
  EXPECT_TRUE(cached.make_room());
  EXPECT_EQ(cached.stored().at(1), "later");
}

TEST(keyed_table_cache, says_that_a_snapshot_takes_too_much_room_before_it_grows_for_it) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  cached_map<std::uint64_t> cached(bytes);
  std::uint64_t next = 0;
  for (int batch = 0; batch < 300; ++batch) {
    ASSERT_TRUE(cached.make_room());
    for (int record = 0; record < 100; ++record) cached.at(next++);
  }
  cached.table().begin_snapshot();
  while (!cached.write_back_slice(100)) {
  }
  const std::uint64_t made_since = next;
  for (int batch = 0; cached.make_room(); ++batch) {
    ASSERT_LT(batch, 1000);
    for (int record = 0; record < 100; ++record) cached.at(next++);
  }
  EXPECT_LE(cached.table().memory_bytes(), bytes + 2 * 128 * 64);
  EXPECT_EQ(cached.stored().size(), made_since);
  for (std::uint64_t key = made_since; key < next; ++key) {
    ASSERT_NE(cached.table().find(key, stable_hash(key)), nullptr) << key;
  }
  const std::size_t before = cached.table().size();
  cached.table().abandon_snapshot();
  EXPECT_TRUE(cached.make_room());
  EXPECT_LT(cached.table().size(), before);
}

TEST(keyed_table_cache, says_that_a_snapshot_takes_too_much_room_although_it_once_had_more) {
  cached_map<std::uint64_t> cached(std::size_t{1} << 22);
  std::uint64_t next = 0;
  const auto make_some = [&] {
    for (int record = 0; record < 100; ++record) cached.at(next++);
  };
  for (int batch = 0; batch < 600; ++batch) {
    ASSERT_TRUE(cached.make_room());
    make_some();
  }
  ASSERT_GT(cached.table().size(), 30'000u);
  cached.table().set_cache_bytes(std::size_t{1} << 16, 16);  // a thousand rows, or 64 of a key group
  ASSERT_TRUE(cached.make_room());
  cached.table().begin_snapshot();
  while (!cached.write_back_slice(100)) {
  }
  for (int batch = 0; cached.make_room(); ++batch) {
    ASSERT_LT(batch, 1000);
    make_some();
  }
  EXPECT_LT(cached.table().size(), 64u * 128u);
}

TEST(keyed_table_cache, keeps_nothing_without_room) {
  cached_map<std::uint64_t> cached(0);
  for (std::uint64_t key = 0; key < 1000; ++key) cached.at(key);
  EXPECT_EQ(cached.table().size(), 1000u);
  cached.make_room();
  EXPECT_EQ(cached.table().size(), 0u);
  EXPECT_EQ(cached.stored().size(), 1000u);
}

TEST(keyed_table_cache, keeps_to_its_size) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  cached_map<std::uint64_t> cached(bytes);
  std::mt19937_64 random(7);
  for (int batch = 0; batch < 3000; ++batch) {
    cached.make_room();
    for (int record = 0; record < 100; ++record) cached.at(random() % 100'000);
    ASSERT_LE(cached.table().memory_bytes(), bytes + 128 * 64) << "batch " << batch;
  }
  EXPECT_GE(cached.table().memory_bytes(), bytes / 3) << "it has room for more";
}

TEST(keyed_table_cache, writes_what_has_changed_and_nothing_else) {
  cached_map<std::uint64_t> cached(std::size_t{1} << 24);
  for (std::uint64_t key = 0; key < 1000; ++key) cached.at(key);
  cached.write_back();
  EXPECT_EQ(cached.writes(), 1000u);
  cached.write_back();
  EXPECT_EQ(cached.writes(), 1000u);
  cached.at(3) = "changed";
  cached.at(5000);
  cached.write_back();
  EXPECT_EQ(cached.writes(), 1002u);
  EXPECT_EQ(cached.stored().at(3), "changed");
  cached.at(4) = "changed";
  cached.table().begin_snapshot();
  cached.at(5) = "not in it";
  while (!cached.write_back_slice(100)) {
  }
  cached.table().abandon_snapshot();
  EXPECT_EQ(cached.writes(), 1003u);
  cached.write_back();
  EXPECT_EQ(cached.writes(), 1004u);
  EXPECT_EQ(cached.stored().at(5), "not in it");
}

TEST(keyed_table_cache, remembers_through_growth_what_is_the_same_in_the_store) {
  cached_map<std::uint64_t> cached(std::size_t{1} << 26);
  for (std::uint64_t key = 0; key < 1000; ++key) cached.at(key);
  cached.write_back();
  for (std::uint64_t key = 1000; key < 50'000; ++key) cached.at(key);
  cached.write_back();
  EXPECT_EQ(cached.writes(), 50'000u);
}

TEST(keyed_table_cache, spares_what_is_used) {
  constexpr std::uint64_t hot = 500;
  cached_map<std::uint64_t> cached(std::size_t{1} << 17);
  std::uint64_t next = hot;
  std::size_t missed = 0;
  for (int batch = 0; batch < 300; ++batch) {
    cached.make_room();
    for (std::uint64_t key = 0; key < hot; ++key) {
      if (batch > 1 && cached.table().find(key, stable_hash(key)) == nullptr) ++missed;
      cached.at(key);
    }
    for (int record = 0; record < 100; ++record) cached.at(next++);
  }
  EXPECT_GT(next, hot + 10'000);
  EXPECT_LT(missed, 300 * hot / 20) << "of " << 300 * hot;
}

TEST(keyed_table_cache, looks_everywhere_by_turns_for_what_may_go) {
  for (std::size_t buckets = 1; buckets <= 65'536; buckets *= 2) {
    detail::table_cache::marks marks(buckets);
    const std::size_t parts = buckets < 256 ? 1 : 16;
    std::vector<int> of_bucket(buckets);
    std::vector<int> of_part(parts);
    for (std::size_t step = 0; step < buckets; ++step) {
      marks.move_hand();
      ++of_bucket.at(marks.hand);
      ++of_part.at(marks.hand * parts / buckets);
      // In a 64th of the round, too, no part has much more than its share.
      if (parts > 1 && step == buckets / 64) {
        EXPECT_LE(*std::max_element(of_part.begin(), of_part.end()), static_cast<int>(step / 8 + 1));
      };
    }
    EXPECT_EQ(std::count(of_bucket.begin(), of_bucket.end(), 1), static_cast<std::ptrdiff_t>(buckets)) << "each once a round";
  }
}

TEST(keyed_table_cache, keeps_an_entry_that_could_not_be_written) {
  cached_map<std::uint64_t> cached(0);
  cached.at(1) = "one";
  EXPECT_THROW(cached.table().make_room([](auto&&...) { throw 0; }), int);
  EXPECT_EQ(cached.at(1), "one");
  cached.write_back();
  EXPECT_EQ(cached.stored().at(1), "one");
}

}  // namespace
}  // namespace weir
