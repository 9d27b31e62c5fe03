// A row store by itself: what was written is read, snapshots hold it as it was, and what has expired goes.
#include "weir/state/row_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/core/error.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

using rows = std::map<std::string, std::string>;

std::string key_of(std::uint32_t group, std::string_view rest) {
  std::string key;
  append_row_group(group, key);
  return key.append(rest);
}

class a_row_store : public ::testing::Test {
 protected:
  std::unique_ptr<row_stores> make_stores(const std::string& working) {
    return linked_rocksdb()({.options = {.backend = state_backend::rocksdb, .memory = std::size_t{8} << 20},
                             .working_directory = working,
                             .checkpoint_directory = directory_ / "checkpoints"});
  }
  static std::unique_ptr<row_store> open(row_stores& stores, std::size_t subtask = 0) {
    return stores.open({.uid = "a uid/of any text", .subtask = subtask, .groups = {0, 127}});
  }
  static rows rows_in(row_store& store, key_group_range groups = {0, 127}) {
    rows found;
    store.scan(groups, [&](std::string_view key, std::string_view row) { found.emplace(key, row); });
    return found;
  }
  /// Where a snapshot would lie, whose shared files are in the directory above.
  std::string snapshot_directory() const { return directory_ / "checkpoints/chk-0000000001"; }

  weir::testing::temporary_directory directory_;
};

TEST_F(a_row_store, reads_what_was_written) {
  const auto stores = make_stores(directory_ / "working");
  const auto store = open(*stores);
  store->put(key_of(1, "one"), "1");
  store->put(key_of(1, "two"), std::string(100'000, '2'));
  store->put(key_of(1, "gone"), "3");
  store->put(key_of(2, ""), "");
  store->write();
  store->erase(key_of(1, "gone"));
  store->erase(key_of(1, "never was"));
  store->write();
  const std::vector<std::string> keys{key_of(1, "gone"), key_of(2, ""), key_of(1, "two"), key_of(2, "two"),
                                      key_of(1, "one")};
  const std::vector<std::string_view> wanted(keys.begin(), keys.end());
  std::map<std::size_t, std::string> found;
  store->read(wanted, [&](std::size_t index, std::string_view row) { found.emplace(index, row); });
  EXPECT_EQ(found, (std::map<std::size_t, std::string>{{1, ""}, {2, std::string(100'000, '2')}, {4, "1"}}));
  EXPECT_EQ(rows_in(*store, {2, 127}), (rows{{key_of(2, ""), ""}}));
}

TEST_F(a_row_store, takes_very_many_rows_in_any_order_within_a_group) {
  const auto stores = make_stores(directory_ / "working");
  const auto store = open(*stores);
  std::mt19937 random(5);
  rows expected;
  for (int round = 0; round < 3; ++round) {
    std::map<std::uint32_t, std::map<std::uint32_t, std::string>> written;  // by group, then in a random order
    for (int i = 0; i < 30'000; ++i) written[random() % 128][random()] = "row " + std::to_string(random() % 40'000);
    for (const auto& [group, in_group] : written) {
      rows once;
      for (const auto& [order, name] : in_group) {
        const std::string key = key_of(group, name + std::string(60, '.'));
        if (!once.emplace(key, "").second) continue;
        if (order % 5 == 0) {
          store->erase(key);
          expected.erase(key);
        } else {
          store->put(key, std::to_string(order));
          expected[key] = std::to_string(order);
        }
      }
    }
    store->write();
    ASSERT_TRUE(rows_in(*store) == expected) << "round " << round;
  }
}

TEST_F(a_row_store, keeps_in_a_snapshot_what_was_there_then) {
  const auto stores = make_stores(directory_ / "working");
  std::string part;
  {
    const auto store = open(*stores);
    store->put(key_of(5, "a"), "then");
    store->put(key_of(100, "b"), "then");
    part = store->snapshot();
    store->put(key_of(5, "a"), "later");
    store->erase(key_of(100, "b"));
    store->snapshot();
  }
  const auto whole = open(*stores, 1);
  whole->restore(part, snapshot_directory(), {0, 127});
  EXPECT_EQ(rows_in(*whole), (rows{{key_of(5, "a"), "then"}, {key_of(100, "b"), "then"}}));
  const auto upper = open(*stores, 2);
  upper->restore(part, snapshot_directory(), {64, 127});
  EXPECT_EQ(rows_in(*upper), (rows{{key_of(100, "b"), "then"}}));
  rows seen;
  stores->scan_part(part, snapshot_directory(), {0, 63},
                    [&](std::string_view key, std::string_view row) { seen.emplace(key, row); });
  EXPECT_EQ(seen, (rows{{key_of(5, "a"), "then"}}));
}

TEST_F(a_row_store, may_lie_on_another_disk_than_its_snapshots) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "there is no second file system";
  const std::string elsewhere = "/dev/shm/" + std::filesystem::path(directory_.path()).filename().string();
  {
    const auto stores = make_stores(elsewhere);
    std::string part;
    {
      const auto store = open(*stores);
      store->put(key_of(5, "a"), "then");
      part = store->snapshot();
      EXPECT_EQ(part, store->snapshot()) << "the same table is the same file";
    }
    EXPECT_EQ(weir::testing::names_in(directory_ / "checkpoints/shared").size(), 1u);
    const auto again = open(*stores);
    again->restore(part, snapshot_directory(), {0, 127});
    EXPECT_EQ(rows_in(*again), (rows{{key_of(5, "a"), "then"}}));
  }
  std::filesystem::remove_all(elsewhere);
}

TEST_F(a_row_store, says_which_file_is_missing_or_damaged) {
  const auto stores = make_stores(directory_ / "working");
  std::string part;
  {
    const auto store = open(*stores);
    for (int i = 0; i < 1000; ++i) store->put(key_of(5, std::to_string(i)), std::string(100, 'x'));
    part = store->snapshot();
  }
  const std::string shared = directory_ / "checkpoints/shared";
  const std::string table = shared + "/" + weir::testing::names_in(shared).at(0);
  const auto failure = [&] {
    try {
      const auto store = open(*stores);
      store->restore(part, snapshot_directory(), {0, 127});
    } catch (const snapshot_damaged& cause) {
      return std::string(cause.what());
    }
    return std::string("it was restored");
  };
  std::filesystem::rename(table, table + ".away");
  EXPECT_THAT(failure(), ::testing::AllOf(::testing::HasSubstr(table), ::testing::HasSubstr("is missing")));
  std::filesystem::rename(table + ".away", table);
  std::filesystem::resize_file(table, std::filesystem::file_size(table) - 1);
  EXPECT_THAT(failure(), ::testing::HasSubstr(table));
  part.resize(part.size() / 2);
  EXPECT_THROW(open(*stores)->restore(part, snapshot_directory(), {0, 127}), snapshot_damaged);
}

TEST_F(a_row_store, drops_expired_rows_while_it_rewrites_its_tables) {
  const auto stores = make_stores(directory_ / "working");
  const auto store = stores->open({.uid = "uid", .subtask = 0, .groups = {0, 127}, .expired = [](std::string_view row) {
                                     return row == "expired";
                                   }});
  for (int i = 0; i < 100; ++i) store->put(key_of(5, std::to_string(i)), i % 2 == 0 ? "expired" : "fresh");
  // Snapshots make tables, and several tables are rewritten into one, by threads of the database.
  for (int i = 0; i < 1000 && rows_in(*store).size() > 51; ++i) {
    store->put(key_of(5, "more"), std::to_string(i));
    store->snapshot();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(rows_in(*store).size(), 51u);
}

}  // namespace
}  // namespace weir::detail
