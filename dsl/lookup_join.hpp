#pragma once
// lookup_join: joins each record with the rows of a table in memory that have its key, such as the name of a customer:
//   const auto customers = lookup_table(csv<customer>("customers.csv"), &customer::id).refresh_every(5min);
//   … | lookup_join<"names">(customers, &order::customer, [](const order& o, const customer& c) { … })
// Flink: a lookup join with a full cache. For versions that are valid at a record's event time: temporal_join.hpp.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/join_side.hpp"
#include "weir/dsl/lookup_table.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/state/counted_memory.hpp"

namespace weir {
namespace detail {

/// The table of one operator as its subtasks share it.
template <class Key, class Row>
class shared_table final : public table_refresh {
 public:
  using table_refresh::table_refresh;
  using index = row_index<Key, Row>;

  void put(std::shared_ptr<const index> fresh) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(fresh);
    version_.fetch_add(1, std::memory_order_release);
  }
  /// Gives `seen` the current table, if it is not the version that it is of.
  void update(std::shared_ptr<const index>& seen, std::uint64_t& version) {
    if (version_.load(std::memory_order_acquire) == version) [[likely]]
      return;
    const std::lock_guard lock(mutex_);
    seen = current_;
    version = version_.load(std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const index> current_;
  std::atomic<std::uint64_t> version_{0};
};

template <class Element, class Table, join_kind Kind, class KeyOf, class Function>
class lookup_join_operator {
  using key = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const Element&>>;
  using row = typename Table::row_type;
  using index = row_index<key, row>;

 public:
  static constexpr bool expands = true;

  lookup_join_operator(Table table, KeyOf key_of, Function function, std::string name)
      : table_(std::move(table)), key_of_(std::move(key_of)), function_(std::move(function)), name_(std::move(name)) {}
  // Copied and moved as a description only, before it is opened.
  lookup_join_operator(const lookup_join_operator& other)
      : lookup_join_operator(other.table_, other.key_of_, other.function_, other.name_) {}
  lookup_join_operator(lookup_join_operator&& other)
      : lookup_join_operator(std::move(other.table_), std::move(other.key_of_), std::move(other.function_),
                             std::move(other.name_)) {}
  ~lookup_join_operator() = default;
  lookup_join_operator& operator=(const lookup_join_operator&) = delete;
  lookup_join_operator& operator=(lookup_join_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    subtask_ = &context.subtask;
    shared_ = context.shared.template get<shared_table<key, row>>([&] {
      auto made = std::make_shared<shared_table<key, row>>(name_, table_.describe(), table_.interval());
      made->load_first(context.subtask.clock->now(), [&] { load(*made); });
      if (context.subtask.add_listener) context.subtask.add_listener(made);
      return made;
    });
    shared_->update(rows_, version_);
  }

  by_reference<lookup_join_operator> batch_local() {
    if (table_.interval()) {
      const auto now = subtask_->clock->now();
      if (shared_->due(now) && !shared_->refresh(now, [this] { load(*shared_); })) metrics_->failed_refreshes.add(1);
      shared_->update(rows_, version_);
    }
    return {this};
  }
  std::uint64_t emitted(std::uint64_t, const auto&) noexcept { return std::exchange(emitted_, 0); }

  /// The table, which the first subtask tells for all.
  std::size_t state_bytes(const memory_look&) const noexcept {
    return subtask_->subtask == 0 ? rows_->memory_bytes() : 0;
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const Element& element = record;
    const key& wanted = std::invoke(key_of_, element);
    std::size_t place = rows_->find(wanted);
    if constexpr (Kind == join_kind::left) {
      if (place == index::npos) {
        ++emitted_;
        out(call_join<Element, row, Kind>(function_, &element, static_cast<const row*>(nullptr)));
      }
    }
    for (; place != index::npos; place = rows_->next(place)) {
      ++emitted_;
      const row& found = rows_->row(place);
      out(call_join<Element, row, Kind>(function_, &element, &found));
    }
  }

 private:
  void load(shared_table<key, row>& into) {
    source_context context{*subtask_->clock, *subtask_->storage, *metrics_, subtask_->subtask, subtask_->parallelism};
    auto fresh = std::make_shared<index>();
    table_.read(context, [&](const auto& key_of_row, const row& each) { fresh->add(key_of_row, each); });
    into.put(std::move(fresh));
  }

  Table table_;
  [[no_unique_address]] KeyOf key_of_;
  [[no_unique_address]] Function function_;
  std::string name_;
  operator_metrics* metrics_ = nullptr;
  subtask_context* subtask_ = nullptr;
  std::shared_ptr<shared_table<key, row>> shared_;
  std::shared_ptr<const index> rows_;  // as of version_
  std::uint64_t version_ = 0;
  std::uint64_t emitted_ = 0;
};

template <class Element, class... Facts>
struct lookup_key_rejected {
  static_assert(never<Element, Facts...>,
                "weir: lookup_join<\"uid\">(table, key, f): key must be a member of the stream's elements such as "
                "&order::customer, or a function of const Element&, callable as const");
};
template <class ElementKey, class RowKey>
struct lookup_of_different_keys {
  static_assert(
      never<ElementKey, RowKey>,
      "weir: lookup_join<\"uid\">(table, key, f): the keys of the records and of the table's rows have different "
      "types, so that none would be found; let both return the same type");
};
template <class Table>
struct lookup_of_no_table {
  static_assert(never<Table>,
                "weir: lookup_join<\"uid\">(table, key, f): table must be a lookup_table(rows, key_of_row)");
};
template <class... Facts>
struct lookup_without_uid {
  static_assert(never<Facts...>,
                "weir: a lookup join needs a name, for plans and messages; write lookup_join<\"uid\">(table, key, f)");
};

template <class Table, join_kind Kind, class KeyOf, class Function>
struct lookup_join_description : operator_tag {
  Table table;
  KeyOf key_of;
  Function function;
  std::string uid;
  std::source_location where;
  lookup_join_description(Table t, KeyOf k, Function f, std::string u, std::source_location w)
      : table(std::move(t)), key_of(std::move(k)), function(std::move(f)), uid(std::move(u)), where(w) {}

  /// Whether the parts fit; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else if constexpr (!std::is_invocable_v<const KeyOf&, const element&>) {
      if constexpr (Explain) static_cast<void>(lookup_key_rejected<element, KeyOf>{});
      return false;
    } else {
      using key = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const element&>>;
      constexpr bool same = std::is_same_v<owned_t<key>, owned_t<typename Table::key_type>>;
      constexpr bool fits = joins<Function, element, typename Table::row_type, Kind>;
      if constexpr (Explain && !same) {
        static_cast<void>(lookup_of_different_keys<key, typename Table::key_type>{});
      } else if constexpr (Explain && !fits && Kind == join_kind::left) {
        static_cast<void>(left_join_rejected<element, typename Table::row_type, Function>{});
      } else if constexpr (Explain && !fits) {
        static_cast<void>(inner_join_rejected<element, typename Table::row_type, Function>{});
      }
      return same && fits;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream, false>();
  template <class Stream>
  static void explain() {
    check<Stream, true>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using element = typename std::remove_cvref_t<Stream>::element_type;
    using output = join_result<Function, element, typename Table::row_type, Kind>;
    const std::string kind = Kind == join_kind::left ? "lookup_left_join" : "lookup_join";
    const std::string detail = table.describe();
    const std::string name = kind + " '" + uid + "'";
    return append<output>(std::forward<Stream>(source),
                          lookup_join_operator<element, Table, Kind, KeyOf, Function>(
                              std::move(table), std::move(key_of), std::move(function), name),
                          {.kind = kind, .detail = detail, .uid = uid, .where = where});
  }
};

template <fixed_string Uid, join_kind Kind, class Table, class KeyOf, class Function>
auto describe_lookup_join(Table table, KeyOf key, Function function, std::source_location where) {
  static_assert(Uid.view().size() > 0, "weir: lookup_join<\"\">(...) needs a name; write lookup_join<\"uid\">");
  if constexpr (std::is_same_v<Table, broken_pipeline>) {
    return broken_pipeline{};
  } else if constexpr (!std::is_base_of_v<lookup_table_tag, Table>) {
    static_cast<void>(lookup_of_no_table<Table>{});
    return broken_pipeline{};
  } else {
    return lookup_join_description<Table, Kind, KeyOf, Function>(std::move(table), std::move(key), std::move(function),
                                                                 std::string(Uid.view()), where);
  }
}

}  // namespace detail

/// Joins each record with the rows of `table` whose key is `key(record)`, as `function(record, row)`.
/// Emits     a result for each such row, in the order of the table, with the record's event time; none for a record
/// without. State     none: the table is read when the job starts, again after a restart, and in the step of a record
/// that comes when
///           the time of refresh_every has passed. If that fails the older table stays in use; the report counts it
///           (failed_refreshes), and the summary says why.   Thread: `function` and `key` are called as const.
/// Requires  keys of one type on both sides (std::string and std::string_view are one).
template <fixed_string Uid, class Table, class KeyOf, class Function>
auto lookup_join(Table table, KeyOf key, Function function,
                 std::source_location where = std::source_location::current()) {
  return detail::describe_lookup_join<Uid, detail::join_kind::inner>(std::move(table), std::move(key),
                                                                     std::move(function), where);
}
/// The same, and `function(record, nullptr)` for a record without rows: `function` takes a `const Row*`.
template <fixed_string Uid, class Table, class KeyOf, class Function>
auto lookup_left_join(Table table, KeyOf key, Function function,
                      std::source_location where = std::source_location::current()) {
  return detail::describe_lookup_join<Uid, detail::join_kind::left>(std::move(table), std::move(key),
                                                                    std::move(function), where);
}

template <class Table, class KeyOf, class Function, class... More>
detail::broken_pipeline lookup_join(const Table&, const KeyOf&, const Function&, const More&...) {
  static_cast<void>(detail::lookup_without_uid<Table>{});
  return {};
}
template <class Table, class KeyOf, class Function, class... More>
detail::broken_pipeline lookup_left_join(const Table&, const KeyOf&, const Function&, const More&...) {
  static_cast<void>(detail::lookup_without_uid<Table>{});
  return {};
}

}  // namespace weir
