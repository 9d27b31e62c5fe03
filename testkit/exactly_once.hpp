#pragma once
// Whether a job writes every result exactly once, whatever happens to it. In a GoogleTest, over a job of one's own:
//   EXPECT_EXACTLY_ONCE(my_job, job_files().given("in.csv", text).expect("out.csv", lines), seeds(1000));
//   EXPECT_EXACTLY_ONCE(my_job, job_files().given("in.csv", text), every_crash());
//   EXPECT_EXACTLY_ONCE(draw_job, seeds(1000));   // each run is of the job, with the files, that draw_job(seed) gives
// Each seed is one simulated run (weir/testkit/simulator.hpp) on a disk of its own, in which the process dies, calls
// of the disk fail, functions throw, snapshots are damaged and commits come late or twice. WEIR_SEED=17 begins with
// another seed, WEIR_SEEDS=10000 makes so many runs of every job; without WEIR_SEED some fresh seeds, which are printed,
// are run besides.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "weir/dsl/job.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {

/// The files that a job reads, and what it must have written once it has ended. Where nothing is expected, the files are
/// compared with those of a run without faults in one slot.
class job_files {
 public:
  /// A file that is there before the job starts.
  job_files& given(std::string path, std::string text);
  /// A file that has these lines in the end, in any order.
  job_files& expect(std::string path, std::vector<std::string> lines);
  job_files& expect_text(std::string path, const std::string& text);
  /// The files that match a shell pattern have these lines in the end, together and in any order; each of them begins
  /// with `header`, which is not counted, unless it is empty.
  job_files& expect_parts(std::string pattern, std::string header, std::vector<std::string> lines);
  /// `problem(disk)` looks at what the job has left and says what is wrong, in one sentence; empty: nothing.
  job_files& check(std::function<std::string(const memory_storage& disk)> problem);

  // For check_exactly_once:
  void put_on(memory_storage& disk) const;
  /// What is wrong with what a job has left on `disk`; empty: nothing.
  std::string problem_on(const memory_storage& disk) const;
  bool expects_nothing() const noexcept { return expected_.empty() && !check_; }
  /// Expects all that a run has left on `disk`.
  void expect_all_of(const memory_storage& disk);

 private:
  struct expectation {
    std::string pattern;
    std::string header;
    std::vector<std::string> lines;  // sorted
  };
  std::string problem_of(const expectation& expected, const memory_storage& disk) const;
  bool is_left_over(const std::string& path) const;

  std::vector<std::pair<std::string, std::string>> given_;
  std::vector<expectation> expected_;
  std::function<std::string(const memory_storage&)> check_;
};

/// So many runs, and the most that each may meet. A run draws which kinds of faults it meets.
struct seeds {
  explicit seeds(std::uint64_t runs) : count(runs) {}

  std::uint64_t count;
  std::uint64_t first = 0;    ///< unless WEIR_SEED says another
  std::size_t slots_max = 3;  ///< a run begins in 1 to this many
  /// Seed, slots and storage are those of the run.
  simulation_options options{.crashes_max = 5,
                             .slots_after_crash_max = 4,
                             .storage_errors_max = 4,
                             .failures_max = 4,
                             .damaged_snapshots_max = 2,
                             .commit_faults_max = 20};
};

/// One run for every moment of one seed's schedule at which the process can die: before and after every step, flush and
/// piece of a checkpoint, and before and after every call of the disk that changes something. For small jobs.
struct every_crash {
  std::uint64_t seed = 0;
  std::size_t slots = 2;
  std::size_t slots_after_crash_max = 3;
  std::uint64_t runs_max = 20'000;  ///< more are refused: the job is too large
};

/// A job that was drawn from a seed, what it reads and what it must write.
struct drawn_job {
  job under_test;
  job_files files;
};

struct exactly_once_report {
  std::string problem;  ///< in one run, with its seed; empty: every result was there exactly once
  std::uint64_t runs = 0;
  simulation_events events;  ///< over all runs

  bool holds() const noexcept { return problem.empty(); }
};

/// Runs until a problem is found. If none is, prints one line: the seeds, and how many faults of each kind were met.
exactly_once_report check_exactly_once(const job& job, job_files files, const seeds& runs);
exactly_once_report check_exactly_once(const job& job, job_files files, const every_crash& runs);
/// The jobs of all seeds have one name.
exactly_once_report check_exactly_once(const std::function<drawn_job(std::uint64_t seed)>& draw, const seeds& runs);

}  // namespace weir::testing

/// Fails, naming the seed, what it met and the first lines that are missing or surplus. Needs GoogleTest.
#define EXPECT_EXACTLY_ONCE(...)                                                                               \
  switch (0)                                                                                                   \
  case 0:                                                                                                      \
  default:                                                                                                     \
    if (const auto weir_report = ::weir::testing::check_exactly_once(__VA_ARGS__); weir_report.holds())        \
      ;                                                                                                        \
    else                                                                                                       \
      ADD_FAILURE() << weir_report.problem
