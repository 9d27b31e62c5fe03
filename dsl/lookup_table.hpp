#pragma once
// lookup_table: rows by key in memory, read from a source that ends, or given by a function, and read again now and
// then:
//   lookup_table(csv<customer>("customers.csv"), &customer::id).refresh_every(5min)
// What lookup_join looks records up in (lookup_join.hpp). docs/decisions/0020 says why it is as it is.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/equal.hpp"
#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/source.hpp"

namespace weir {
namespace detail {

/// When a table is loaded again, and what became of it. Shared by the subtasks of an operator in a run.
class table_refresh : public job_listener {
 public:
  /// `operation` is "lookup_join 'names'", `table` "csv(customers.csv)".
  table_refresh(std::string operation, std::string table, std::optional<std::chrono::milliseconds> interval);

  bool due(processing_clock::time_point now) const noexcept {
    return now.time_since_epoch().count() >= next_ms_.load(std::memory_order_relaxed);
  }

  /// Calls `load()` for the first time. Throws weir::error that names the operator where that throws.
  template <class Load>
  void load_first(processing_clock::time_point now, Load&& load) {
    try {
      load();
    } catch (const error& problem) {
      throw_not_loaded(problem.what());
    }
    schedule(now);
  }
  /// Calls `load()` if that is due and no other subtask does; false if it threw weir::error, so that the table stays as
  /// it is.
  template <class Load>
  bool refresh(processing_clock::time_point now, Load&& load) {
    const std::unique_lock<std::mutex> loading(loading_, std::try_to_lock);
    if (!loading || !due(now)) return true;
    schedule(now);
    try {
      load();
      return true;
    } catch (const error& problem) {
      note_failure(problem.what());
      return false;
    }
  }

  std::string job_ended(job_outcome outcome) override;

 private:
  [[noreturn]] void throw_not_loaded(const std::string& reason) const;
  void schedule(processing_clock::time_point now) noexcept;
  void note_failure(const std::string& reason);

  std::string operation_;
  std::string table_;
  std::optional<std::chrono::milliseconds> interval_;
  std::mutex loading_;
  std::atomic<std::int64_t> next_ms_{0};
  std::mutex failures_mutex_;
  std::uint64_t failures_ = 0;
  std::string last_failure_;
};

/// Throws weir::error: a table of a source that waits for more input would never be complete.
[[noreturn]] void throw_table_without_end(const std::string& position);
/// Throws weir::error unless a table may be loaded so often.
void require_refresh_interval(std::chrono::milliseconds interval);

/// The rows of one load, by key; those of a key in the order in which they were read. Not changed once it is complete.
template <class Key, class Row>
class row_index {
 public:
  static constexpr std::size_t npos = ~std::size_t{0};

  template <class RowKey>
  void add(const RowKey& key, const Row& row) {
    const auto [found, is_new] = places_.try_emplace(owned_t<Key>(key), ends{rows_.size(), rows_.size()});
    if (!is_new) {
      rows_[found->second.last].next = rows_.size();
      found->second.last = rows_.size();
    }
    const held_row& added = rows_.emplace_back(held_row{owned_t<Row>(row), npos});
    owned_ += owned_bytes(added.row) + (is_new ? owned_bytes(found->first) : 0);
  }

  /// The first row of a key, or npos, and the one behind a row.
  std::size_t find(const Key& key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? npos : found->second.first;
  }
  std::size_t next(std::size_t place) const noexcept { return rows_[place].next; }
  decltype(auto) row(std::size_t place) const { return borrow<Row>(rows_[place].row); }
  std::size_t size() const noexcept { return rows_.size(); }

  std::size_t memory_bytes() const noexcept {
    constexpr std::size_t links = 2 * sizeof(void*);  // of a map's node: to the next one, and its hash
    return owned_ + heap_bytes(rows_.capacity() * sizeof(held_row)) + heap_bytes(places_.bucket_count() * sizeof(void*)) +
           places_.size() * heap_bytes(links + sizeof(typename decltype(places_)::value_type));
  }

 private:
  struct held_row {
    owned_t<Row> row;
    std::size_t next;
  };
  struct ends {
    std::size_t first;
    std::size_t last;
  };
  struct hash_of_key {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return stable_hash(key); }
    std::size_t operator()(const owned_t<Key>& key) const
      requires(!std::is_same_v<Key, owned_t<Key>>)
    {
      return stable_hash(borrow<Key>(key));
    }
  };
  struct same_key {
    using is_transparent = void;
    static const Key& seen(const Key& key) { return key; }
    static Key seen(const owned_t<Key>& key)
      requires(!std::is_same_v<Key, owned_t<Key>>)
    {
      return borrow<Key>(key);
    }
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      const Key& of_left = seen(left);
      const Key& of_right = seen(right);
      return equal_values(of_left, of_right);
    }
  };

  std::vector<held_row> rows_;
  std::unordered_map<owned_t<Key>, ends, hash_of_key, same_key> places_;
  std::size_t owned_ = 0;  // bytes on the heap, by rows and keys
};

/// Takes the records of a reader as a table does: at once.
template <class Take>
struct table_reader_out {
  static constexpr bool takes_malformed = false;
  Take& take;

  template <class Value>
  void operator()(Value&& value) {
    take(value);
  }
  template <class Value>
  void at(Value&& value, timestamp) {
    take(value);
  }
  bool full() const noexcept { return false; }
};

template <class Source>
concept table_source = requires(const Source& source, source_context& context, const source_split& split) {
  typename Source::value_type;
  source.splits(context);
  source.open(split, context);
};

template <class Rows>
struct range_value {};
template <class Rows>
  requires requires(const Rows& rows) {
    rows.begin();
    rows.end();
  }
struct range_value<Rows> {
  using type = std::remove_cvref_t<decltype(*std::declval<const Rows&>().begin())>;
};

/// What rows a source, a function of nothing or a function of the storage gives.
template <class Rows>
struct rows_of {};
template <table_source Rows>
struct rows_of<Rows> {
  using type = typename Rows::value_type;
};
template <class Rows>
  requires(!table_source<Rows> && std::is_invocable_v<const Rows&>)
struct rows_of<Rows> : range_value<std::remove_cvref_t<std::invoke_result_t<const Rows&>>> {};
template <class Rows>
  requires(!table_source<Rows> && !std::is_invocable_v<const Rows&> && std::is_invocable_v<const Rows&, storage&>)
struct rows_of<Rows> : range_value<std::remove_cvref_t<std::invoke_result_t<const Rows&, storage&>>> {};

/// Calls `take(row)` for each row. Throws weir::error.
template <class Rows, class Take>
void read_rows(const Rows& rows, source_context& context, Take&& take) {
  if constexpr (table_source<Rows>) {
    constexpr std::size_t records_at_once = 1024;
    table_reader_out<std::remove_reference_t<Take>> out{take};
    for (const source_split& split : rows.splits(context)) {
      auto reader = rows.open(split, context);
      for (auto status = read_status::more; status != read_status::end;) {
        status = reader.read(records_at_once, out).status;
        if (status == read_status::waiting) throw_table_without_end(reader.position());
      }
    }
  } else if constexpr (std::is_invocable_v<const Rows&>) {
    const auto& all = rows();
    for (const auto& row : all) take(row);
  } else {
    const auto& all = rows(context.storage);
    for (const auto& row : all) take(row);
  }
}

template <class Rows>
struct lookup_table_of_no_rows {
  static_assert(
      never<Rows>,
      "weir: lookup_table(rows, key): rows must be a source that ends, such as csv<customer>(\"customers.csv\"), or "
      "a function, callable as const, that returns a range of rows");
};
template <class Row, class... Facts>
struct lookup_table_key_rejected {
  static_assert(
      never<Row, Facts...>,
      "weir: lookup_table(rows, key): key must be a member of a row such as &customer::id, or a function of const "
      "Row&, callable as const, and give what key_by takes as a key");
};

struct lookup_table_tag {};

}  // namespace detail

/// Made by lookup_table(rows, key).
template <class Rows, class KeyOf>
class lookup_table_description : detail::lookup_table_tag {
 public:
  using rows_type = Rows;
  using row_type = typename detail::rows_of<Rows>::type;
  using key_type = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const row_type&>>;

  lookup_table_description(Rows rows, KeyOf key_of) : rows_(std::move(rows)), key_of_(std::move(key_of)) {}

  /// The rows are read again when so much time of the wall clock has passed since they were last read, and a record
  /// comes. Throws weir::error unless it is more than 0.
  lookup_table_description refresh_every(std::chrono::milliseconds interval) && {
    detail::require_refresh_interval(interval);
    interval_ = interval;
    return std::move(*this);
  }

  std::string describe() const {
    if constexpr (requires { rows_.describe(); }) {
      return rows_.describe();
    } else {
      return "function";
    }
  }
  std::optional<std::chrono::milliseconds> interval() const noexcept { return interval_; }

  /// Calls `take(key, row)` for each row.
  template <class Take>
  void read(detail::source_context& context, Take&& take) const {
    detail::read_rows(rows_, context, [&](const row_type& row) { take(std::invoke(key_of_, row), row); });
  }

 private:
  Rows rows_;
  KeyOf key_of_;
  std::optional<std::chrono::milliseconds> interval_;
};

/// A table for lookup_join: the rows of `rows`, a source that ends or a function that returns a range of them (it may
/// take a weir::storage&), by `key(row)`. Several rows may have the same key. It lies in memory once per process and
/// operator, read when the job starts and never again unless refresh_every(interval) follows.
template <class Rows, class KeyOf>
auto lookup_table(Rows rows, KeyOf key) {
  if constexpr (!requires { typename detail::rows_of<Rows>::type; }) {
    static_cast<void>(detail::lookup_table_of_no_rows<Rows>{});
    return detail::broken_pipeline{};
  } else {
    using row = typename detail::rows_of<Rows>::type;
    constexpr bool has_key = [] {
      if constexpr (std::is_invocable_v<const KeyOf&, const row&>) {
        return hashable_key<std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const row&>>>;
      } else {
        return false;
      }
    }();
    if constexpr (has_key) {
      return lookup_table_description<Rows, KeyOf>(std::move(rows), std::move(key));
    } else {
      static_cast<void>(detail::lookup_table_key_rejected<row, KeyOf>{});
      return detail::broken_pipeline{};
    }
  }
}

}  // namespace weir
