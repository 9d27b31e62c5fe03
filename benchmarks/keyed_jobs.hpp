#pragma once
// Jobs with keyed state that the benchmarks of state and checkpoints run: their records, functions and, where several
// programs run them, the jobs.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "benchmarks/lap_watch.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/text_names.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

// ---- a running sum per key ------------------------------------------------------------------------------------------

struct keyed_number {
  BOOST_HANA_DEFINE_STRUCT(keyed_number, (std::uint64_t, key), (std::uint64_t, value));
};

/// Record `index`: first every one of `keys` keys once, then any of them. No two numbers have the same key.
inline keyed_number keyed_number_at(std::uint64_t index, std::uint64_t keys) {
  const std::uint64_t number = index < keys ? index : random_number(2, index) % keys;
  return {random_number(1, number), index};
}

/// Reads, changes and writes the sum of the key, and emits it.
struct running_sum {
  BOOST_HANA_DEFINE_STRUCT(running_sum, (value_state<std::uint64_t>, sum));
  using output_type = std::uint64_t;
  void process(const keyed_number& each, auto&, auto& out) {
    const std::uint64_t next = sum.value_or(0) + each.value;
    sum = next;
    out(next);
  }
};

// ---- suspicious payments: three values per account ------------------------------------------------------------------

inline constexpr std::uint32_t small_cents = 10'000;
inline constexpr std::uint32_t large_cents = 90'000;
inline constexpr std::int64_t suspicious_ms = 60'000;

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::uint64_t, account), (std::int64_t, time_ms), (std::uint32_t, cents));
};

struct suspicion {
  BOOST_HANA_DEFINE_STRUCT(suspicion, (std::uint64_t, account), (std::uint64_t, spent));
};

/// Payment `index`: first one of every account, then of any. A tenth is small, a tenth is large.
inline payment payment_at(std::uint64_t index, std::uint64_t accounts) {
  const keyed_number drawn = keyed_number_at(index, accounts);
  return {drawn.key, static_cast<std::int64_t>(index / 20),
          static_cast<std::uint32_t>(random_number(3, index) % 100'000)};
}

/// Emits where a large payment follows a small one of the same account within a minute.
struct payment_watch {
  BOOST_HANA_DEFINE_STRUCT(payment_watch, (value_state<bool>, small_seen), (value_state<std::int64_t>, seen_at),
                           (value_state<std::uint64_t>, spent));
  using output_type = suspicion;
  void process(const payment& each, auto&, auto& out) {
    const std::uint64_t total = spent.value_or(0) + each.cents;
    spent = total;
    if (each.cents > large_cents && small_seen.value_or(false) && each.time_ms - *seen_at <= suspicious_ms) {
      out(suspicion{each.account, total});
    }
    const bool is_small = each.cents < small_cents;
    small_seen = is_small;
    if (is_small) seen_at = each.time_ms;
  }
};

// ---- lists and timers under string keys -----------------------------------------------------------------------------

struct named_number {
  BOOST_HANA_DEFINE_STRUCT(named_number, (std::string_view, name), (std::uint64_t, value), (timestamp, time));
};

/// Keeps up to eight numbers of each name in a list, and one timer, which is registered again after it has fired.
struct recent_numbers {
  BOOST_HANA_DEFINE_STRUCT(recent_numbers, (list_state<std::uint64_t>, recent), (value_state<bool>, armed));
  using output_type = std::uint64_t;
  void process(const named_number& each, auto& context, auto& out) {
    if (recent.get().size() == 8) {
      out(recent.get().front());
      recent.clear();
    }
    recent.add(each.value);
    if (armed.has_value()) return;
    armed = true;
    const auto delay = std::chrono::milliseconds{60'000 + random_number(4, each.value) % 540'000};
    context.register_event_time_timer(each.time + delay);
  }
  void on_timer(timestamp, auto&, auto& out) {
    armed.clear();
    out(recent.get().size());
  }
};

// ---- jobs -----------------------------------------------------------------------------------------------------------

struct add_up {
  std::uint64_t operator()(std::uint64_t check, std::uint64_t next) const { return check + next; }
};

/// Running sums of `keys` keys over `records` records behind the first ones of all keys. `check` gets the sum of all.
inline job sums_job(std::uint64_t keys, std::uint64_t records, lap_watch& watch, std::uint64_t& check) {
  const auto make = [keys, &watch](std::uint64_t i) {
    watch.pass(i);
    return keyed_number_at(i, keys);
  };
  return job("sums", from<"numbers">(generate(make, bounded(keys + records))) | key_by(&keyed_number::key) |
                         process<"sums">(running_sum{}) | to<"check">(reduce_into(check, std::uint64_t{0}, add_up{})));
}

/// The same with recent_numbers; a hundred records come in a millisecond of event time.
inline job names_job(const text_names& names, std::uint64_t records, lap_watch& watch, std::uint64_t& check) {
  const auto make = [&names, &watch](std::uint64_t i) {
    watch.pass(i);
    const std::uint64_t drawn = i < names.size() ? i : random_number(2, i) % names.size();
    return named_number{names[drawn], i, from_epoch_ms(static_cast<std::int64_t>(i / 100))};
  };
  return job("names", from<"numbers">(generate(make, bounded(names.size() + records)),
                                      event_time(&named_number::time, ascending())) |
                          key_by(&named_number::name) | process<"recent">(recent_numbers{}) |
                          to<"check">(reduce_into(check, std::uint64_t{0}, add_up{})));
}

/// The longest time for which a checkpoint kept a subtask of a job from its next batch.
inline double pause_ms_of(const job_report& report) {
  std::chrono::nanoseconds longest{0};
  for (const stage_report& stage : report.stages) longest = std::max(longest, stage.checkpoint_pause_max);
  return std::chrono::duration<double, std::milli>(longest).count();
}

}  // namespace weir::benchmarks
