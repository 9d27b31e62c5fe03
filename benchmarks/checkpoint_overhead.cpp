// What checkpoints cost a running job: its time with one every second, durable, against its time without any, in one
// slot, so that the thread that writes them has a core to itself where there are two. Measured from the moment when all
// keys are there to the last record of the source; what a job does at its end does not count. Counters: the longest
// time for which a checkpoint kept a subtask from its next batch, as the runtime tells it, and how many checkpoints
// there were.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "benchmarks/campaign_events.hpp"
#include "benchmarks/campaign_job.hpp"
#include "benchmarks/keyed_jobs.hpp"
#include "benchmarks/lap_watch.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/temporary_directory.hpp"
#include "benchmarks/text_names.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::uint64_t checkpoints_min = 3;

struct add_counts {
  template <class Result>
  std::uint64_t operator()(std::uint64_t check, const Result& next) const {
    return check + static_cast<std::uint64_t>(next.value);
  }
  std::uint64_t operator()(std::uint64_t check, std::uint64_t next) const { return check + next; }
};

/// Registers both sides of a job. `make(watch, check)` makes it.
template <class Make>
void add(const std::string& name, std::uint64_t keys, std::uint64_t records, bool full, Make make) {
  const auto check_without = std::make_shared<std::uint64_t>(0);
  for (const bool with : {false, true}) {
    const auto run = [=](benchmark::State& state) {
      lap_watch watch(keys, keys + records - 1);
      std::uint64_t check = 0;
      run_options options;
      options.slots = 1;
      const temporary_directory directory;
      if (with) {
        options.checkpoints.directory = directory / "checkpoints";
        options.checkpoints.interval = std::chrono::seconds{1};
      }
      const job_report report = make(watch, check).run(options);
      if (*check_without == 0) *check_without = check;
      expect_equal(check, *check_without);
      if (!with) return watch.seconds();
      if (full && report.checkpoints_completed < checkpoints_min) {
        throw error("too few checkpoints were completed: the run was too short to tell what they cost");
      }
      state.counters["pause_ms"] = pause_ms_of(report);
      state.counters["checkpoints"] = static_cast<double>(report.checkpoints_completed);
      return watch.seconds();
    };
    add_side("checkpoint_overhead/" + name, with ? "every_second" : "without", records, run)->Iterations(1);
  }
}

void add_sums(const std::string& name, std::uint64_t keys, std::uint64_t records, bool full) {
  add(name, keys, records, full,
      [=](lap_watch& watch, std::uint64_t& check) { return sums_job(keys, records, watch, check); });
}

void add_names(const std::string& name, std::uint64_t keys, std::uint64_t records, bool full) {
  const auto make = [keys] { return text_names(keys); };
  const auto names = std::make_shared<lazy<decltype(make)>>(make);
  add(name, keys, records, full,
      [=](lap_watch& watch, std::uint64_t& check) { return names_job(**names, records, watch, check); });
}

void add_views(const std::string& name, std::uint64_t records, bool full) {
  const auto world = std::make_shared<const campaign_world>();
  add(name, 0, records, full, [=](lap_watch& watch, std::uint64_t& check) {
    const auto make = [world, &watch](std::uint64_t i) {
      watch.pass(i);
      return world->event(i);
    };
    return job(
        "campaign-views",
        from<"events">(generate(make, bounded(records)), event_time(&ad_event::event_time, ascending())) |
            filter([](const ad_event& event) { return event.event_type == "view"; }) |
            map([world](const ad_event& event) { return view{world->campaign_of().find(event.ad_id)->second}; }) |
            key_by(&view::campaign) | window(tumbling(std::chrono::milliseconds(window_ms))) |
            aggregate<"views">(count()) | to<"counts">(reduce_into(check, std::uint64_t{0}, add_counts{})));
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  const input_sizes size(argc, argv);
  // Five seconds and more each, without checkpoints.
  add_views("campaign_views", size(3e8), size.full());
  add_sums("1M_keys", size(1e6), size(2e8), size.full());
  add_sums("10M_keys", size(1e7), size(1.2e8), size.full());
  add_names("1M_names_with_lists_and_timers", size(1e6), size(4e7), size.full());
  return run_benchmarks(argc, argv);
}
