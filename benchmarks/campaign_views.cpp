// Campaign views from structs in memory: weir in 1 and 2 slots against the hand-written single loop.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "benchmarks/baseline/campaign_views.hpp"
#include "benchmarks/inline_run.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

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

using results = std::vector<window_result<std::int32_t, std::int64_t>>;

job views_job(std::span<const ad_event> events, results& counted) {
  return job("campaign-views",
             from(events, event_time(&ad_event::event_time, ascending())) |
                 filter([](const ad_event& event) { return event.event_type == "view"; }) |
                 map([campaign_of = &world().campaign_of()](const ad_event& event) {
                   return view{campaign_of->find(event.ad_id)->second};
                 }) |
                 key_by(&view::campaign) | window(tumbling(10s)) | aggregate<"views">(count()) |
                 to<"counts">(into(counted)));
}

bool equal(const results& counted, std::vector<campaign_count> expected) {
  std::vector<campaign_count> found;
  for (const auto& each : counted) found.push_back({each.key, epoch_ms(each.window_start), each.value});
  std::ranges::sort(found);
  std::ranges::sort(expected);
  return found == expected;
}

void by_hand(benchmark::State& state) {
  const auto events = input(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(hand_campaign_views(world(), events));
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void with_weir(benchmark::State& state) {
  const auto events = input(static_cast<std::size_t>(state.range(0)));
  const auto slots = static_cast<std::size_t>(state.range(1));
  const auto expected = hand_campaign_views(world(), events);
  results counted;
  const job views = views_job(events, counted);
  for (auto _ : state) {
    counted.clear();
    if (slots == 1) {
      state.SetIterationTime(inline_run_seconds(views));
    } else {
      const job_report report = views.run({.slots = slots});
      state.SetIterationTime(std::chrono::duration<double>(report.duration).count());
    }
    if (!equal(counted, expected)) state.SkipWithError("the counts differ");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void add(const char* name, std::int64_t events) {
  const std::string prefix = std::string("campaign_views/") + name;
  benchmark::RegisterBenchmark((prefix + "/1_slot/hand").c_str(), by_hand)->Args({events, 1})->UseManualTime();
  benchmark::RegisterBenchmark((prefix + "/1_slot/weir").c_str(), with_weir)->Args({events, 1})->UseManualTime();
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add("cache_resident", cache_resident);
  add("streamed", streamed);
  benchmark::RegisterBenchmark("campaign_views/streamed/2_slots/hand", by_hand)
      ->Args({static_cast<std::int64_t>(streamed), 2})
      ->UseManualTime();
  benchmark::RegisterBenchmark("campaign_views/streamed/2_slots/weir", with_weir)
      ->Args({static_cast<std::int64_t>(streamed), 2})
      ->UseManualTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
