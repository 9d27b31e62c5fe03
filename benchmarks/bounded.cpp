// Operators at the end of bounded input: a sort in memory and one that spills, against std::sort over a vector, and an
// aggregate per key, against a flat map. Each side reads the records from memory and adds up what it gives, in order.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/state_update.hpp"
#include "benchmarks/keyed_jobs.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/temporary_directory.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"

namespace weir::benchmarks {
namespace {

std::vector<keyed_number> records_of(std::uint64_t keys, std::uint64_t count) {
  std::vector<keyed_number> records;
  records.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(keyed_number_at(i, keys));
  return records;
}

// ---- sort -----------------------------------------------------------------------------------------------------------

/// Of records in another order it is another number.
struct in_order {
  std::uint64_t operator()(std::uint64_t check, const keyed_number& each) const { return check * 31 + each.value; }
  std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }  // of one subtask and zero
};

[[gnu::noinline]] std::uint64_t hand_sort(std::span<const keyed_number> records) {
  std::vector<keyed_number> held;
  for (const keyed_number& each : records) held.push_back(each);
  std::sort(held.begin(), held.end(),
            [](const keyed_number& left, const keyed_number& right) { return left.key < right.key; });
  std::uint64_t check = 0;
  for (const keyed_number& each : held) check = in_order{}(check, each);
  return check;
}

job sorted(std::span<const keyed_number> records, std::uint64_t& check) {
  return job("sorted", from(records) | sort_by<"sorted">(&keyed_number::key) |
                           to<"check">(reduce_into(check, std::uint64_t{0}, in_order{})));
}

// ---- aggregate ------------------------------------------------------------------------------------------------------

struct add_result {
  std::uint64_t operator()(std::uint64_t check, const auto& each) const { return check + (each.key ^ each.value); }
  std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }
};

[[gnu::noinline]] std::uint64_t hand_sums(std::span<const keyed_number> records) {
  hand_table<std::uint64_t> sums;
  for (const keyed_number& each : records) sums[each.key] += each.value;
  std::uint64_t check = 0;
  for (const auto& [key, sum] : sums) check += key ^ sum;
  return check;
}

job sums_of(std::span<const keyed_number> records, std::uint64_t& check) {
  return job("sums", from(records) | key_by(&keyed_number::key) | aggregate<"sums">(sum(&keyed_number::value)) |
                         to<"check">(reduce_into(check, std::uint64_t{0}, add_result{})));
}

// ---- both -----------------------------------------------------------------------------------------------------------

/// Runs a job on this thread, in one slot, and says how long its longest step was.
double seconds_in_steps(const job& job, benchmark::State& state) {
  using seconds = std::chrono::duration<double>;
  detail::system_clock clock;
  posix_storage storage;
  detail::job_execution execution(job.description(), detail::options_of({.slots = 1}), clock, storage);
  auto& subtasks = execution.subtasks();
  double longest = 0;
  const auto begun = std::chrono::steady_clock::now();
  auto before = begun;
  for (bool all_done = false; !all_done;) {
    all_done = true;
    for (auto subtask = subtasks.rbegin(); subtask != subtasks.rend(); ++subtask) {
      const detail::step_status status = execution.step(*subtask);
      if (status == detail::step_status::idle) subtask->task->flush(detail::flush_reason::idle);
      all_done = all_done && status == detail::step_status::done;
      const auto now = std::chrono::steady_clock::now();
      longest = std::max(longest, seconds(now - before).count());
      before = now;
    }
    if (execution.failed()) throw error(execution.failure());
  }
  const double spent = seconds(before - begun).count();
  execution.finish();
  state.counters["longest_step_ms"] = longest * 1e3;
  return spent;
}

/// Most of the records lie on the disk of $TMPDIR.
double seconds_in_64_MB(const job& job, benchmark::State& state) {
  const temporary_directory folder;
  run_options with{.slots = 1, .memory = std::size_t{64} << 20};
  with.state.directory = folder.path();
  const job_report report = job.run(with);
  state.counters["spilled_MB"] = static_cast<double>(report.find("sorted")->spilled_bytes) / 1e6;
  return std::chrono::duration<double>(report.duration).count();
}

using run_of_job = std::function<double(const job&, benchmark::State&)>;

/// Registers a side for `by_hand(records)` and one for each of `weirs`, which run what `make_job(records, check)` gives.
void add(const std::string& group, std::uint64_t keys, std::uint64_t count,
         std::uint64_t (*by_hand)(std::span<const keyed_number>),
         job (*make_job)(std::span<const keyed_number>, std::uint64_t&),
         const std::vector<std::pair<std::string, run_of_job>>& weirs) {
  const auto make = [=] { return records_of(keys, count); };
  add_side(group, "hand", count, [=, records = lazy(make)]() mutable {
    const std::span<const keyed_number> all(*records);
    return seconds_of([&] { return by_hand(all); });
  });
  for (const auto& [side, run] : weirs) {
    std::optional<std::uint64_t> expected;
    add_side(group, side, count, [=, run = run, records = lazy(make)](benchmark::State& state) mutable {
      const std::span<const keyed_number> all(*records);
      if (!expected) expected = by_hand(all);
      std::uint64_t check = 0;
      const double seconds = run(make_job(all, check), state);
      expect_equal(check, *expected);
      return seconds;
    });
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  const input_sizes size(argc, argv);
  const std::uint64_t sorted_records = size(1e7);
  // All keys differ, so that there is one order.
  add("bounded/sort/10M", sorted_records, sorted_records, hand_sort, sorted,
      {{"weir", seconds_in_steps}, {"weir_in_64MB", seconds_in_64_MB}});
  add("bounded/aggregate/1M_keys", size(1e6), size(4e6), hand_sums, sums_of, {{"weir", seconds_in_steps}});
  return run_benchmarks(argc, argv);
}
