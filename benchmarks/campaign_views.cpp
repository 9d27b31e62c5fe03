// Campaign views from structs in memory: weir in 1 and 2 slots against the hand-written loop with hashed windows, and
// against the loop that knows its keys (`hand_dense`).
#include "benchmarks/baseline/campaign_views.hpp"
#include "benchmarks/campaign_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t cache_resident = 8 * 1024;
constexpr std::size_t streamed = 4 * 1024 * 1024;

const campaign_world& world() {
  static const campaign_world made;
  return made;
}

std::span<const ad_event> input(std::size_t count) {
  static const std::vector<ad_event> events = world().events(streamed);
  return std::span(events).first(count);
}

void add(const std::string& size, std::size_t events, std::size_t slots) {
  const std::string group = "campaign_views/" + size + "/" + std::to_string(slots) + (slots == 1 ? "_slot" : "_slots");
  const auto by_hand = [=] { return hand_campaign_views(world(), input(events), slots); };
  const auto expected = [=] { return sorted_counts(hand_campaign_views_dense(world(), input(events))); };
  add_side(group, "hand", events, [=, expected = lazy(expected)]() mutable {
    std::vector<campaign_count> counted;
    const double seconds = seconds_of([&] { return (counted = by_hand()).size(); });
    expect_equal(sorted_counts(std::move(counted)), *expected);
    return seconds;
  });
  add_side(group, "weir", events, [=, expected = lazy(expected)]() mutable {
    campaign_results counted;
    const double seconds = run_seconds(views_job(world(), input(events), counted), slots);
    expect_equal(sorted_counts(counted), *expected);
    return seconds;
  });
  if (slots > 1) return;
  add_side(group, "hand_dense", events,
           [=] { return seconds_of([=] { return hand_campaign_views_dense(world(), input(events)).size(); }); });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add("cache_resident", cache_resident, 1);
  add("streamed", streamed, 1);
  add("streamed", streamed, 2);
  return run_benchmarks(argc, argv);
}
