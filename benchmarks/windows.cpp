// Counts per key in tumbling windows and in sessions, in one slot, against loops by hand; and what it takes to fire one
// window with a result for each of a million keys: nanoseconds of processor time per key, the longest step meanwhile,
// and the memory of a key's count before.
#include <ctime>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "benchmarks/baseline/windows.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

/// Events of so many keys, at random in the order of their times, or one of each at once.
struct event_maker {
  std::uint64_t keys;
  bool one_of_each = false;
  window_event operator()(std::uint64_t i) const {
    return one_of_each ? window_event{i, from_epoch_ms(0)} : window_event_at(keys, i);
  }
};

/// Folds the counts of `windows`.
template <class Windows>
job counts_job(event_maker make, std::uint64_t events, Windows windows, std::uint64_t& sum) {
  return job("counts", from<"events">(generate(make, bounded(events)), event_time(&window_event::at, ascending())) |
                           key_by(&window_event::key) | window(windows) |
                           aggregate<"counts">(count()) | map([](const window_result<std::uint64_t, std::int64_t>& each) {
                             return value_of_count(each.key, epoch_ms(each.window_end), each.value);
                           }) |
                           to<"sum">(reduce_into(sum, std::uint64_t{0}, std::plus<>{})));
}

template <class Windows>
void add(const std::string& name, std::uint64_t keys, std::uint64_t events, Windows windows,
         std::uint64_t (*by_hand)(std::uint64_t, std::uint64_t, std::int64_t), std::chrono::milliseconds length) {
  const std::string group = "windows/" + name;
  const auto expected = std::make_shared<lazy<std::function<std::uint64_t()>>>(
      [=] { return by_hand(keys, events, length.count()); });
  add_side(group, "hand", events, [=] {
    std::uint64_t sum = 0;
    const double seconds = seconds_of([&] { return sum = by_hand(keys, events, length.count()); });
    expect_equal(sum, **expected);
    return seconds;
  });
  add_side(group, "weir", events, [=] {
    std::uint64_t sum = 0;
    const double seconds = inline_run_seconds(counts_job({keys}, events, windows, sum));
    expect_equal(sum, **expected);
    return seconds;
  });
}

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds from the first result of the last stage to its end, in which nothing but results is made.
double firing_seconds(const job& job, std::uint64_t keys, benchmark::State& state) {
  detail::system_clock clock;
  posix_storage storage;
  detail::job_execution execution(job.description(), detail::options_of({.slots = 1}), clock, storage);
  auto& subtasks = execution.subtasks();
  const auto& fired = execution.metrics().back().front().operators.front();
  double firing = 0;
  double longest = 0;
  std::uint64_t bytes = 0;
  for (bool all_done = false; !all_done;) {
    all_done = true;
    for (auto subtask = subtasks.rbegin(); subtask != subtasks.rend(); ++subtask) {
      const double begun = thread_seconds();
      const detail::step_status status = execution.step(*subtask);
      const double step = thread_seconds() - begun;
      if (status == detail::step_status::idle) subtask->task->flush(detail::flush_reason::idle);
      all_done = all_done && status == detail::step_status::done;
      if (subtask != subtasks.rbegin()) continue;
      if (fired.records_out.get() == 0) {
        bytes = fired.state_bytes.get();
      } else if (status == detail::step_status::progress) {
        firing += step;
        longest = std::max(longest, step);
      }
    }
    if (execution.failed()) throw error(execution.failure());
  }
  execution.finish();
  expect_equal(fired.records_out.get(), keys);
  state.counters["ns_per_key"] = firing * 1e9 / static_cast<double>(keys);
  state.counters["longest_step_ms"] = longest * 1e3;
  state.counters["bytes_per_key"] = static_cast<double>(bytes) / static_cast<double>(keys);
  return firing;
}

/// One event of each key, all in one window.
template <class Windows>
void add_firing(const std::string& name, std::uint64_t keys, Windows windows) {
  add_side("windows/firing/" + name, "weir", keys, [=](benchmark::State& state) {
    std::uint64_t sum = 0;
    return firing_seconds(counts_job({keys, true}, keys, windows, sum), keys, state);
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  using namespace std::chrono_literals;
  const input_sizes sized(argc, argv);
  const std::uint64_t events = sized(8e6);
  add("tumbling/100_keys", 100, events, weir::tumbling(2s), hand_tumbling_counts, 2s);
  add("tumbling/1M_keys", sized(1e6), events, weir::tumbling(2s), hand_tumbling_counts, 2s);
  add("sessions/1M_keys", sized(1e6), events, weir::session(2001ms), hand_session_counts, 2001ms);
  add_firing("tumbling_100k_keys", sized(1e5), weir::tumbling(1s));
  add_firing("tumbling_1M_keys", sized(1e6), weir::tumbling(1s));
  add_firing("sessions_1M_keys", sized(1e6), weir::session(1s));
  return run_benchmarks(argc, argv);
}
