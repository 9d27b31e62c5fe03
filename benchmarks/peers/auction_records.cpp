// q0, q1, q2: queries that look at each event alone.
#include "benchmarks/peers/auction_events.hpp"

namespace weir::benchmarks {
namespace {

/// Adds up the numbers that `steps` make of the events.
template <class Steps>
outcome sum_of(const char* name, const run_options& options, Steps steps) {
  const u64 events = events_or(usual_events);
  sum_and_count total;
  const auto report =
      job(name, untimed_events(events) | std::move(steps) | to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
          .run(options);
  return {events, seconds_of(report), check_of(total)};
}

auto keep_bids() {
  return filter([](const auction_event& event) { return is_bid(event); });
}

u64 number_of(timestamp time) { return static_cast<u64>(epoch_ms(time)); }

}  // namespace

outcome all_events(const run_options& options, const std::string&) {
  return sum_of("q0", options, map([](const auction_event& e) {
                  return static_cast<u64>(e.kind) + 3 * e.id + 5 * e.other + 7 * e.price + number_of(e.at);
                }));
}

outcome prices_in_euro(const run_options& options, const std::string&) {
  return sum_of(
      "q1", options,
      keep_bids() | update([](auction_event& bid) { bid.price = bid.price * 908 / 1000; }) |
          map([](const auction_event& bid) { return bid.id + 3 * bid.other + 5 * bid.price + number_of(bid.at); }));
}

outcome prices_of_chosen_auctions(const run_options& options, const std::string&) {
  return sum_of("q2", options, keep_bids() | filter([](const auction_event& bid) {
                                 return bid.id % 123 == 0;
                               }) | map([](const auction_event& bid) { return bid.id + 3 * bid.price; }));
}

}  // namespace weir::benchmarks
