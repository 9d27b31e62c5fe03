#pragma once
// Runs a job on one thread under a scheduler that a seed drives: which subtask goes next, how much a channel and a
// batch hold, when part-filled batches are flushed, when the clock moves, which edges are slow. Whatever it does, a job
// must give the same results; one seed always gives the same run, so that a failure can be looked into.
//   for (std::uint64_t seed = 0; seed < 200; ++seed) simulate(my_job, {.seed = seed, .slots = 2});
// With crashes the process dies, at any decision or within any call of the disk, which loses what was not synced; then
// the job is restored from its newest checkpoint, in another number of slots.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/dsl/job.hpp"

namespace weir::testing {

/// What the scheduler decided, and what came of it.
struct simulation_step {
  enum class action : std::uint8_t { step, flush, hold, advance_clock, stop, checkpoint, crash };
  action what;
  std::uint64_t where = 0;   ///< index of the subtask or channel
  std::uint64_t result = 0;  ///< of a step: its status; else how much
  friend bool operator==(const simulation_step&, const simulation_step&) = default;
};

struct simulation_options {
  std::uint64_t seed = 0;
  std::size_t slots = 1;
  weir::storage* storage = nullptr;               ///< null: an empty memory_storage
  std::size_t channel_capacity_max = 4;           ///< capacities are 1 to this
  std::size_t batch_records_max = 512;            ///< batches hold 1 to 16 records, now and then this many; never more
  std::size_t crashes_max = 0;                    ///< the process dies up to so often; then checkpoints are taken
  std::size_t slots_after_crash_max = 0;          ///< restored in 1 to this many slots; 0: in as many as before
  std::optional<std::uint64_t> stop_after{};      ///< asks the job to stop after so many decisions
  std::optional<std::uint64_t> savepoint_after{};  ///< asks for one, in "savepoint", after so many decisions
  std::function<void(const savepoint_report&)> on_savepoint{};  ///< called when it is complete
  std::uint64_t decisions_max = 50'000'000;       ///< a run that takes more is given up
  std::vector<simulation_step>* trace = nullptr;  ///< every decision is appended
};

/// How often a run met what it was made to meet. A test whose counts are zero has tested nothing.
struct simulation_events {
  std::uint64_t decisions = 0;
  std::uint64_t steps = 0;            ///< of subtasks
  std::uint64_t reordered_steps = 0;  ///< of them, those that took-turns scheduling would not have made next
  std::uint64_t full_channels = 0;    ///< steps that could not be made because an output was full
  std::uint64_t spilled_batches = 0;
  std::uint64_t largest_spill = 0;  ///< batches that one step sent beyond the room of its channels, at most
  std::uint64_t flushes = 0;        ///< of part-filled batches
  std::uint64_t slow_edges = 0;     ///< channels that hid their batches for a while
  std::uint64_t clock_advances = 0;
  std::uint64_t checkpoints = 0;          ///< complete ones
  std::uint64_t crashes = 0;              ///< of the process
  std::uint64_t crashes_in_storage = 0;   ///< of them, those within a call of the disk
  std::uint64_t crashes_in_checkpoint = 0;  ///< of them, those while a checkpoint was under way
  std::uint64_t restores = 0;             ///< from a checkpoint; after other crashes the job began anew
  std::uint64_t rescales = 0;             ///< restores in another number of slots
};

struct simulation_report : job_report {
  simulation_events events;
  std::uint64_t trace_hash = 0;  ///< equal for equal runs
};

/// Runs `job` to its end, over all crashes. With crashes `storage` must be a memory_storage. Throws weir::error, which names the seed, if the job fails or stalls: when no subtask can go
/// on, every slow edge has delivered, all is flushed and no source waits for input, it is deadlocked.
simulation_report simulate(const job& job, const simulation_options& options = {});

}  // namespace weir::testing
