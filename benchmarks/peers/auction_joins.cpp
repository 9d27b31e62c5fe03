// q3 and q8: persons and the auctions that they open, in all time and within the same ten seconds.
#include <utility>
#include <vector>

#include "benchmarks/peers/auction_events.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

/// That a person has registered, or has opened an auction.
struct activity {
  BOOST_HANA_DEFINE_STRUCT(activity, (u64, person), (u64, auction));  // auction 0: has registered
  bool is_registration() const { return auction == 0; }
};

auto activities() {
  return map([](const auction_event& event) {
    return is_person(event) ? activity{event.id, 0} : activity{event.other, event.id};
  });
}

/// Gives each auction of a person who has registered, whichever of both comes first. A person registers once.
struct auctions_of_registered {
  BOOST_HANA_DEFINE_STRUCT(auctions_of_registered, (value_state<bool>, registered), (list_state<u64>, waiting));
  using output_type = activity;

  void process(const activity& each, auto&, auto& out) {
    if (each.is_registration()) {
      registered = true;
      for (const u64 auction : waiting.get()) out(activity{each.person, auction});
      waiting.clear();
    } else if (registered.has_value()) {
      out(each);
    } else {
      waiting.add(each.auction);
    }
  }
};

/// What a person did in a window.
struct window_activity {
  BOOST_HANA_DEFINE_STRUCT(window_activity, (bool, registered), (std::vector<u64>, auctions));
};
struct add_activity {
  void operator()(window_activity& held, const activity& each) const {
    if (each.is_registration()) {
      held.registered = true;
    } else {
      held.auctions.push_back(each.auction);
    }
  }
};

}  // namespace

outcome sellers_of_some_states(const run_options& options, const std::string&) {
  const u64 events = events_or(usual_events);
  sum_and_count total;
  const auto report = job("q3", untimed_events(events) | filter([](const auction_event& event) {
                                  return is_person(event) ? event.category < 3
                                                          : is_auction(event) && event.category == 10;
                                }) | activities() |
                                    key_by(&activity::person) | process<"sellers">(auctions_of_registered{}) |
                                    map([](const activity& each) { return 3 * each.person + each.auction; }) |
                                    to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
                          .run(options);
  return {events, seconds_of(report), check_of(total)};
}

outcome auctions_of_newcomers(const run_options& options, const std::string&) {
  using newcomer = window_result<u64, window_activity>;
  const u64 events = events_or(usual_events);
  sum_and_count total;
  const auto report =
      job("q8", timed_events(events) | filter([](const auction_event& event) { return !is_bid(event); }) |
                    activities() | key_by(&activity::person) | window(tumbling(10s)) |
                    aggregate<"newcomers">(fold(window_activity{}, add_activity{})) |
                    flat_map<u64>([](const newcomer& each, auto&& emit) {
                      if (!each.value.registered) return;
                      const u64 start = static_cast<u64>(epoch_ms(each.window_start));
                      for (const u64 auction : each.value.auctions) emit(3 * each.key + auction + start);
                    }) |
                    to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
          .run(options);
  return {events, seconds_of(report), check_of(total)};
}

}  // namespace weir::benchmarks
