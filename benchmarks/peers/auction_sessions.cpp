// q11: how often bidders bid before they pause.
#include <chrono>

#include "benchmarks/peers/auction_events.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds session_gap = 1s;

}  // namespace

outcome bidder_sessions(const run_options& options, const std::string&) {
  const u64 events = events_or(usual_events);
  sum_and_count total;
  const auto report = job("q11", bids(events) | map([](const auction_event& bid) { return bid.other; }) |
                                     key_by([](u64 bidder) { return bidder; }) | window(session(session_gap)) |
                                     aggregate<"sessions">(count()) |
                                     map([](const window_result<u64, std::int64_t>& each) {
                                       const u64 bids = static_cast<u64>(each.value);
                                       const u64 last = static_cast<u64>(epoch_ms(each.window_end - session_gap));
                                       return mix(each.key) * bids * bids + last;
                                     }) |
                                     to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
                          .run(options);
  return {events, seconds_of(report), check_of(total)};
}

}  // namespace weir::benchmarks
