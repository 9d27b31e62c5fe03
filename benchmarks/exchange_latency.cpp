// The time that records take across a keyed exchange in 2 slots when they come at a fixed rate, whether the job keeps
// up or not: record i is due at start + i / rate, and its latency counts from then until the sink has it. Of all
// records, half of which go to the other slot. Counters: percentiles in microseconds, and how many cores the job kept
// busy.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

constexpr double seconds = 3;
constexpr double warm_up_seconds = 0.5;

struct message {
  std::uint64_t key;
  std::uint64_t index;
};

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

class paced_run {
 public:
  explicit paced_run(double rate)
      : rate_(rate), made_(static_cast<std::size_t>(seconds * rate)), received_(made_.size()) {}

  double cores_busy() {
    const double before = cpu_seconds();
    const job paced(
        "latency",
        from<"messages">(generate([this](std::uint64_t i) { return make(i); }, bounded(made_.size())).rate(rate_)) |
            key_by(&message::key) | reduce<"latest">([](const message&, const message& next) { return next; }) |
            to<"clock">(for_each([this](const message& m) { received_[m.index] = now_ns(); })));
    const auto report = paced.run({.slots = 2});
    return (cpu_seconds() - before) / std::chrono::duration<double>(report.duration).count();
  }

  /// Microseconds, sorted. No record is made before it is due: so the start is no later than any record's making less
  /// the time after which it is due, and the least of these is the start, to within the time that making a record
  /// takes.
  std::vector<double> latencies() const {
    std::int64_t start = made_[0];
    for (std::size_t i = 0; i < made_.size(); ++i) start = std::min(start, made_[i] - due_after(i));
    std::vector<double> found;
    for (auto i = static_cast<std::size_t>(warm_up_seconds * rate_); i < made_.size(); ++i) {
      if (received_[i] == 0) throw error("a record was lost");
      found.push_back(1e-3 * static_cast<double>(received_[i] - start - due_after(i)));
    }
    std::ranges::sort(found);
    return found;
  }

 private:
  message make(std::uint64_t index) {
    made_[index] = now_ns();
    return {random_number(1, index) % 1000, index};
  }
  std::int64_t due_after(std::size_t index) const {
    return static_cast<std::int64_t>(1e9 * static_cast<double>(index) / rate_);
  }

  double rate_;
  std::vector<std::int64_t> made_;
  std::vector<std::int64_t> received_;
};

void measure(benchmark::State& state, double rate) {
  for (auto _ : state) {
    paced_run run(rate);
    const double cores = run.cores_busy();
    const auto sorted = run.latencies();
    const auto percentile = [&](double part) { return sorted[static_cast<std::size_t>(part * (sorted.size() - 1.0))]; };
    state.SetIterationTime(1e-6 * percentile(0.5));
    state.counters["p50_us"] = percentile(0.5);
    state.counters["p99_us"] = percentile(0.99);
    state.counters["p99_99_us"] = percentile(0.9999);
    state.counters["cores_busy"] = cores;
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  for (const auto& [name, rate] : {std::pair("10k_per_second", 1e4), std::pair("1M_per_second", 1e6)}) {
    benchmark::RegisterBenchmark((std::string("exchange_latency/") + name + "/weir").c_str(), weir::benchmarks::measure,
                                 rate)
        ->Iterations(1)
        ->UseManualTime();
  }
  return weir::benchmarks::run_benchmarks(argc, argv);
}
