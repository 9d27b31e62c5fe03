// The rows of an operator above a store, as an operator uses them: whatever is read, changed, made, emptied and put out
// between the slices of a snapshot, the snapshot holds what the rows were when it began.
#include "weir/dsl/stored_rows.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/runtime/map_row_store.hpp"
#include "weir/core/hash.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/metrics.hpp"
#include "weir/testkit/manual_clock.hpp"

namespace weir::testing {
namespace {

using contents = std::map<std::uint64_t, std::string>;

/// A row that may be empty: there is none then.
struct text_row {
  std::string text;

  bool empty() const noexcept { return text.empty(); }
  void encode_to(std::string& out) const { encode(text, out); }
  void decode_from(std::string_view& in) { decode_into(in, text); }
};

struct keys_of_batch {
  struct meta_type {
    std::uint64_t hash;
  };
  std::vector<std::uint64_t> keys;

  const std::uint64_t& record(std::size_t position) const { return keys[position]; }
  meta_type meta(std::size_t position) const { return {stable_hash(keys[position])}; }
};

/// One operator of one subtask.
class rows_under_test {
 public:
  explicit rows_under_test(const map_row_store_options& options) : stores_(options) {
    of_.operators.resize(1);
    metrics_.operators = std::vector<detail::operator_metrics>(1);
    context_.of = &of_;
    context_.clock = &clock_;
    context_.metrics = &metrics_;
    context_.checkpoints = &mailbox_;
    context_.stores = &stores_;
    whole_.emplace(context_);
    detail::operator_context context{context_, metrics_.operators[0], shared_};
    rows_.open(context, table_, nullptr);
  }

  void fetch(keys_of_batch& batch) {
    const auto key_of = [](const std::uint64_t& key) -> const std::uint64_t& { return key; };
    rows_.fetch(key_of, batch, 0, batch.keys.size(), make);
  }
  /// The row of a key that was fetched, to be changed.
  std::string& at(std::uint64_t key) {
    const std::uint64_t hash = stable_hash(key);
    if (!table_.in_snapshot()) return table_.find_or_create(key, hash, make).text;
    const auto nothing = [](const auto&...) { ADD_FAILURE() << "it was fetched before"; };
    return table_.find_or_create_in_snapshot(key, hash, make, nothing).text;
  }

  bool in_snapshot() const { return table_.in_snapshot(); }
  void begin_snapshot() { rows_.begin_snapshot({*whole_, 0}); }
  void abandon_snapshot() { table_.abandon_snapshot(); }
  bool snapshot_slice() { return rows_.snapshot_slice(); }

  /// The rows of a snapshot that is complete; none if no other is since the last call.
  std::optional<contents> take_snapshot() {
    const std::optional<detail::checkpoint_message> message = mailbox_.take();
    if (!message) return std::nullopt;
    contents rows;
    stores_.scan_part(message->block.bytes, "", table_.groups(), [&](std::string_view key, std::string_view row) {
      key.remove_prefix(detail::row_group_bytes);
      decode_into(row, rows[decode<std::uint64_t>(key)]);
    });
    return rows;
  }

 private:
  static text_row make() { return {}; }

  manual_clock clock_;
  detail::stage of_;
  detail::stage_metrics metrics_;
  detail::shared_operator_state shared_;
  detail::checkpoint_mailbox mailbox_;
  map_row_stores stores_;
  detail::subtask_context context_;
  std::optional<detail::subtask_snapshot> whole_;
  keyed_table<std::uint64_t, text_row> table_;
  detail::stored_rows<std::uint64_t, text_row> rows_;
};

contents without_empty(const contents& rows) {
  contents left = rows;
  std::erase_if(left, [](const auto& row) { return row.second.empty(); });
  return left;
}

struct counted_snapshots {
  int in_slices = 0;
  int for_room = 0;
};

counted_snapshots expect_snapshots(std::size_t cache_bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  const std::uint32_t slices_in = seed % 2 == 0 ? 2 : 10;
  rows_under_test rows({.cache_bytes = cache_bytes, .prepared_in = 10});
  contents expected;
  contents at_barrier;
  counted_snapshots seen;
  const auto look = [&](int& kind) {
    const std::optional<contents> taken = rows.take_snapshot();
    if (!taken) return;
    EXPECT_EQ(*taken, at_barrier);
    EXPECT_FALSE(rows.in_snapshot());
    ++kind;
  };
  for (int step = 0; step < 400 && !::testing::Test::HasFailure(); ++step) {
    keys_of_batch batch;
    for (std::uint32_t left = random() % 200; left > 0; --left) batch.keys.push_back(random() % 4000);
    rows.fetch(batch);
    look(seen.for_room);
    for (const std::uint64_t key : batch.keys) {
      std::string& found = rows.at(key);
      EXPECT_EQ(found, expected[key]) << "key " << key;
      const std::uint32_t chosen = random() % 4;
      if (chosen == 0) found.clear();
      if (chosen > 1) found = std::to_string(random());
      expected[key] = found;
    }
    if (!rows.in_snapshot() && random() % 4 == 0) {
      rows.begin_snapshot();
      at_barrier = without_empty(expected);
    }
    if (random() % 50 == 0) rows.abandon_snapshot();
    if (random() % slices_in == 0) {
      const bool done = rows.snapshot_slice();
      EXPECT_EQ(done, !rows.in_snapshot());
    }
    look(seen.in_slices);
  }
  return seen;
}

TEST(stored_rows, put_into_a_snapshot_what_they_were_when_it_began) {
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{100'000}, std::size_t{1} << 24}) {
    SCOPED_TRACE(std::to_string(cache_bytes) + " bytes");
    counted_snapshots all;
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      const counted_snapshots seen = expect_snapshots(cache_bytes, seed);
      all.in_slices += seen.in_slices;
      all.for_room += seen.for_room;
    }
    EXPECT_GT(all.in_slices, 10);
    if (cache_bytes < 1'000'000) {
      EXPECT_GT(all.for_room, 10);
    }
  }
}

}  // namespace
}  // namespace weir::testing
