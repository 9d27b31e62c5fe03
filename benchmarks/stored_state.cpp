// State in RocksDB. Each measurement is a process of its own, because what counts is also the memory that it took.
//   50M_keys             running sums over 50 million keys with 512 MiB for them, against a loop by hand. All keys are
//   in
//                        the database before the clock starts. resident_of_limit: the most memory of the process, as a
//                        part of the limit
//   1M_keys_in_memory    the running count and sum of the comparison with other systems (benchmarks/peers, w4-1m), 10
//                        million events (60 with checkpoints), all rows in the cache: of_flinks_time is the time that
//                        it takes, as a part of the time of Flink 2.2.0 with RocksDB (0.44 M events/s without
//                        checkpoints, 0.32 with one every second, in one slot on the same class of machine)
//   1M_names_with_lists_and_timers    the longest time for which a checkpoint kept a subtask from its next batch
//   stored_state sums|hand|totals|names KEYS RECORDS MEMORY_MIB CHECKPOINT_MS      runs one and prints its figures
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "benchmarks/baseline/stored_sums.hpp"
#include "benchmarks/keyed_jobs.hpp"
#include "benchmarks/lap_watch.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/temporary_directory.hpp"

namespace weir::benchmarks {
namespace {

constexpr double flink_per_second = 0.44e6;
constexpr double flink_per_second_with_checkpoints = 0.32e6;

struct task {
  std::string what;
  std::uint64_t keys;
  std::uint64_t records;
  std::uint64_t memory_mib;
  std::uint64_t checkpoint_ms;
};
using figures = std::map<std::string, double>;

// ---- in the process that is measured --------------------------------------------------------------------------------

struct running_total {
  BOOST_HANA_DEFINE_STRUCT(running_total, (std::uint64_t, key), (std::uint32_t, value), (std::uint32_t, count),
                           (std::uint64_t, sum));
};

job totals_job(std::uint64_t keys, std::uint64_t records, lap_watch& watch) {
  const auto make = [keys, &watch](std::uint64_t i) {
    watch.pass(i);
    const std::uint64_t r = random_number(4000, i);
    return running_total{(r >> 11) % keys, static_cast<std::uint32_t>(r & 1023), 1, r & 1023};
  };
  return job("totals", from<"events">(generate(make, bounded(records))) | key_by(&running_total::key) |
                           reduce<"totals">([](const running_total& so_far, const running_total& next) {
                             return running_total{next.key, next.value, so_far.count + 1, so_far.sum + next.value};
                           }) |
                           to<"out">(discard()));
}

double resident_mib_max() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

figures run_job(const job& made, const task& asked, const temporary_directory& directory) {
  run_options options;
  options.slots = 1;
  options.state = {
      .backend = state_backend::rocksdb, .directory = directory / "state", .memory = asked.memory_mib << 20};
  if (asked.checkpoint_ms != 0) {
    options.checkpoints.directory = directory / "checkpoints";
    options.checkpoints.interval = std::chrono::milliseconds(asked.checkpoint_ms);
  }
  const job_report report = made.run(options);
  return {{"pause_ms", pause_ms_of(report)}, {"checkpoints", static_cast<double>(report.checkpoints_completed)}};
}

figures run(const task& asked) {
  const temporary_directory directory;
  const bool loads = asked.what != "totals";
  lap_watch watch(loads ? asked.keys : 0, (loads ? asked.keys : 0) + asked.records - 1);
  std::uint64_t check = 0;
  figures found;
  if (asked.what == "hand") {
    check =
        hand_stored_sums(directory / "hand", asked.memory_mib << 20, asked.keys + asked.records, [&](std::uint64_t i) {
          watch.pass(i);
          return keyed_number_at(i, asked.keys);
        });
  } else if (asked.what == "sums") {
    found = run_job(sums_job(asked.keys, asked.records, watch, check), asked, directory);
  } else if (asked.what == "totals") {
    found = run_job(totals_job(asked.keys, asked.records, watch), asked, directory);
  } else if (asked.what == "names") {
    const text_names names(asked.keys);
    found = run_job(names_job(names, asked.records, watch, check), asked, directory);
  } else {
    throw error("stored_state knows no '" + asked.what + "'; give sums, hand, totals or names");
  }
  found["check"] = static_cast<double>(check % (std::uint64_t{1} << 48));
  found["seconds"] = watch.seconds();
  found["resident_mib"] = resident_mib_max();
  return found;
}

// ---- in the program that measures -----------------------------------------------------------------------------------

/// What a process of its own prints: "NAME VALUE" a line.
figures run_apart(const task& asked) {
  std::ostringstream command;
  command << "/proc/" << ::getpid() << "/exe " << asked.what << ' ' << asked.keys << ' ' << asked.records << ' '
          << asked.memory_mib << ' ' << asked.checkpoint_ms;
  std::FILE* const output = ::popen(command.str().c_str(), "r");
  if (output == nullptr) throw error("cannot start " + command.str());
  figures found;
  char name[64];
  double value = 0;
  while (std::fscanf(output, "%63s %lf", name, &value) == 2) found[name] = value;
  if (::pclose(output) != 0) throw error(command.str() + " failed");
  return found;
}

template <class Show>
void add(const std::string& group, const std::string& side, const task& asked, Show show) {
  add_side("stored_state/" + group, side, asked.records, [=](benchmark::State& state) {
    figures found = run_apart(asked);
    show(found, state);
    return found["seconds"];
  })->Iterations(1);
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  if (argc == 6 && argv[1][0] != '-') {
    const auto number = [&](int index) { return std::strtoull(argv[index], nullptr, 10); };
    try {
      for (const auto& [name, value] : run({argv[1], number(2), number(3), number(4), number(5)})) {
        std::printf("%s %.17g\n", name.c_str(), value);
      }
      return 0;
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "%s\n", failure.what());
      return 1;
    }
  }
  const input_sizes size(argc, argv);
  const auto expected = std::make_shared<double>(0);
  for (const bool by_hand : {true, false}) {
    const task asked{by_hand ? "hand" : "sums", size(5e7), size(5e6), std::max<std::uint64_t>(32, size(512)), 0};
    add("50M_keys", by_hand ? "hand" : "weir", asked, [asked, expected](figures& found, benchmark::State& state) {
      if (*expected == 0) *expected = found["check"];
      expect_equal(found["check"], *expected);
      state.counters["resident_of_limit"] = found["resident_mib"] / static_cast<double>(asked.memory_mib);
    });
  }
  for (const bool with : {false, true}) {
    const task asked{"totals", size(1e6), size(with ? 6e7 : 1e7), 512, with ? 1000u : 0u};  // some seconds with them
    const double flinks_time =
        static_cast<double>(asked.records) / (with ? flink_per_second_with_checkpoints : flink_per_second);
    add(with ? "1M_keys_in_memory_with_checkpoints" : "1M_keys_in_memory", "weir", asked,
        [flinks_time](figures& found, benchmark::State& state) {
          state.counters["of_flinks_time"] = found["seconds"] / flinks_time;
        });
  }
  add("1M_names_with_lists_and_timers", "weir", {"names", size(1e6), size(1e7), 512, 1000},
      [](figures& found, benchmark::State& state) {
        state.counters["pause_ms"] = found["pause_ms"];
        state.counters["checkpoints"] = found["checkpoints"];
      });
  return run_benchmarks(argc, argv);
}
