#pragma once
// The operator behind process<"uid">(f) on a keyed stream, whose function may have state and timers. For others:
// plain_process_operator.hpp.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/function_state.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/record_meta.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/state_row.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/state/ttl.hpp"

namespace weir::detail {

[[noreturn]] void throw_state_outside_key();

/// Keeps a row of states and timers per key. A row exists as long as there is something in it. Derived from where records
/// without key come in, too (broadcast_process_operator.hpp).
template <class Element, class Key, bool Timed, class Selector, class Function, bool WithTtl>
class process_operator {
 protected:
  using types = process_types<Function, Key>;
  static constexpr bool has_event_timers = fires_timer<Function, timestamp, Key>;
  static constexpr bool has_processing_timers = fires_timer<Function, processing_clock::time_point, Key>;
  static constexpr bool has_timers = has_event_timers || has_processing_timers;
  static constexpr bool has_rows = has_timers || has_states<Function>;
  static constexpr bool has_lists = has_operator_states<Function>;
  /// Windows that are open, rather than timers, are what is left at the end (pane_function.hpp).
  static constexpr bool counts_panes = requires(Function& function) { function.open_panes(); };

 public:
  static constexpr bool expands = true;
  using row_type = state_row<Function, WithTtl, has_timers>;
  using table_type = keyed_table<Key, row_type>;

  template <fixed_string Tag>
  using side_output = typename types::template side_output<Tag>;

  [[gnu::noinline]] process_operator(Selector selector, Function function, std::optional<ttl> expiry)
      : selector_(std::move(selector)), function_(std::move(function)), expiry_(expiry) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] process_operator(const process_operator& other) : process_operator(other.selector_, other.function_, other.expiry_) {}
  [[gnu::noinline]] process_operator(process_operator&& other)
      : process_operator(std::move(other.selector_), std::move(other.function_), other.expiry_) {}
  [[gnu::noinline]] ~process_operator() = default;
  process_operator& operator=(const process_operator&) = delete;
  process_operator& operator=(process_operator&&) = delete;

  void open(operator_context& context) {
    metrics_ = &context.metrics;
    if constexpr (requires { function_.count_late_in(context.metrics); }) function_.count_late_in(context.metrics);
    services_.time.open(*context.subtask.clock);
    services_.event_timers.fires = has_event_timers;
    services_.processing_timers.fires = has_processing_timers;
    table_.emplace(groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                     static_cast<std::uint32_t>(context.subtask.parallelism)));
    if constexpr (WithTtl) expiry_step_.emplace(*expiry_);
    row_type::configure(function_, expiry_step_ ? &*expiry_step_ : nullptr);
    if constexpr (has_rows) rows_.open(context, *table_, expires_unseen() ? &*expiry_step_ : nullptr);
    begin_function(function_, context, [this] { prepare_to_open(); });
    if (!new_row_.empty()) throw_state_outside_key();
  }

  bool worth_prefetching() const noexcept { return table_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { table_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { table_->prefetch_entry(hash); }

  /// With rows in a store, fetches those of the batch; `selector_` then sees each record once more.
  template <class Batch>
  [[gnu::always_inline]] void before_batch(Batch& input, std::size_t from, std::size_t to)
    requires has_rows
  {
    if (!rows_) [[likely]] return;
    begin_step();
    rows_.fetch(selector_, input, from, to, make_row);
  }

  by_reference<process_operator> batch_local() {
    begin_step();
    return {this};
  }
  void absorb(const auto&, std::uint64_t records) {
    if constexpr (WithTtl) clean_up(cleanup_entries_per_record * records);
    if constexpr (requires { function_.take_late_records(); }) metrics_->late_records.add(function_.take_late_records());
    compact_timers();
    show_timers();
  }
  std::uint64_t emitted(std::uint64_t, const auto&) noexcept { return std::exchange(emitted_, 0); }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const Element& element = record;
    const Key& key = selector_(element);
    emitted_ +=
        at_row(key, out.meta().hash, event_time_of(out.meta()), [&](auto& context) __attribute__((always_inline)) {
          return emit_of<processes_directly<Function, Element, Key>, types>(
              buffer_, out,
              [&](auto& collector) __attribute__((always_inline)) { function_.process(element, context, collector); });
        }).main;
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out& out) {
    begin_step();
    services_.time.watermark = watermark;
    advance_result result;
    if constexpr (has_event_timers) result = fire<time_domain::event>(watermark, out);
    show_timers();
    if (result.done && watermark == max_timestamp) count_pending_timers();
    return result;
  }

  processing_clock::time_point next_processing_timer() const
    requires has_processing_timers
  {
    return as_processing_time(services_.processing_timers.queue.next());
  }

  template <class Out>
  advance_result on_processing_time(processing_clock::time_point now, const Out& out)
    requires has_processing_timers
  {
    begin_step(now);
    const advance_result result = fire<time_domain::processing>(as_timestamp(now), out);
    show_timers();
    if (services_.time.watermark == max_timestamp) count_pending_timers();
    return result;
  }

  void on_stop() { count_pending_timers(); }

  void begin_snapshot(const operator_snapshot& out)
    requires(has_rows || has_lists)
  {
    if constexpr (has_lists) put_operator_states(function_, out);
    if constexpr (has_rows) {
      if (rows_) {
        begin_step();
        rows_.begin_snapshot(out);
        return;
      }
      snapshot_ = out;
      table_->begin_snapshot();
    }
  }
  void finish_snapshot(const operator_snapshot& out)
    requires has_lists
  {
    put_operator_states(function_, out);
  }
  bool snapshot_slice(const operator_snapshot& out)
    requires has_rows
  {
    return rows_ ? rows_.snapshot_slice() : copy_slice(*table_, rows_name, out);
  }
  void abandon_snapshot()
    requires has_rows
  {
    table_->abandon_snapshot();
  }
  void restore(const operator_restore& from)
    requires(has_rows || has_lists)
  {
    services_.time.watermark = from.watermark();
    if constexpr (has_lists) {
      restore_function(function_, from, [this] { prepare_to_open(); });
      if (!new_row_.empty()) throw_state_outside_key();
    }
    if constexpr (has_rows) restore_rows(from);
  }

  /// Tables, what rows own, the queues of timers, and lists of the subtask.
  std::size_t state_bytes(const memory_look& look)
    requires(has_rows || has_lists)
  {
    std::size_t bytes = look.counted;
    if constexpr (has_lists) bytes += bytes_of_operator_states(function_);
    if constexpr (has_rows) {
      const std::size_t rows = table_->size();
      memory_.look_at(look, 1, rows, [this](std::size_t) -> const table_type& { return *table_; });
      bytes += table_->memory_bytes() + memory_.owned(rows, look.counted);
    }
    if constexpr (has_timers) {
      for (const time_domain domain : {time_domain::event, time_domain::processing}) {
        const auto& queue = services_.timers(domain).queue;
        bytes += queue.memory_bytes() + queue.size() * memory_.owned_by_key();
      }
    }
    return bytes;
  }

  /// Timers registered over all keys.
  std::uint64_t registered_timers(time_domain domain) const noexcept {
    return domain == time_domain::event ? services_.event_timers.registered : services_.processing_timers.registered;
  }

  /// The same with those that were deleted and have not been dropped yet.
  std::size_t queued_timers(time_domain domain) const noexcept {
    return domain == time_domain::event ? services_.event_timers.queue.size()
                                        : services_.processing_timers.queue.size();
  }

  /// Takes up the timers of a row that has been put into the table for a restore.
  void take_timers_of(const Key& key, std::uint64_t hash, const row_type& row) {
    if constexpr (has_timers) {
      for (const time_domain domain : {time_domain::event, time_domain::processing}) {
        auto& all = services_.timers(domain);
        row.timers().for_each(domain, [&](timestamp at) { all.queue.push(at, key, hash); });
        all.registered += row.timers().size(domain);
      }
    }
  }

  /// Of its rows, for snapshots.
  static row_description rows() { return describe_row<Function, WithTtl, has_timers>(); }
  table_type& table() noexcept { return *table_; }

 protected:
  static constexpr std::size_t emits_between_looks_max = 64;
  static constexpr std::size_t timers_per_step_max = 4096;
  static constexpr std::size_t cleanup_entries_per_record = 2;
  static constexpr std::size_t fetches_between_rooms = 1024;

  static row_type make_row() { return row_type(); }

  /// For `open`, which sees no key.
  void prepare_to_open() {
    new_row_.attach(function_);
    begin_step();
  }

  void restore_rows(const operator_restore& from) {
    const auto take_up = [&, this](const Key& key, std::uint64_t hash, row_type& row) {
      take_timers_of(key, hash, row);
      if constexpr (counts_panes) {
        row.attach(function_);
        function_.count_restored();
      }
    };
    rows_.restore(from, make_row, take_up);
    if constexpr (has_timers || counts_panes) {
      if (rows_) rows_.each_stored(make_row, take_up);
    }
    show_timers();
  }

  /// Whether expired state is removed although nobody reads it.
  bool expires_unseen() const noexcept { return expiry_step_ && expiry_->cleans_up(); }

  /// At `now`, if that is given.
  void begin_step(auto... now) {
    services_.time.begin_step(now...);
    if constexpr (WithTtl) expiry_step_->now = services_.time.now();
  }

  /// The row of `key`, or null. Rows are changed only after they were looked up here.
  [[gnu::always_inline]] row_type* row_to_change(const Key& key, std::uint64_t hash) {
    row_type* const found = table_->find(key, hash);
    if (table_->in_snapshot() && found != nullptr) [[unlikely]] {
      table_->before_change(*found, hash, before_change(rows_name, snapshot_));
    }
    return found;
  }
  /// A row in a table that is a cache stays there, to say that there is none.
  void drop_row(const Key& key, std::uint64_t hash) {
    if (!rows_) table_->erase(key, hash);
  }
  void insert_new_row(const Key& key, std::uint64_t hash) {
    find_or_create(key, hash, [this] { return std::move(new_row_); });
  }
  template <class Make>
  row_type& find_or_create(const Key& key, std::uint64_t hash, Make&& make) {
    if (!table_->in_snapshot()) return table_->find_or_create(key, hash, make);
    return table_->find_or_create_in_snapshot(key, hash, make, before_change(rows_name, snapshot_));
  }

  /// Calls `call(context)` with the handles at the row of `key`, which exists afterwards if anything is in it.
  template <class Call>
  [[gnu::always_inline]] auto at_row(const Key& key, std::uint64_t hash, timestamp time, Call&& call) {
    if constexpr (has_rows) {
      row_type* const found = row_to_change(key, hash);
      row_type& row = found != nullptr ? *found : new_row_;
      const auto result = at_row(row, key, hash, time, call);
      if (found != nullptr) {
        if (row.empty()) drop_row(key, hash);
      } else if (!row.empty()) {
        insert_new_row(key, hash);
      }
      return result;
    } else {
      typename types::context context(key, hash, time, nullptr, services_);
      return call(context);
    }
  }
  template <class Call>
  [[gnu::always_inline]] auto at_row(row_type& row, const Key& key, std::uint64_t hash, timestamp time, Call&& call) {
    timer_times* timers = nullptr;
    if constexpr (has_timers) timers = &row.timers();
    row.attach(function_);
    typename types::context context(key, hash, time, timers, services_);
    return call(context);
  }

  /// Fires the timers up to `limit` in the order of their times, some thousand at most.
  template <time_domain Domain, class Out>
  advance_result fire(timestamp limit, const Out& out) {
    advance_result result;
    auto& all = services_.timers(Domain);
    const bool prefetches = table_->worth_prefetching();
    const auto prefetch_row = [&](std::uint64_t hash) {
      if (prefetches) table_->prefetch(hash);
    };
    const bool fetches = static_cast<bool>(rows_);
    if (fetches) rows_.make_room();
    const std::size_t emits_between_looks = out.emits_between_looks(emits_between_looks_max);
    std::uint64_t emitted_since_look = 0;
    for (std::size_t step = 0; step < timers_per_step_max; ++step) {
      if (!all.queue.pop_due(limit, due_, prefetch_row)) {
        compact_timers();
        return result;
      }
      const Key& key = borrow<Key>(due_.key);
      if (fetches) rows_.fetch_one(key, due_.hash, make_row);
      row_type* const row = row_to_change(key, due_.hash);
      const bool registered = row != nullptr && row->timers().remove(Domain, due_.time);
      if (!registered) continue;
      --all.registered;
      const emission emitted = call_timer<Domain>(*row, key, out);
      if (row->empty()) drop_row(key, due_.hash);
      result.emitted += emitted.main;
      emitted_since_look += emitted.main + emitted.sides;
      if (emitted_since_look >= emits_between_looks) {
        if (out.full()) break;
        emitted_since_look = 0;
      }
    }
    result.done = false;
    return result;
  }

  template <time_domain Domain, class Out>
  emission call_timer(row_type& row, const Key& key, const Out& out) {
    constexpr bool by_event = Domain == time_domain::event;
    using time_type = std::conditional_t<by_event, timestamp, processing_clock::time_point>;
    constexpr bool direct = fires_directly<Function, time_type, Key>;
    const time_type at{due_.time.time_since_epoch()};
    const timestamp time = by_event ? due_.time : min_timestamp;
    return at_row(row, key, due_.hash, time, [&](auto& context) {
      const auto call = [&](auto& collector) { function_.on_timer(at, context, collector); };
      if constexpr (Timed) {
        return emit_of<direct, types>(buffer_, out.with(record_meta<columns{true, false}>{time}), call);
      } else {
        return emit_of<direct, types>(buffer_, out, call);
      }
    });
  }

  void compact_timers() {
    if constexpr (has_timers) {
      for (const time_domain domain : {time_domain::event, time_domain::processing}) {
        auto& all = services_.timers(domain);
        if (all.is_mostly_stale()) [[unlikely]] {
          std::size_t fetched = 0;
          all.compact(domain, [&, this](const owned_t<Key>& stored, std::uint64_t hash) {
            const Key& key = borrow<Key>(stored);
            if (rows_) {  // a row may have lost all its timers, and have gone for that, when they are put back
              if (fetched++ % fetches_between_rooms == 0) rows_.make_room();
              rows_.fetch_one(key, hash, make_row);
              return &find_or_create(key, hash, make_row).timers();
            }
            row_type* const row = table_->find(key, hash);
            return row == nullptr ? nullptr : &row->timers();
          });
        }
      }
    }
  }

  /// Looks at some rows, in turn, and drops what has expired; once it has seen all it pauses for a quarter of the time
  /// to live, since little can have expired in between. A store cleans up by itself.
  void clean_up(std::size_t entries) {
    if (rows_) return;
    if (!expiry_->cleans_up() || expiry_step_->now < clean_after_ || table_->in_snapshot()) return;
    if (cleaned_bytes_ != table_->memory_bytes()) {  // it has grown, and entries have other places
      cleaned_bytes_ = table_->memory_bytes();
      cleaned_ = {};
    }
    const bool more = table_->visit(cleaned_, entries, [&](const auto& key, row_type& row) {
      row.drop_expired(*expiry_step_);
      if (row.empty()) expired_keys_.emplace_back(key);
    });
    if (!more) {
      cleaned_ = {};
      clean_after_ = expiry_step_->now + expiry_->duration() / 4;
    }
    for (const owned_t<Key>& stored : expired_keys_) {
      const Key& key = borrow<Key>(stored);
      table_->erase(key, stable_hash(key));
    }
    expired_keys_.clear();
  }

  void show_timers() {
    if constexpr (has_timers) {
      metrics_->event_timers.set(services_.event_timers.registered);
      metrics_->processing_timers.set(services_.processing_timers.registered);
    }
  }
  void count_pending_timers() {
    if constexpr (counts_panes) {
      metrics_->open_entries.set(function_.open_panes());
      return;
    }
    metrics_->open_entries.set(services_.event_timers.registered + services_.processing_timers.registered);
  }

  [[no_unique_address]] Selector selector_;
  Function function_;
  std::optional<ttl> expiry_;
  std::optional<ttl_step> expiry_step_;
  keyed_services<Key> services_;
  std::optional<table_type> table_;
  stored_rows<Key, row_type> rows_;
  table_memory<table_type> memory_;
  operator_snapshot snapshot_;  // the last one begun
  row_type new_row_;  // of the current key, as long as it has none in the table
  typename types::collector buffer_;
  typename timer_queue<Key>::entry due_;
  std::uint64_t emitted_ = 0;
  operator_metrics* metrics_ = nullptr;
  typename table_type::cursor cleaned_;  // up to where the table has been cleaned up
  std::size_t cleaned_bytes_ = 0;
  processing_clock::time_point clean_after_ = processing_clock::time_point::min();
  std::vector<owned_t<Key>> expired_keys_;
};

}  // namespace weir::detail
