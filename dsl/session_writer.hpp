#pragma once
// The terminal of a stage whose records are aggregated in sessions behind the next exchange, where nobody can tell in
// which order and grouping. The first record of a session goes ahead: the receiver has the session then. What lets it
// grow is kept back and aggregated here, and follows before the receiver could close what it knows of the session.
//
// Nobody can tell, because the receiver's watermark is not above the sender's, which stays below the end that the
// receiver knows: the session is open there, and whatever touches the records kept back, late or not, is joined to it,
// before they come or when they do. So nothing is kept back where that may be otherwise: by a sender that was idle, for
// whom the receiver did not wait; after a restore, before its watermark has reached those of the receivers. Nor does a
// record open an entry whose session is about to be due. Then records go each for itself.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/output.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/windows/partial_aggregate.hpp"
#include "weir/windows/session.hpp"
#include "weir/windows/session_combiner.hpp"
#include "weir/windows/time_window.hpp"

namespace weir::detail {

/// From which watermark on the subtasks of a stage wait again for their senders, after they were restored from the
/// snapshot of `from`: the highest that one of them had, or had from a sender, since a sender that is behind what it
/// said before is not waited for until it is there again; max_timestamp if there was a sender that they did not wait
/// for; min_timestamp where the snapshot does not know them. `uid` is that of the first operator of the stage, with
/// former names.
timestamp receivers_wait_from(std::string_view uid, const operator_restore& from);

template <class Key, class Selector, class Function>
class session_writer {
 public:
  using accumulator_type = typename Function::accumulator_type;
  using partial_type = partial_session<travelling_key_t<Key>, accumulator_type>;
  static constexpr columns column_set{true, true};
  using batch_type = batch<partial_type, column_set>;

  /// `receiver` is the uid of the operator behind the exchange, with former names.
  session_writer(Selector selector, session_windows assigner, Function function, std::string receiver)
      : selector_(std::move(selector)),
        assigner_(std::move(assigner)),
        function_(std::move(function)),
        receiver_(std::move(receiver)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] session_writer(const session_writer& other)
      : session_writer(other.selector_, other.assigner_, other.function_, other.receiver_) {}
  [[gnu::noinline]] session_writer(session_writer&& other) noexcept
      : session_writer(std::move(other.selector_), std::move(other.assigner_), std::move(other.function_),
                       std::move(other.receiver_)) {}
  [[gnu::noinline]] ~session_writer() = default;
  session_writer& operator=(const session_writer&) = delete;
  session_writer& operator=(session_writer&&) = delete;

  void open(operator_context& context) {
    outputs_.open(context, 0);
    mode_ = context.subtask.pre_aggregate;
    combining_ = mode_ != pre_aggregation::off;
    receiver_is_restored_ = context.subtask.restores_event_time;
    table_.grow();
  }

  void restore(const operator_restore& from) {
    watermark_ = from.watermark();
    if (receiver_is_restored_) trusted_from_ = receivers_wait_from(receiver_, from);
  }

  [[gnu::always_inline]] auto batch_local() {
    return local{this,
                 callable_local<Selector>(selector_),
                 callable_local<Function>(function_),
                 table_.entries(),
                 table_.shift(),
                 assigner_.gap(),
                 keeps_back()};
  }

  void absorb(const auto&, std::uint64_t records) {
    probed_ += records;
    if (probed_ >= probe_records_) adapt();
  }

  /// A record sends itself and what another session has kept back, at most.
  std::size_t records_per_call() const noexcept { return std::max<std::size_t>(1, outputs_.batch_records() / 2); }
  bool ready() { return outputs_.ready(); }
  bool spilling() const { return outputs_.spilling(); }
  bool holds_output() const { return outputs_.holds_output(); }

  /// Sends what sessions have kept back that the receiver would close, and that of those which would be next, so that
  /// the table is walked through once per half a gap; it goes downstream after that.
  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out&) {
    watermark_ = watermark;
    advance_result result;
    if (!walking_) {
      if (saturating_add(watermark, one_ms) < earliest_told_) return result;
      walking_ = true;
      walked_ = 0;
      earliest_told_ = max_timestamp;
      looked_at_ += table_.entry_count();
    }
    const timestamp due = soon_due(watermark);
    const std::size_t sent_between_looks = std::min<std::size_t>(64, outputs_.batch_records());
    std::size_t sent = 0;
    for (; walked_ < table_.entry_count(); ++walked_) {
      entry& each = table_.entries()[walked_];
      if (each.is_free()) continue;
      if (each.told > due) {
        earliest_told_ = std::min(earliest_told_, each.told);
        continue;
      }
      if (sent >= sent_between_looks) {
        sent = 0;
        if (outputs_.spilling()) {
          result.done = false;
          return result;
        }
      }
      sent += each.records == 0 ? 0 : 1;
      if (each.records > 0 && each.end > due) {
        go_on(each);
      } else {
        let_go(each);
      }
    }
    walking_ = false;
    return result;
  }

  /// Behind any mark but a watermark the receiver may leave this sender out of its minimum, or count what is open.
  void mark(mark_kind kind, timestamp time) {
    if (kind == mark_kind::idle) trusted_from_ = max_timestamp;
    if (kind != mark_kind::watermark) let_all_go();
    outputs_.mark(kind, time);
  }

  bool flush(flush_reason reason) { return outputs_.flush(reason); }
  void close() noexcept {}

 private:
  using table_type = session_combiner<Key, accumulator_type>;
  using entry = typename table_type::entry;
  using probe = typename table_type::probe;
  static constexpr std::chrono::milliseconds one_ms{1};

  struct local {
    session_writer* target;
    callable_local<Selector> selector;
    callable_local<Function> function;
    entry* entries;
    unsigned shift;
    std::chrono::milliseconds gap;
    bool keeps_back;

    template <class Record, class Out>
    [[gnu::always_inline]] void process(Record&& record, const Out& out) {
      decltype(auto) key = selector.get()(std::as_const(record));
      const timestamp time = out.meta().time;
      if (!keeps_back) {
        target->send_alone(std::as_const(record), key, target->assigner_.assign(time));
        return;
      }
      const probe wanted = table_type::key_type::probe_of(key);
      entry& place = table_type::place_of(entries, shift, wanted);
      if (place.takes(time) && place.key.holds(wanted, key)) [[likely]] {
        function.get().add(place.accumulator, std::as_const(record));
        ++place.records;
        place.end = std::max(place.end, saturating_add(time, gap));
      } else {
        target->go_ahead(std::as_const(record), key, wanted, time, place);
      }
    }
  };

  /// Sends a record for itself. What lets its session grow is kept back from now on, if it gets its place in the table.
  template <class Record, class KeyView>
  [[gnu::noinline]] void go_ahead(const Record& record, const KeyView& key, const probe& wanted, timestamp time,
                                  entry& place) {
    const time_window window = assigner_.assign(time);
    send_alone(record, key, window);
    ++misses_;
    if (window.end <= soon_due(watermark_)) return;  // it would want a walk through the table at the next watermark
    if (!place.is_free()) {
      if (!place.key.holds(wanted, key)) {
        ++conflicts_;
        if (place.defends()) return;
      } else if (time < place.start) {
        return;
      }
      let_go(place);
    }
    place.key.assign(wanted, key);
    place.start = window.start;
    place.end = window.end;
    place.told = window.end;
    place.records = 0;
    place.challenges = 0;
    place.accumulator = function_.create();
    earliest_told_ = std::min(earliest_told_, window.end);
  }

  template <class Record, class KeyView>
  [[gnu::always_inline]] void send_alone(const Record& record, const KeyView& key, const time_window& window) {
    accumulator_type alone = function_.create();
    function_.add(alone, record);
    send(key, stable_hash(key), window, 1, std::move(alone));
  }

  /// What a walk at this watermark sends: what ends by then.
  timestamp soon_due(timestamp watermark) const noexcept {
    return saturating_add(watermark, one_ms + assigner_.gap() / 2);
  }

  /// If not, the table is empty.
  bool keeps_back() const noexcept { return combining_ && watermark_ >= trusted_from_; }

  /// Sends what an entry has kept back, and frees it.
  void let_go(entry& of) {
    if (of.records > 0) {
      send(of.key.get(), of.key.hash(), {of.start, of.end}, of.records, std::move(of.accumulator));
    }
    of.free();
  }

  /// Sends what an entry has kept back, so that the receiver knows the session as far as it goes.
  void go_on(entry& with) {
    const timestamp start = with.start;
    const timestamp end = with.end;
    let_go(with);
    with.start = start;
    with.end = end;
    with.told = end;
    with.records = 0;
    with.challenges = 0;
    with.accumulator = function_.create();
    earliest_told_ = std::min(earliest_told_, end);
  }

  /// At once: no more than the table holds goes beyond what the outputs have room for.
  void let_all_go() {
    for (std::size_t i = 0; i < table_.entry_count(); ++i) {
      if (!table_.entries()[i].is_free()) let_go(table_.entries()[i]);
    }
    earliest_told_ = max_timestamp;
    held_ = 0;
  }

  template <class KeyView>
  [[gnu::always_inline]] void send(const KeyView& key, std::uint64_t hash, const time_window& window,
                                   std::uint32_t records, accumulator_type&& sum) {
    output& out = outputs_[subtask_of_hash(hash, static_cast<std::uint32_t>(outputs_.size()))];
    typename batch_type::meta_type meta;
    meta.time = window.start;
    meta.hash = hash;
    out.template append<batch_type>(partial_type{travelling_key_t<Key>(key), records, window.end, std::move(sum)},
                                    meta);
  }

  /// Combining pays where most records find their session, and walks are short beside it. Where keys want each other's
  /// places the table grows; where it does not pay all the same, it is given up and tried again after a while.
  void adapt() {
    held_ += probed_;
    if (held_ >= held_max) let_all_go();
    const bool automatic = mode_ == pre_aggregation::automatic;
    if (!combining_) {
      rested_ += probed_;
      combining_ = automatic && rested_ >= rest_records;
    } else if (conflicts_ * 20 > probed_ && table_.can_grow()) {
      table_.grow();
      walked_ = 0;
    } else if (automatic && (misses_ * 10 > probed_ * 7 || looked_at_ > probed_ * 4)) {
      let_all_go();
      table_.shrink();
      walked_ = 0;
      combining_ = false;
      rested_ = 0;
    }
    probe_records_ = std::max(probe_records_min, std::uint64_t{2} * table_.entry_count());
    probed_ = 0;
    misses_ = 0;
    conflicts_ = 0;
    looked_at_ = 0;
  }

  static constexpr std::uint64_t probe_records_min = 4096;
  static constexpr std::uint64_t rest_records = 2 * 1024 * 1024;
  static constexpr std::uint64_t held_max = std::uint64_t{1} << 31;  // no count of an entry can overflow

  [[no_unique_address]] Selector selector_;
  session_windows assigner_;
  [[no_unique_address]] Function function_;
  std::string receiver_;
  output_set outputs_;
  table_type table_;
  timestamp watermark_ = min_timestamp;
  timestamp trusted_from_ = min_timestamp;   // below this the receivers' watermarks may be higher than the sender's
  timestamp earliest_told_ = max_timestamp;  // of the entries, at most
  bool walking_ = false;                     // a watermark is being applied
  std::size_t walked_ = 0;                   // entries of the table
  pre_aggregation mode_ = pre_aggregation::automatic;
  bool combining_ = true;
  bool receiver_is_restored_ = true;
  std::uint64_t probe_records_ = probe_records_min;
  std::uint64_t probed_ = 0;  // records since the last look at the misses
  std::uint64_t misses_ = 0;
  std::uint64_t conflicts_ = 0;  // misses at a place that another key had
  std::uint64_t looked_at_ = 0;  // entries, in walks
  std::uint64_t held_ = 0;       // records since the table was empty, at most
  std::uint64_t rested_ = 0;     // records since combining was given up
};

}  // namespace weir::detail
