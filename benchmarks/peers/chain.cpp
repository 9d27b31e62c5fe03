// w1: a stateless chain of maps and filters.
#include "benchmarks/peers/weirbench.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

outcome stateless_chain(const run_options& options, const std::string&) {
  const u64 events = events_or(100'000'000);
  sum_and_count total;
  const auto report =
      job("w1", from<"numbers">(generate([](u64 i) { return i; }, bounded(events))) |
                    map([](u64 x) { return x * 6364136223846793005U + 1442695040888963407U; }) |
                    filter([](u64 x) { return ((x >> 33) & 7) != 0; }) | map([](u64 x) { return x ^ (x >> 29); }) |
                    filter([](u64 x) { return (x & 3) != 1; }) | map([](u64 x) { return x + (x << 7); }) |
                    to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
          .run(options);
  return {events, seconds_of(report), check_of(total)};
}

}  // namespace weir::benchmarks
