// A timer per key, which is registered again at a random later time whenever it fires, with set semantics: weir's
// timer_queue with the registered times in the rows of a keyed_table, as operators keep them, against a priority queue
// with a hash set. Filling them up does not count.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmarks/baseline/timers.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/timer_queue.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::int64_t delay_max = 10'000;       // ms
constexpr std::int64_t watermark_interval = 50;  // ms
constexpr std::int64_t end = 10'000;             // ms

struct result {
  std::size_t fired = 0;
  std::uint64_t sum = 0;

  void add(std::uint64_t key, std::int64_t time) {
    ++fired;
    sum += key * static_cast<std::uint64_t>(time);
  }
  friend bool operator==(const result&, const result&) = default;
};

/// When the timer of a key that fired at `time` fires next.
std::int64_t time_after(std::int64_t time, std::uint64_t key) {
  return time + 1 + static_cast<std::int64_t>(random_number(key, static_cast<std::uint64_t>(time)) % delay_max);
}

/// What a process function keeps for a key that has one timer.
struct timer_row {
  bool registered = false;
  timestamp time;
};

class weir_timers {
 public:
  void add(timestamp time, std::uint64_t key) {
    const std::uint64_t hash = stable_hash(key);
    add(rows_.find_or_create(key, hash, [] { return timer_row(); }), time, key, hash);
  }

  void fire(timestamp watermark, result& into) {
    timer_queue<std::uint64_t>::entry due;
    while (queue_.pop_due(watermark, due, [this](std::uint64_t hash) { rows_.prefetch(hash); })) {
      timer_row* const row = rows_.find(due.key, due.hash);
      if (row == nullptr || !row->registered || row->time != due.time) continue;
      row->registered = false;
      into.add(due.key, epoch_ms(due.time));
      add(*row, from_epoch_ms(time_after(epoch_ms(due.time), due.key)), due.key, due.hash);
    }
  }

 private:
  void add(timer_row& row, timestamp time, std::uint64_t key, std::uint64_t hash) {
    if (row.registered && row.time == time) return;
    row = {true, time};
    queue_.push(time, key, hash);
  }

  keyed_table<std::uint64_t, timer_row> rows_;
  timer_queue<std::uint64_t> queue_;
};

result run_by_hand(const std::vector<std::uint64_t>& keys, double& seconds) {
  hand_timers timers;
  for (const std::uint64_t key : keys) timers.add(time_after(0, key), key);
  result found;
  seconds = seconds_of([&] {
    hand_timer due;
    for (std::int64_t watermark = 0; watermark <= end; watermark += watermark_interval) {
      while (timers.take(watermark, due)) {
        found.add(due.key, due.time);
        timers.add(time_after(due.time, due.key), due.key);
      }
    }
    return found.sum;
  });
  return found;
}

result run_weir(const std::vector<std::uint64_t>& keys, double& seconds) {
  weir_timers timers;
  for (const std::uint64_t key : keys) timers.add(from_epoch_ms(time_after(0, key)), key);
  result found;
  seconds = seconds_of([&] {
    for (std::int64_t watermark = 0; watermark <= end; watermark += watermark_interval) {
      timers.fire(from_epoch_ms(watermark), found);
    }
    return found.sum;
  });
  return found;
}

void add(const std::string& name, std::size_t count) {
  const std::string group = "timers/" + name;
  const std::size_t fired =
      count * 1718 / 1000;  // about: e - 1 times each, because the delays are uniform up to the end
  const auto keys = [=] { return random_numbers(1, count); };
  add_side(group, "hand", fired, [keys = lazy(keys)]() mutable {
    double seconds = 0;
    run_by_hand(*keys, seconds);
    return seconds;
  });
  const auto by_hand = [=] {
    double seconds = 0;
    return run_by_hand(keys(), seconds);
  };
  add_side(group, "weir", fired, [keys = lazy(keys), expected = lazy(by_hand)]() mutable {
    double seconds = 0;
    const result found = run_weir(*keys, seconds);
    expect_equal(found, *expected);
    return seconds;
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add("1k_live", 1'000);
  weir::benchmarks::add("1M_live", 1'000'000);
  return weir::benchmarks::run_benchmarks(argc, argv);
}
