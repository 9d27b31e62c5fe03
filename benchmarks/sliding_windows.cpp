// Sliding windows of 60 s, one begun every second, against tumbling windows of one second on the same input: a million
// records per second of event time. `hand` is weir's tumbling windows with sums, `weir` the sliding ones, whose sums are
// added to and subtracted from; `weir_max` is sliding windows with maxima, which cannot be subtracted.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seconds = 90;  // longer than a window: slices come and go
constexpr std::uint64_t records_per_second = 1'000'000;
constexpr std::uint64_t records = seconds * records_per_second;
constexpr std::uint64_t slides = 60;  // of a window

struct event {
  BOOST_HANA_DEFINE_STRUCT(event, (std::uint32_t, key), (std::uint32_t, amount), (timestamp, at));
};

event event_at(std::uint64_t keys, std::uint64_t i) {
  const std::uint64_t random = random_number(7, i);
  return {static_cast<std::uint32_t>(((random >> 32) * keys) >> 32), static_cast<std::uint32_t>(random % 1000),
          from_epoch_ms(static_cast<std::int64_t>(i / (records_per_second / 1000)))};
}

/// Adds up all results.
template <class Windows, class Aggregate>
job totals_job(std::uint64_t keys, Windows windows, Aggregate aggregated, std::int64_t& total) {
  return job("totals",
             from<"events">(generate([keys](std::uint64_t i) { return event_at(keys, i); }, bounded(records)),
                            event_time(&event::at, ascending())) |
                 key_by(&event::key) | window(windows) | aggregate<"totals">(aggregated) |
                 map([](const auto& result) { return static_cast<std::int64_t>(result.value); }) |
                 to<"total">(reduce_into(total, std::int64_t{0}, std::plus<>{})));
}

/// What the sliding windows of maxima add up to, by plain loops.
std::int64_t total_of_maxima(std::uint64_t keys) {
  std::vector<std::int64_t> largest(seconds * keys, -1);
  for (std::uint64_t i = 0; i < records; ++i) {
    const event each = event_at(keys, i);
    std::int64_t& held = largest[i / records_per_second * keys + each.key];
    held = std::max<std::int64_t>(held, each.amount);
  }
  std::int64_t total = 0;
  for (std::uint64_t end = 0; end < seconds + slides - 1; ++end) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      std::int64_t held = -1;
      for (std::uint64_t second = end < slides ? 0 : end - slides + 1; second <= end && second < seconds; ++second) {
        held = std::max(held, largest[second * keys + key]);
      }
      total += std::max<std::int64_t>(held, 0);
    }
  }
  return total;
}

void add(const std::string& name, std::uint64_t keys) {
  const std::string group = "sliding_windows/" + name;
  const auto total_of_sums = [=] {
    std::int64_t total = 0;
    for (std::uint64_t i = 0; i < records; ++i) total += event_at(keys, i).amount;
    return total;
  };
  const auto add_job = [&](const std::string& side, auto windows, auto aggregated, auto expected) {
    add_side(group, side, records, [=, expected = lazy(expected)]() mutable {
      std::int64_t total = 0;
      const double spent = inline_run_seconds(totals_job(keys, windows, aggregated, total));
      expect_equal(total, *expected);
      return spent;
    });
  };
  add_job("hand", tumbling(1s), sum(&event::amount), total_of_sums);
  add_job("weir", sliding(60s, 1s), sum(&event::amount),
          [=] { return total_of_sums() * static_cast<std::int64_t>(slides); });
  add_job("weir_max", sliding(60s, 1s), max(&event::amount), [=] { return total_of_maxima(keys); });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add("1k_keys", 1'000);
  add("100k_keys", 100'000);
  return run_benchmarks(argc, argv);
}
