#pragma once
// Runs a job on one thread under a scheduler that a seed drives: which subtask goes next, how much a channel and a
// batch hold, when part-filled batches are flushed, when the clock moves, which edges are slow. Whatever it does, a job
// must give the same results; one seed always gives the same run, so that a failure can be looked into.
//   for (std::uint64_t seed = 0; seed < 200; ++seed) simulate(my_job, {.seed = seed, .slots = 2});
// With faults the job takes checkpoints. The process may die, at any decision or within any call of the disk, which
// loses what was not synced; calls of the disk may fail; the job's functions may throw; snapshots may be damaged; news
// of complete checkpoints may come late, or twice. Each time the job is restored from its newest checkpoint, after the
// end of a process in another number of slots. weir/testkit/exactly_once.hpp compares what comes of it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/dsl/job.hpp"
#include "weir/testkit/simulation_events.hpp"

namespace weir::testing {

/// What the scheduler decided, and what came of it.
struct simulation_step {
  enum class action : std::uint8_t {
    step,
    flush,
    hold,
    advance_clock,
    stop,
    checkpoint,
    crash,
    fail,
    damage,
    overtake,
    commit_again,
    hold_completions,
    stall_copies
  };
  action what;
  std::uint64_t where = 0;   ///< index of the subtask or channel
  std::uint64_t result = 0;  ///< of a step: its status; else how much
  friend bool operator==(const simulation_step&, const simulation_step&) = default;
};

/// A moment of the first process of a run.
struct crash_point {
  enum class moment : std::uint8_t { before_decision, before_storage_call, after_storage_call };
  moment when;
  std::uint64_t number;  ///< decisions count from 1, calls that change something from 0
};

struct simulation_options {
  std::uint64_t seed = 0;
  std::size_t slots = 1;
  weir::storage* storage = nullptr;               ///< null: an empty memory_storage
  std::size_t channel_capacity_max = 4;           ///< capacities are 1 to this
  std::size_t batch_records_max = 512;            ///< batches hold 1 to 16 records, now and then this many; never more
  std::size_t crashes_max = 0;                    ///< the process dies up to so often; then checkpoints are taken
  std::size_t slots_after_crash_max = 0;          ///< restored in 1 to this many slots; 0: in as many as before
  std::chrono::milliseconds downtime_max{0};      ///< the clock goes on by up to so much between two processes
  std::size_t storage_errors_max = 0;             ///< calls of the disk fail up to so often
  std::size_t failures_max = 0;                   ///< subtasks and fault_point() throw up to so often
  std::size_t damaged_snapshots_max = 0;          ///< the newest snapshot, before a restore, while no result file is visible
  std::size_t commit_faults_max = 0;              ///< see commit_faults.hpp; up to so many
  std::optional<crash_point> crash_at{};          ///< the process dies there and nowhere else; every decision is one step
  std::optional<std::uint64_t> stop_after{};      ///< asks the job to stop after so many decisions
  std::optional<std::uint64_t> savepoint_after{};  ///< asks for one, in "savepoint", after so many decisions
  std::function<void(const savepoint_report&)> on_savepoint{};  ///< called when it is complete
  std::size_t memory = 0;                         ///< for state, as run_options have it; a job that takes more has failed
  state_options state{};                          ///< where keyed state is; for rocksdb the test registers a stand-in
  std::uint64_t decisions_max = 50'000'000;       ///< a run that takes more is given up
  std::vector<simulation_step>* trace = nullptr;  ///< every decision is appended
};

/// The checkpoint directory of runs with faults.
inline constexpr const char* simulated_checkpoints = "checkpoints-of-the-simulation";

struct simulation_report : job_report {
  simulation_events events;
  std::uint64_t trace_hash = 0;  ///< equal for equal runs
};

/// Runs `job` to its end, over all faults. With faults `storage` must be a memory_storage. Throws weir::error, which
/// names the seed, if the job fails for another reason, if it finds a snapshot damaged that nobody damaged, or if it
/// stalls: when no subtask can go on, every slow edge has delivered, all is flushed and no source waits for input, it is
/// deadlocked.
simulation_report simulate(const job& job, const simulation_options& options = {});

}  // namespace weir::testing
