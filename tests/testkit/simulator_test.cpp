// The simulator itself: it repeats itself, finds planted bugs, and tells a deadlock from patience.
#include "weir/testkit/simulator.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/map.hpp"
#include "weir/dsl/partitioning.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"

namespace weir::testing {
namespace {

constexpr auto number = [](std::uint64_t i) { return i; };
constexpr std::uint64_t count_of_numbers = 500;

job counted(std::vector<std::uint64_t>& out) {
  return job("count", from<"numbers">(generate(number, bounded(count_of_numbers))) | rebalance() |
                          map([](std::uint64_t value) { return value; }) | rebalance() | to<"out">(into(out)));
}

TEST(simulator, makes_the_same_run_from_the_same_seed) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<std::uint64_t> out;
    std::vector<std::uint64_t> again;
    std::vector<simulation_step> trace;
    std::vector<simulation_step> trace_again;
    const auto first = simulate(counted(out), {.seed = seed, .slots = 3, .trace = &trace});
    const auto second = simulate(counted(again), {.seed = seed, .slots = 3, .trace = &trace_again});
    ASSERT_GT(trace.size(), 50U);
    ASSERT_TRUE(trace == trace_again) << "seed " << seed;
    ASSERT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    ASSERT_EQ(out, again) << "seed " << seed;
    ASSERT_EQ(out.size(), count_of_numbers);
    hashes.insert(first.trace_hash);
  }
  EXPECT_EQ(hashes.size(), 20U);
}

// ---- planted bugs ---------------------------------------------------------------------------------------------------

/// Holds one record back until the next one comes, and forgets it when a batch ends in between.
class dropping_operator {
 public:
  struct local {
    std::optional<std::uint64_t> held{};
    std::uint64_t count = 0;

    template <class Record, class Out>
    void process(Record&& record, const Out& out) {
      if (held) {
        out(*held);
        out(std::uint64_t{record});
        held.reset();
        count += 2;
      } else {
        held = record;
      }
    }
  };
  static local batch_local() { return {}; }
  std::uint64_t emitted(std::uint64_t, const local& finished) const { return finished.count; }
};

struct dropping_description : detail::operator_tag {
  template <class Stream>
  static constexpr bool accepts = true;
  template <class Stream>
  auto apply(Stream&& source) && {
    return detail::append<std::uint64_t>(std::forward<Stream>(source), dropping_operator{}, {.kind = "drop"});
  }
};

TEST(simulator, finds_an_operator_that_drops_a_record_at_the_end_of_a_batch) {
  std::optional<std::uint64_t> found_by;
  for (std::uint64_t seed = 0; seed < 1000 && !found_by; ++seed) {
    std::vector<std::uint64_t> out;
    simulate(job("planted", from<"numbers">(generate(number, bounded(1024))) | rebalance() | dropping_description{} |
                                to<"out">(into(out))),
             {.seed = seed});
    if (out.size() != 1024) found_by = seed;
  }
  EXPECT_TRUE(found_by);
  // It takes other batches than the usual ones: those of 512 records hide the bug.
  std::vector<std::uint64_t> out;
  job("planted",
      from<"numbers">(generate(number, bounded(1024))) | rebalance() | dropping_description{} | to<"out">(into(out)))
      .run({.slots = 1});
  EXPECT_EQ(out.size(), 1024U);
}

/// A sink that never takes anything, as an operator that waits for what cannot come.
struct stuck_terminal {
  template <class Record, class Out>
  void process(Record&&, const Out&) {}
  static bool ready() noexcept { return false; }
  static bool spilling() noexcept { return false; }
  static bool holds_output() noexcept { return false; }
  void mark(detail::mark_kind, timestamp) noexcept {}
  static bool flush(detail::flush_reason) noexcept { return true; }
  void close() noexcept {}
};

TEST(simulator, names_the_seed_of_a_deadlock) {
  auto stage = detail::plain_stage(from<"numbers">(generate(number)) | rebalance() |
                                   map([](std::uint64_t value) { return value; }));
  const job stuck("stuck", pipeline({detail::close_stage(std::move(stage), stuck_terminal{}, 0)}));
  try {
    simulate(stuck, {.seed = 17, .slots = 2});
    FAIL() << "must stall";
  } catch (const error& stalled) {
    EXPECT_STREQ(stalled.what(),
                 "simulation of job 'stuck' with seed 17 and 2 slots has stalled: no subtask can go on and no source "
                 "waits for input; not done are 'from<\"numbers\">' subtask 1, 'map' subtask 1, 'map' subtask 2");
  }
}

TEST(simulator, names_the_seed_of_a_failure) {
  const job broken("broken", from({1}) | map([](int) -> int { throw error("never"); }) | to<"out">(discard()));
  try {
    simulate(broken, {.seed = 5});
    FAIL() << "must fail";
  } catch (const error& failed) {
    EXPECT_STREQ(failed.what(),
                 "simulation of job 'broken' with seed 5 and 1 slots failed: job 'broken', stage 'from | map | "
                 "to<\"out\">', subtask 1 of 1, at about element 0 of the range: never");
  }
}

TEST(simulator, gives_up_on_a_run_without_end) {
  const job endless("endless", from<"numbers">(generate(number)) | to<"out">(discard()));
  EXPECT_THROW(simulate(endless, {.decisions_max = 1000}), error);
}

TEST(simulator, waits_for_input_that_comes_with_the_clock) {
  std::vector<std::uint64_t> out;
  const auto report = simulate(job("slow", from<"numbers">(generate(number).rate(10)) | to<"out">(into(out))),
                               {.seed = 1, .stop_after = 20'000});
  EXPECT_GT(report.events.clock_advances, 100U);
  EXPECT_GT(report.duration, std::chrono::seconds{1});
  EXPECT_GT(out.size(), 10U);
}

}  // namespace
}  // namespace weir::testing
