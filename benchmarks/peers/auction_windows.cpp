// q5 and q7: the auction with the most bids, and the highest bid.
#include <vector>

#include "benchmarks/peers/auction_events.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

long long end_of(const auto& window) { return epoch_ms(window.window_end); }

/// Brings the whole stream to one subtask, after each has aggregated what it has.
auto all_together() {
  return key_by([](const auto&) { return 0; });
}

struct bid {
  BOOST_HANA_DEFINE_STRUCT(bid, (u64, auction), (u64, bidder), (u64, price));
};
struct keep_highest {
  void operator()(bid& held, const bid& other) const {
    if (is_higher(other, held)) held = other;
  }
  static bool is_higher(const bid& a, const bid& b) {
    if (a.price != b.price) return a.price > b.price;
    return a.auction != b.auction ? a.auction < b.auction : a.bidder < b.bidder;
  }
};

}  // namespace

outcome hottest_auctions(const run_options& options, const std::string& output) {
  using bid_count = window_result<u64, std::int64_t>;
  const auto auction = [](const auction_event& each) { return each.id; };
  const auto hotter = [](const bid_count& a, const bid_count& b) {
    return a.value > b.value || (a.value == b.value && a.key < b.key) ? a : b;
  };
  const u64 events = events_or(usual_events);
  std::vector<window_result<int, bid_count>> hottest;
  // Results of windows have the last instants of these as their times, so those of one end fall into one window of 2 s.
  const auto report = job("q5", bids(events) | key_by(auction) | window(sliding(10s, 2s)) |
                                    aggregate<"counts">(count()) | all_together() | window(tumbling(2s)) |
                                    aggregate<"hottest">(reduce(hotter).any_order()) | to<"out">(into(hottest)))
                          .run(options);
  const auto file = open_rows(output);
  for (const auto& each : hottest) {
    std::fprintf(file.get(), "%lld,%llu,%lld\n", end_of(each.value), static_cast<unsigned long long>(each.value.key),
                 static_cast<long long>(each.value.value));
  }
  return {events, seconds_of(report), check_of({0, hottest.size()})};
}

outcome highest_bids(const run_options& options, const std::string& output) {
  const u64 events = events_or(usual_events);
  std::vector<window_result<int, bid>> highest;
  const auto report = job("q7", bids(events) | map([](const auction_event& e) { return bid{e.id, e.other, e.price}; }) |
                                    all_together() | window(tumbling(10s)) |
                                    aggregate<"highest">(fold(bid{}, keep_highest{}, keep_highest{}).any_order()) |
                                    to<"out">(into(highest)))
                          .run(options);
  const auto file = open_rows(output);
  for (const auto& each : highest) {
    const bid& of = each.value;
    std::fprintf(file.get(), "%lld,%llu,%llu,%llu\n", end_of(each), static_cast<unsigned long long>(of.auction),
                 static_cast<unsigned long long>(of.bidder), static_cast<unsigned long long>(of.price));
  }
  return {events, seconds_of(report), check_of({0, highest.size()})};
}

}  // namespace weir::benchmarks
