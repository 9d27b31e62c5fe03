// How long results stay away after a failure, in seconds, with the state of a million keys and a checkpoint every
// second. recovery/exception   from an exception in a subtask to the first new result of the restarted job, with the
// delay before
//                      a restart that jobs have by default, 100 ms, and without
// recovery/sigkill     from SIGKILL of the process of a job under --supervise to the first result that was computed
//                      after it, complete and visible in the output directory: so a whole checkpoint interval is in it
// For the latter the program starts itself as a job; the environment variable says so.
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/keyed_jobs.hpp"
#include "benchmarks/lap_watch.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/temporary_directory.hpp"
#include "weir/connectors/csv.hpp"

extern char** environ;

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

constexpr const char* job_variable = "WEIR_BENCHMARK_JOB";  // "KEYS DIRECTORY"
constexpr auto patience = 60s;
constexpr auto look_again_after = 1ms;

// ---- exception ------------------------------------------------------------------------------------------------------

/// Fails once when it is asked to, and notes when, and when results come again.
class failure_watch {
 public:
  void fail_next() noexcept { armed_.store(true, std::memory_order_release); }
  void process() {
    if (!armed_.load(std::memory_order_relaxed)) [[likely]]
      return;
    armed_.store(false, std::memory_order_relaxed);
    failed_ns_.store(steady_ns(), std::memory_order_relaxed);
    throw std::runtime_error("the failure that the benchmark measures");
  }
  void take_result() noexcept {
    if (failed_ns_.load(std::memory_order_relaxed) == 0 || back_ns_.load(std::memory_order_relaxed) != 0) return;
    back_ns_.store(steady_ns(), std::memory_order_release);
  }
  bool is_back() const noexcept { return back_ns_.load(std::memory_order_acquire) != 0; }
  double seconds() const noexcept { return 1e-9 * static_cast<double>(back_ns_.load() - failed_ns_.load()); }

 private:
  std::atomic<bool> armed_{false};
  std::atomic<std::int64_t> failed_ns_{0};
  std::atomic<std::int64_t> back_ns_{0};
};

/// running_sum in a process function that may fail.
struct failing_sum {
  BOOST_HANA_DEFINE_STRUCT(failing_sum, (value_state<std::uint64_t>, sum));
  using output_type = std::uint64_t;
  explicit failing_sum(failure_watch* w = nullptr) : watch(w) {}
  void process(const keyed_number& each, auto&, auto& out) {
    watch->process();
    const std::uint64_t next = sum.value_or(0) + each.value;
    sum = next;
    out(next);
  }
  failure_watch* watch;
};

template <class Condition>
void wait_until(Condition&& holds, const char* what) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) throw error(std::string("nothing happened: ") + what);
    std::this_thread::sleep_for(look_again_after);
  }
}

/// Somewhere between two checkpoints, at another place each time.
void wait_a_part_of_a_second() {
  static int waited = 0;
  std::this_thread::sleep_for(std::chrono::milliseconds{++waited * 370 % 1000});
}

double exception_seconds(std::uint64_t keys, std::chrono::milliseconds delay) {
  const temporary_directory directory;
  run_options options;
  options.slots = 1;
  options.checkpoints.directory = directory / "checkpoints";
  options.checkpoints.interval = 1s;
  options.restart.strategy = restart_kind::fixed_delay;
  options.restart.delay = delay;
  failure_watch watch;
  const auto make = [keys](std::uint64_t i) { return keyed_number_at(i, keys); };
  const auto take = [&watch](std::uint64_t) { watch.take_result(); };
  job_handle running =
      job("failing", from<"numbers">(generate(make, bounded(std::uint64_t{1} << 60)).rate(1e15)) |
                         key_by(&keyed_number::key) | process<"sums">(failing_sum{&watch}) | to<"out">(for_each(take)))
          .start(options);
  wait_until([&] { return !running.running() || running.metrics().checkpoints_completed >= 2; }, "no checkpoints");
  wait_a_part_of_a_second();
  watch.fail_next();
  wait_until([&] { return !running.running() || watch.is_back(); }, "the job did not come back");
  if (!watch.is_back()) running.wait();  // throws what it failed with
  running.cancel();
  return watch.seconds();
}

// ---- SIGKILL --------------------------------------------------------------------------------------------------------

/// Emits one of some thousand sums.
struct sampled_sum {
  BOOST_HANA_DEFINE_STRUCT(sampled_sum, (value_state<std::uint64_t>, sum));
  using output_type = keyed_number;
  void process(const keyed_number& each, auto&, auto& out) {
    const std::uint64_t next = sum.value_or(0) + each.value;
    sum = next;
    if (each.value % 4096 == 0) out(keyed_number{each.key, next});
  }
};

/// The job of the process that is killed. Its own process id stands in the file `pid`.
int run_job(const std::string& told, int argc, char** argv) {
  char* directory_at = nullptr;
  const std::uint64_t keys = std::strtoull(told.c_str(), &directory_at, 10);
  const std::string directory = directory_at + 1;
  return command_line("sums", "What the benchmark of recovery runs.").run(argc, argv, [&] {
    const std::string path = directory + "/pid";
    std::ofstream(path + ".new") << ::getpid() << '\n';
    std::filesystem::rename(path + ".new", path);
    const auto make = [keys](std::uint64_t i) { return keyed_number_at(i, keys); };
    return job("sums", from<"numbers">(generate(make, bounded(std::uint64_t{1} << 60)).rate(1e15)) |
                           key_by(&keyed_number::key) | process<"sums">(sampled_sum{}) |
                           to<"out">(csv(weir::directory(directory + "/out"))));
  });
}

/// The job under its supervisor; both end with the object.
class supervised_job {
 public:
  supervised_job(std::uint64_t keys, const temporary_directory& directory) : directory_(directory) {
    const std::string told = std::string(job_variable) + '=' + std::to_string(keys) + ' ' + directory.path();
    std::vector<std::string> arguments = {"recovery",
                                          "run",
                                          "--supervise",
                                          "--checkpoint-dir",
                                          directory / "checkpoints",
                                          "--checkpoint-interval",
                                          "1s",
                                          "--slots",
                                          "1",
                                          "--log-level",
                                          "error"};
    std::vector<char*> argv;
    for (std::string& each : arguments) argv.push_back(each.data());
    argv.push_back(nullptr);
    std::vector<char*> environment;
    for (char** each = environ; *each != nullptr; ++each) environment.push_back(*each);
    environment.push_back(const_cast<char*>(told.c_str()));
    environment.push_back(nullptr);
    if (::posix_spawn(&supervisor_, "/proc/self/exe", nullptr, nullptr, argv.data(), environment.data()) != 0) {
      throw error("cannot start the job that shall be killed");
    }
  }
  ~supervised_job() {
    ::kill(supervisor_, SIGKILL);  // the job's process gets SIGTERM by that
    ::waitpid(supervisor_, nullptr, 0);
    const pid_t left = worker();
    if (left > 0) ::kill(left, SIGKILL);
    std::this_thread::sleep_for(100ms);
  }
  supervised_job(const supervised_job&) = delete;
  supervised_job& operator=(const supervised_job&) = delete;

  /// The process that runs the job; 0 before there is one.
  pid_t worker() const {
    pid_t found = 0;
    std::ifstream(directory_ / "pid") >> found;
    return found;
  }

  /// Whether a visible part was written to after `since` of the file system's clock.
  bool has_part_since(std::filesystem::file_time_type since) const {
    std::error_code none;
    for (const auto& each : std::filesystem::directory_iterator(directory_ / "out", none)) {
      const bool visible = each.path().filename().string().front() != '.' && each.path().extension() == ".csv";
      if (visible && each.last_write_time(none) > since && each.file_size(none) > 0) return true;
    }
    return false;
  }

 private:
  const temporary_directory& directory_;
  pid_t supervisor_ = -1;
};

double sigkill_seconds(std::uint64_t keys) {
  const temporary_directory directory;
  const supervised_job running(keys, directory);
  // Results of two checkpoints, so that all keys are loaded and a checkpoint is there to go on from.
  for (int i = 0; i < 2; ++i) {
    const auto since = std::filesystem::file_time_type::clock::now();
    wait_until([&] { return running.has_part_since(since); }, "the job that shall be killed gives no results");
  }
  wait_a_part_of_a_second();
  const pid_t killed = running.worker();
  const std::int64_t begun = steady_ns();
  ::kill(killed, SIGKILL);
  std::this_thread::sleep_for(10ms);  // what was on its way to a file has come there
  const auto at = std::filesystem::file_time_type::clock::now();
  wait_until([&] { return running.has_part_since(at); }, "no result after the kill");
  const double seconds = 1e-9 * static_cast<double>(steady_ns() - begun);
  if (running.worker() == killed) throw error("results came although no new process did");
  return seconds;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  if (const char* const told = std::getenv(job_variable)) return run_job(told, argc, argv);
  const input_sizes size(argc, argv);
  const std::uint64_t keys = size(1e6);
  for (const auto& [name, delay] : {std::pair("default_delay", 100ms), std::pair("no_delay", 0ms)}) {
    add_side(std::string("recovery/exception/") + name, "weir", 1, [keys, delay = delay](benchmark::State& state) {
      const double seconds = exception_seconds(keys, delay);
      state.counters["seconds"] = seconds;
      return seconds;
    })->Iterations(1);
  }
  add_side("recovery/sigkill", "weir", 1, [keys](benchmark::State& state) {
    const double seconds = sigkill_seconds(keys);
    state.counters["seconds"] = seconds;
    return seconds;
  })->Iterations(1);
  return run_benchmarks(argc, argv);
}
