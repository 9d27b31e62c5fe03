#pragma once
// The terminal of a stage whose records are aggregated by key and window behind the next exchange, where nobody can tell
// in which order and grouping: it aggregates what it can itself and sends partial aggregates.
//
// What is on time stays so. A record whose window the sender's own watermark has not closed cannot be late: the
// receiver's watermark is the least of its senders'. Its partial aggregate is sent before the watermark that closes the
// window. All other records are sent at once, each for itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/output.hpp"
#include "weir/windows/combiner.hpp"
#include "weir/windows/partial_aggregate.hpp"
#include "weir/windows/time_window.hpp"

namespace weir::detail {

/// Why records of an aggregate cross an exchange as they are; null where they need not.
template <class Function>
constexpr const char* why_not_pre_aggregated() {
  if constexpr (!mergeable_aggregate<Function>) {
    return "its accumulators cannot be merged";
  } else if constexpr (!(Function::is_commutative && Function::is_associative)) {
    return "the order of records matters";
  } else if constexpr (requires { Function::is_sketch; } && !Function::is_exact) {
    return "estimates depend on the order";
  } else if constexpr (!Function::is_exact) {
    return "floating-point sums depend on the order";
  } else if constexpr (!std::is_default_constructible_v<typename Function::accumulator_type> ||
                       !std::is_move_assignable_v<typename Function::accumulator_type>) {
    return "its accumulators cannot be assigned";
  } else {
    return nullptr;
  }
}

template <class Key, bool Timed, class Selector, class Assigner, class Function>
class pre_aggregating_writer {
 public:
  using accumulator_type = typename Function::accumulator_type;
  using partial_type = partial_aggregate<travelling_key_t<Key>, accumulator_type>;
  static constexpr columns column_set{Timed, true};
  using batch_type = batch<partial_type, column_set>;

  pre_aggregating_writer(Selector selector, Assigner assigner, Function function)
      : selector_(std::move(selector)), assigner_(std::move(assigner)), function_(std::move(function)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] pre_aggregating_writer(const pre_aggregating_writer& other)
      : pre_aggregating_writer(other.selector_, other.assigner_, other.function_) {}
  [[gnu::noinline]] pre_aggregating_writer(pre_aggregating_writer&& other) noexcept
      : pre_aggregating_writer(std::move(other.selector_), std::move(other.assigner_), std::move(other.function_)) {}
  [[gnu::noinline]] ~pre_aggregating_writer() = default;
  pre_aggregating_writer& operator=(const pre_aggregating_writer&) = delete;
  pre_aggregating_writer& operator=(pre_aggregating_writer&&) = delete;

  void open(operator_context& context) {
    outputs_.open(context, 0);
    mode_ = context.subtask.pre_aggregate;
    combining_ = mode_ != pre_aggregation::off;
  }

  [[gnu::always_inline]] auto batch_local() {
    return local{this, callable_local<Selector>(selector_), callable_local<Function>(function_),
                 combiner_.entries(), combiner_.shift(), window_};
  }

  void absorb(const auto&, std::uint64_t records) {
    probed_ += records;
    if (probed_ >= probe_records_) adapt();
  }

  /// Each record sends one partial aggregate at most.
  std::size_t records_per_call() const noexcept { return outputs_.batch_records(); }
  bool ready() { return outputs_.ready(); }
  bool spilling() const { return outputs_.spilling(); }
  bool holds_output() const { return outputs_.holds_output(); }

  /// Sends what the watermark closes; it goes downstream after that.
  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out&) {
    watermark_ = watermark;
    advance_result result;
    if (watermark < earliest_last_) return result;
    const std::size_t sent_between_looks = std::min<std::size_t>(64, outputs_.batch_records());
    while (!combiner_.take_closed(walk_, watermark, sent_between_looks, [this](entry& closed) { send(closed); })) {
      if (outputs_.spilling()) {
        result.done = false;
        return result;
      }
    }
    end_walk();
    return result;
  }

  /// Behind any mark but a watermark the receiver may leave this sender out of its minimum, or count what is open.
  void mark(mark_kind kind, timestamp time) {
    if (kind != mark_kind::watermark) send_all();
    outputs_.mark(kind, time);
  }

  bool flush(flush_reason reason) { return outputs_.flush(reason); }
  void close() noexcept {}

 private:
  using table_type = combiner<Key, accumulator_type>;
  using entry = typename table_type::entry;
  using probe = typename table_type::probe;

  /// A window in the table by its instants, both ends included; none unless first <= last.
  struct open_window {
    timestamp first = max_timestamp;
    timestamp last = min_timestamp;
    typename table_type::window_number number = table_type::no_window;
  };

  struct local {
    pre_aggregating_writer* target;
    callable_local<Selector> selector;
    callable_local<Function> function;
    entry* entries;
    unsigned shift;
    open_window window;  ///< that the last record fell into

    template <class Record, class Out>
    [[gnu::always_inline]] void process(Record&& record, const Out& out) {
      decltype(auto) key = selector.get()(std::as_const(record));
      const probe wanted = table_type::key_type::probe_of(key);
      timestamp time{};
      if constexpr (Timed) time = out.meta().time;
      if (window.first <= time && time <= window.last) [[likely]] {
        entry& place = table_type::place_of(entries, shift, wanted, window.number);
        if (place.key.holds(wanted, key) && place.window == window.number) [[likely]] {
          function.get().add(place.accumulator, std::as_const(record));
          ++place.records;
          return;
        }
      }
      const open_window now = target->miss(std::as_const(record), key, wanted, time);
      entries = target->combiner_.entries();
      window.first = now.first;
      window.last = now.last;
      window.number = now.number;
    }
  };

  template <class Record, class KeyView>
  [[gnu::noinline]] open_window miss(const Record& record, const KeyView& key, const probe& wanted, timestamp time) {
    const bool goes_on = window_.first <= time && time <= window_.last;
    if (!goes_on && !open(assigner_.assign(time), time)) {
      send_alone(record, key, time);
      return window_;
    }
    entry& place = table_type::place_of(combiner_.entries(), combiner_.shift(), wanted, window_.number);
    if (!place.key.holds(wanted, key) || place.window != window_.number) {
      ++misses_;
      if (place.window != table_type::no_window) {
        ++conflicts_;
        if (place.defends()) {
          send_alone(record, key, time);
          return window_;
        }
        send(place);
      }
      place.key.assign(wanted, key);
      place.accumulator = function_.create();
      place.records = 0;
      place.challenges = 0;
      place.window = window_.number;
    }
    function_.add(place.accumulator, record);
    ++place.records;
    return window_;
  }

  /// Goes on in another window, if its records may be kept back.
  bool open(const time_window& window, timestamp time) {
    const timestamp last = window.max_timestamp();
    if (!combining_ || last <= watermark_) return false;
    const auto number = combiner_.number_of(last, time);
    if (number == table_type::no_window) return false;
    if (!combiner_.allocated()) combiner_.grow();
    window_ = {window.start, last, number};
    if (last < earliest_last_) earliest_last_ = last;
    return true;
  }

  /// At once: no more than the table holds goes beyond what the outputs have room for.
  void send_all() {
    combiner_.take_closed(walk_, max_timestamp, std::numeric_limits<std::size_t>::max(),
                          [this](entry& closed) { send(closed); });
    end_walk();
  }

  void end_walk() {
    earliest_last_ = walk_.earliest;
    if (walk_.all) held_ = 0;
    walk_ = {};
    window_ = {};  // it may be closed now, and numbers may start anew
  }

  void send(entry& sent) {
    send(sent.key.get(), sent.key.hash(), combiner_.instant_of(sent.window), sent.records, std::move(sent.accumulator));
  }

  template <class Record, class KeyView>
  void send_alone(const Record& record, const KeyView& key, timestamp time) {
    accumulator_type alone = function_.create();
    function_.add(alone, record);
    send(key, stable_hash(key), time, 1, std::move(alone));
  }

  template <class KeyView>
  void send(const KeyView& key, std::uint64_t hash, timestamp time, std::uint32_t records, accumulator_type&& sum) {
    output& out = outputs_[subtask_of_hash(hash, static_cast<std::uint32_t>(outputs_.size()))];
    typename batch_type::meta_type meta;
    if constexpr (Timed) meta.time = time;
    meta.hash = hash;
    out.template append<batch_type>(partial_type{travelling_key_t<Key>(key), records, std::move(sum)}, meta);
  }

  /// Combining pays where most records find their key. Where keys want each other's places the table grows; where most
  /// records find nothing all the same, it is given up and tried again after a while.
  void adapt() {
    held_ += probed_;
    if (held_ >= held_max) send_all();
    const bool automatic = mode_ == pre_aggregation::automatic;
    if (!combining_) {
      rested_ += probed_;
      combining_ = automatic && rested_ >= rest_records;
    } else if (conflicts_ * 20 > probed_ && combiner_.can_grow()) {
      combiner_.grow();
    } else if (automatic && misses_ * 10 > probed_ * 7) {
      combining_ = false;
      rested_ = 0;
      window_ = {};
    }
    probe_records_ = std::max(probe_records_min, std::uint64_t{2} * combiner_.entry_count());
    probed_ = 0;
    misses_ = 0;
    conflicts_ = 0;
  }

  static constexpr std::uint64_t probe_records_min = 4096;
  static constexpr std::uint64_t rest_records = 2 * 1024 * 1024;
  static constexpr std::uint64_t held_max = std::uint64_t{1} << 31;  // no count of an entry can overflow

  [[no_unique_address]] Selector selector_;
  Assigner assigner_;
  [[no_unique_address]] Function function_;
  output_set outputs_;
  table_type combiner_;
  open_window window_;  // that the last record kept back fell into
  timestamp watermark_ = min_timestamp;
  typename table_type::walk walk_;           // of a watermark that is being applied
  timestamp earliest_last_ = max_timestamp;  // of the windows in the table
  pre_aggregation mode_ = pre_aggregation::automatic;
  bool combining_ = true;
  std::uint64_t probe_records_ = probe_records_min;
  std::uint64_t probed_ = 0;  // records since the last look at the misses
  std::uint64_t misses_ = 0;
  std::uint64_t conflicts_ = 0;  // misses at a place that another key had
  std::uint64_t held_ = 0;    // records since the table was empty, at most
  std::uint64_t rested_ = 0;  // records since combining was given up
};

}  // namespace weir::detail
