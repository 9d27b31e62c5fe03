#pragma once
// Rows that are larger than memory: joins the keyed table of an operator with the row store under it, where the job has
// one (state/row_store.hpp). Before a batch the rows of its keys are fetched at once, so that processing a record is
// the same as without a store: a row that is not in the table is none. Used by operators with a row per key.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/state_conversion.hpp"
#include "weir/state/ttl.hpp"

namespace weir::detail {

/// The groups that both have; nothing if there are none.
std::optional<key_group_range> common_groups(key_group_range left, key_group_range right);

/// Mean bytes of a row, of late.
class mean_row_bytes {
 public:
  void add(std::size_t bytes) noexcept;
  std::size_t get() const noexcept { return rows_ == 0 ? 0 : bytes_ / rows_; }

 private:
  std::size_t bytes_ = 0;
  std::size_t rows_ = 0;
};

/// What it holds whatever the types: the store, and memory that is kept between calls.
class stored_rows_base {
 protected:
  stored_rows_base();
  stored_rows_base(const stored_rows_base&) = delete;
  stored_rows_base& operator=(const stored_rows_base&) = delete;
  ~stored_rows_base();

  /// Whether the job keeps rows in stores.
  bool has_stores(const operator_context& context);
  /// Opens that of an operator whose rows have these key groups. `expired` may be empty.
  void open_store(operator_context& context, key_group_range groups, std::function<bool(std::string_view)> expired);

  /// No rows are missing.
  void begin_fetch() noexcept;
  /// The bytes of a key are about to be appended to `keys_` for the record at `position`.
  void begin_missing(std::size_t position, std::uint32_t key_group);
  /// Reads the rows that are missing; `found` gets the place in `missing_` of those that exist.
  void read_missing(const row_store::found_visitor& found);

  /// Whether the cache should have another size, which is then in cache_bytes_ and owned_bytes_.
  bool cache_should_change(std::size_t owned);

  /// Calls `take` for the rows of this subtask's key groups that files of the snapshot hold.
  void scan_parts(const operator_restore& from, const row_store::row_visitor& take) const;
  /// Takes them up into the store.
  void restore_parts(const operator_restore& from);

  row_stores* stores_ = nullptr;
  std::unique_ptr<row_store> store_;
  std::size_t cache_bytes_ = static_cast<std::size_t>(-1);
  std::size_t owned_bytes_ = 0;
  mean_row_bytes row_bytes_;
  // What follows keeps its memory between calls.
  std::string key_;
  std::string row_;
  std::string keys_;  // of the rows that are missing, one behind the other
  std::vector<std::size_t> key_begins_;
  std::vector<std::string_view> views_;
  std::vector<std::size_t> missing_;  // positions in the batch
};

/// Opened with an operator; does nothing where its rows are kept on the heap, except that it restores them.
template <class Key, class State>
class stored_rows : stored_rows_base {
  using table_type = keyed_table<Key, State>;

 public:
  /// Where states expire, `expiry` is the step that they are looked at in.
  void open(operator_context& context, table_type& table, const ttl_step* expiry) {
    table_ = &table;
    expiry_ = expiry;
    if (!has_stores(context)) return;
    std::function<bool(std::string_view)> expired;
    if constexpr (can_expire) {
      if (expiry != nullptr) {
        expired = [step = *expiry, clock = context.subtask.clock](std::string_view row) mutable {
          step.now = clock->now();
          State state;
          decode_state(row, state);
          state.drop_expired(step);
          return state.empty();
        };
      }
    }
    open_store(context, table.groups(), std::move(expired));
    table.begin_caching();
  }

  /// Whether there is a store.
  explicit operator bool() const noexcept { return store_ != nullptr; }

  /// Puts the rows of the records [from, to) into the table, and those out that there is no more room for. `make()`
  /// makes the state that is decoded into.
  template <class Selector, class Batch, class Make>
  [[gnu::noinline]] void fetch(const Selector& selector, Batch& input, std::size_t from, std::size_t to, Make&& make) {
    make_room();
    begin_fetch();
    for (std::size_t position = from; position < to; ++position) {
      if (position + records_ahead < to) table_->prefetch_touch(input.meta(position + records_ahead).hash);
      if constexpr (requires { selector.has_key(std::as_const(input.record(position))); }) {
        if (!selector.has_key(std::as_const(input.record(position)))) continue;
      }
      const Key& key = selector(std::as_const(input.record(position)));
      const std::uint64_t hash = input.meta(position).hash;
      if (touch(key, hash) != nullptr) continue;
      begin_missing(position, key_group_of(hash));
      encode(key, keys_);
    }
    if (missing_.empty()) return;
    read_missing([&](std::size_t index, std::string_view row) {
      const std::size_t position = missing_[index];
      const Key& key = selector(std::as_const(input.record(position)));
      take(key, input.meta(position).hash, row, make);
    });
  }

  /// Puts the row of one key into the table, if there is one. Other rows stay where they are unless the table grows.
  template <class Make>
  [[gnu::noinline]] void fetch_one(const Key& key, std::uint64_t hash, Make&& make) {
    if (touch(key, hash) != nullptr) return;
    keys_.clear();
    append_row_group(key_group_of(hash), keys_);
    encode(key, keys_);
    const std::string_view wanted = keys_;
    store_->read({&wanted, 1}, [&](std::size_t, std::string_view row) { take(key, hash, row, make); });
  }

  /// Moves rows out of the table as far as it holds too many. A snapshot whose rows would not leave room for others is
  /// completed for that.
  [[gnu::noinline]] void make_room() {
    if (!table_->in_snapshot() && cache_should_change(owns_memory ? row_bytes_.get() : 0)) {
      table_->set_cache_bytes(cache_bytes_, owned_bytes_);
    }
    if (!table_->is_crowded()) return;
    if (!move_out()) {
      complete_snapshot();
      move_out();
    }
    store_->write();
  }

  // The rows as they are at a barrier become the operator's share of a snapshot: those that have changed are written
  // slice by slice, or as soon as they are about to change again. Until the store has made its snapshot nothing that is
  // newer is written.

  void begin_snapshot(const operator_snapshot& out) {
    snapshot_ = out;
    table_->begin_snapshot();
  }
  /// True when all is done, or no snapshot is running.
  bool snapshot_slice() {
    if (!table_->in_snapshot()) return true;
    if (!table_->write_back_slice(rows_per_slice, writer()) || !store_->prepare_snapshot()) return false;
    end_snapshot();
    return true;
  }

  /// Takes up the rows of a snapshot, wherever they were kept then and are kept now; those of older code are converted.
  /// Where they come into the table, `taken(key, hash, state)` sees each.
  template <class Make, class Taken>
  void restore(const operator_restore& from, Make&& make, Taken&& taken) {
    if (store_ == nullptr) {
      from.each_block_of_rows([&](const snapshot_block& block) { take_rows(block, from, *table_, make, taken); });
      std::size_t rows = 0;
      scan_parts(from, [&](std::string_view key_bytes, std::string_view row) {
        key_bytes.remove_prefix(row_group_bytes);
        const Key key = decode<Key>(key_bytes);
        const std::uint64_t hash = stable_hash(key);
        State& state = table_->find_or_create(key, hash, make);
        decode_restored(row, state, from, row_);
        taken(key, hash, state);
        if (++rows % rows_per_slice == 0) from.taken_some();
      });
      return;
    }
    restore_parts(from);
    from.each_block_of_rows([&](const snapshot_block& block) { put_rows(block, from, make); });
    store_->write();
  }

  /// Calls `visit(key, hash, state)` for every row of the store.
  template <class Make, class Visit>
  void each_stored(Make&& make, Visit&& visit) {
    store_->scan(table_->groups(), [&](std::string_view key_bytes, std::string_view row) {
      key_bytes.remove_prefix(row_group_bytes);
      const Key key = decode<Key>(key_bytes);
      State state = make();
      decode_state(row, state);
      visit(key, stable_hash(key), state);
    });
  }

  /// Calls `visit(key, state)` for every row of one key group, wherever it lies, and removes them all: nothing of the
  /// group is asked for again.
  template <class Make, class Visit>
  void take_group(std::uint32_t group, Make&& make, Visit&& visit) {
    complete_snapshot();
    table_->write_back(writer());
    store_->write();
    std::vector<std::string> taken;
    store_->scan({group, group}, [&](std::string_view key_bytes, std::string_view row) {
      std::string_view in = key_bytes;
      in.remove_prefix(row_group_bytes);
      const Key key = decode<Key>(in);
      State state = make();
      decode_state(row, state);
      visit(key, std::as_const(state));
      taken.emplace_back(key_bytes);
    });
    for (const std::string& key_bytes : taken) store_->erase(key_bytes);
    store_->write();
  }

  /// Calls `change(key, state)` for every row, wherever it lies; the table holds the same rows afterwards.
  template <class Make, class Change>
  void change_each(Make&& make, Change&& change) {
    complete_snapshot();
    table_->write_back(writer());
    store_->scan(table_->groups(), [&](std::string_view key_bytes, std::string_view row) {
      std::string_view in = key_bytes;
      in.remove_prefix(row_group_bytes);
      const Key key = decode<Key>(in);
      if (State* const held = table_->touch(key, stable_hash(key))) {
        change(key, *held);
        return;
      }
      State state = make();
      in = row;
      decode_state(in, state);
      change(key, state);
      put_changed(key_bytes, row, state);
    });
    store_->write();
  }

 private:
  /// Records between a prefetch and the lookup, as in runtime/lookahead.hpp.
  static constexpr std::size_t records_ahead = 24;
  static constexpr bool can_expire = requires(State& state, const ttl_step& step) { state.drop_expired(step); };
  static constexpr bool can_be_empty = requires(State& state, std::string& out) { state.encode_to(out); };
  static constexpr bool owns_memory = !std::is_trivially_copyable_v<State> || !std::is_trivially_copyable_v<Key>;

  /// The state of `key`, which may be changed now, or null.
  State* touch(const Key& key, std::uint64_t hash) {
    if (table_->in_snapshot()) [[unlikely]] return table_->touch_in_snapshot(key, hash, writer());
    return table_->touch(key, hash);
  }

  template <class Make>
  void take(const Key& key, std::uint64_t hash, std::string_view row, Make& make) {
    bool made = false;
    // It counts as settled, because the store has it as it is.
    State& state = table_->find_or_create_in_snapshot(
        key, hash,
        [&] {
          made = true;
          return make();
        },
        [](const auto&...) {});
    if (!made) return;  // the same key twice in a batch
    row_bytes_.add(row.size());
    decode_state(row, state);
  }

  /// False if a running snapshot leaves too little room.
  bool move_out() {
    return table_->make_room([this](std::uint32_t group, const auto& key, State& state, bool changed) {
      if (changed) this->write(group, key, state);
    });
  }

  /// Does at once what is left of a running snapshot.
  [[gnu::noinline]] void complete_snapshot() {
    if (!table_->in_snapshot()) return;
    snapshot_.pause_for([this] {
      while (!table_->write_back_slice(rows_per_slice, writer())) {
      }
      end_snapshot();
    });
  }
  void end_snapshot() {
    snapshot_.part(std::string(files_name), store_->snapshot());
    table_->abandon_snapshot();
  }

  auto writer() {
    return [this](std::uint32_t group, const auto& key, State& state) { this->write(group, key, state); };
  }

  /// Writes a row that was `before`, if it is another one now.
  void put_changed(std::string_view key_bytes, std::string_view before, const State& state) {
    if constexpr (can_be_empty) {
      if (state.empty()) {
        store_->erase(key_bytes);
        return;
      }
    }
    row_.clear();
    encode_state(state, row_);
    if (row_ != before) store_->put(key_bytes, row_);
  }

  template <class StoredKey>
  void write(std::uint32_t group, const StoredKey& key, State& state) {
    key_.clear();
    append_row_group(group, key_);
    encode(key, key_);
    if constexpr (can_expire) {
      if (expiry_ != nullptr) state.drop_expired(*expiry_);
    }
    if constexpr (can_be_empty) {
      if (state.empty()) {
        store_->erase(key_);
        return;
      }
    }
    row_.clear();
    encode_state(state, row_);
    row_bytes_.add(row_.size());
    store_->put(key_, row_);
  }

  template <class Make>
  void put_rows(const snapshot_block& block, const operator_restore& from, Make& make) {
    std::string_view in = block.bytes;
    State state = make();
    for (std::uint32_t row = 0; row < block.rows; ++row) {
      const char* const begin = in.data();
      const Key key = decode<Key>(in);
      const std::string_view key_bytes(begin, static_cast<std::size_t>(in.data() - begin));
      const std::uint32_t group = key_group_of(stable_hash(key));
      decode_restored(in, state, from, row_);
      if (!from.groups().contains(group)) continue;
      key_.clear();
      append_row_group(group, key_);
      key_.append(key_bytes);
      row_.clear();
      encode_state(state, row_);
      store_->put(key_, row_);
    }
    require_end_of_rows(in, from);
  }

  table_type* table_ = nullptr;
  const ttl_step* expiry_ = nullptr;
  operator_snapshot snapshot_;  // the last one begun
};

}  // namespace weir::detail
