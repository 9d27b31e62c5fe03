// Joins, sessions, and functions beside broadcast records, whose rows lie in RocksDB, or move between it and the heap at each snapshot,
// give what they give on the heap.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct row {
  BOOST_HANA_DEFINE_STRUCT(row, (std::string, key), (std::int64_t, number));
};

std::string text_of(const row* left, const row* right) {
  return (left == nullptr ? "-" : std::to_string(left->number)) + "," + (right == nullptr ? "-" : std::to_string(right->number));
}

struct setting {
  state_backend backend;
  std::size_t memory;
  bool moves;  ///< at each snapshot to any backend
};

/// The results, sorted, of random records, watermarks and snapshots. After a snapshot event time goes on where it was.
template <class Join>
std::vector<std::string> results_of(std::uint32_t seed, const setting& kept, Join join) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t bound) { return static_cast<std::int64_t>(random() % bound); };
  const temporary_directory directory;
  posix_storage disk;
  auto harness = co_operator_harness<row, row>(
      [&](auto left, auto right) { return join(std::move(left) | key_by(&row::key), std::move(right)); },
      {.slots = 2,
       .storage = &disk,
       .snapshots = true,
       .state = {.backend = kept.backend, .directory = directory.path(), .memory = kept.memory}});
  std::int64_t now = 0;
  for (std::int64_t step = 0; step < 120; ++step) {
    const std::int64_t chosen = below(20);
    if (chosen < 16) {
      const std::int64_t ms = now + below(30);
      const row given{"key-" + std::to_string(below(60)), step};
      below(2) == 0 ? harness.left(given, std::chrono::milliseconds(ms)) : harness.right(given, std::chrono::milliseconds(ms));
    } else if (chosen < 19) {
      now += below(10);
      harness.watermark(std::chrono::milliseconds(now));
    } else {
      const bool on_heap = below(2) == 0;
      const auto slots = static_cast<std::size_t>(1 + below(4));
      if (kept.moves) harness.keep_state_in(on_heap ? state_backend::heap : state_backend::rocksdb);
      harness.snapshot_restore(slots);
      harness.watermark(std::chrono::milliseconds(now));
    }
  }
  harness.end();
  std::vector<std::string> results = harness.values();
  std::sort(results.begin(), results.end());
  return results;
}

template <class Join>
void expect_the_same_everywhere(Join join) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    const auto on_heap = results_of(seed, {state_backend::heap, 0, false}, join);
    EXPECT_GT(on_heap.size(), 5u);
    EXPECT_EQ(results_of(seed, {state_backend::rocksdb, 1, false}, join), on_heap) << "no room, seed " << seed;
    EXPECT_EQ(results_of(seed, {state_backend::rocksdb, std::size_t{64} << 20, false}, join), on_heap) << "seed " << seed;
    EXPECT_EQ(results_of(seed, {state_backend::rocksdb, 1, true}, join), on_heap) << "moving, seed " << seed;
  }
}

/// The right stream with the key of the left one.
auto with_key = [](auto left, auto right) { return connect(std::move(left), std::move(right) | key_by(&row::key)); };

TEST(joins_in_rocksdb, by_interval) {
  expect_the_same_everywhere([](auto left, auto right) {
    return with_key(std::move(left), std::move(right)) |
           interval_join<"join">(between(-20ms, 30ms), [](const row& l, const row& r) { return text_of(&l, &r); });
  });
}
TEST(joins_in_rocksdb, by_interval_with_what_has_no_partner) {
  expect_the_same_everywhere([](auto left, auto right) {
    return with_key(std::move(left), std::move(right)) | interval_full_join<"join">(between(-20ms, 30ms), text_of);
  });
}
TEST(joins_in_rocksdb, by_version) {
  expect_the_same_everywhere([](auto left, auto right) {
    return with_key(std::move(left), std::move(right)) |
           temporal_left_join<"join">([](const row& l, const row* r) { return text_of(&l, r); });
  });
}
/// "key-7 20 31 3".
auto session_texts() {
  return map([](const window_result<std::string, std::int64_t>& each) {
    return each.key + " " + std::to_string(epoch_ms(each.window_start)) + " " +
           std::to_string(epoch_ms(each.window_end)) + " " + std::to_string(each.value);
  });
}
TEST(sessions_in_rocksdb, of_two_streams) {
  expect_the_same_everywhere([](auto left, auto right) {
    return with_key(std::move(left), std::move(right)) | window(session(8ms)) | aggregate<"sessions">(count()) |
           session_texts();
  });
}
TEST(sessions_in_rocksdb, whose_senders_aggregate_first) {
  expect_the_same_everywhere([](auto left, auto right) {
    return std::move(left) | union_(std::move(right)) | key_by(&row::key) | window(session(25ms)) |
           aggregate<"sessions">(count()) | session_texts();
  });
}

/// Changes the rows of all keys with each broadcast record, and drops some.
struct tally {
  BOOST_HANA_DEFINE_STRUCT(tally, (broadcast_map_state<std::string, std::int64_t>, sums), (value_state<std::int64_t>, seen));
  using output_type = std::string;
  void process_element(const row& r, auto&, auto& out) {
    seen = seen.value_or(0) + 1;
    out(r.key + " " + std::to_string(*seen) + " " + std::to_string(sums.contains("all") ? *sums.get("all") : 0));
  }
  void process_broadcast_element(const row& r, auto& context, auto&) {
    context.write(sums)["all"] += r.number;
    context.apply_to_keyed_state([&](const std::string&) {
      if (*seen % 5 == 0) {
        seen.clear();
      } else if (*seen % 2 == 0) {
        seen = *seen + r.number % 3;
      }
    });
  }
};
TEST(broadcast_in_rocksdb, changes_rows_wherever_they_are) {
  expect_the_same_everywhere([](auto left, auto right) {
    return connect(std::move(left), std::move(right) | broadcast()) | broadcast_process<"tally">(tally{}, bounded_keys(60));
  });
}

}  // namespace
}  // namespace weir::testing
