#pragma once
// How often a simulated run met what it was made to meet.
#include <cstdint>
#include <string>

namespace weir::testing {

/// Counts by kind. A test whose counts are zero has tested nothing.
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
  std::uint64_t storage_calls = 0;        ///< that change something
  std::uint64_t checkpoints = 0;          ///< complete ones
  std::uint64_t failed_checkpoints = 0;   ///< given up because of an error
  std::uint64_t overtaken_checkpoints = 0;  ///< given up for the next one
  std::uint64_t slow_copies = 0;          ///< times when nothing could be copied into a checkpoint for a while
  std::uint64_t crashes = 0;              ///< of the process
  std::uint64_t crashes_in_storage = 0;   ///< of them, those within a call of the disk
  std::uint64_t crashes_in_checkpoint = 0;  ///< of them, those while a checkpoint was under way
  std::uint64_t storage_errors = 0;       ///< calls of the disk that failed
  std::uint64_t failed_attempts = 0;      ///< because of such an error, or of an exception in a function of the job
  std::uint64_t failed_restarts = 0;      ///< of them, those that could not begin after another one in their process
  std::uint64_t failed_processes = 0;     ///< of them, those that ended the process
  std::uint64_t restores = 0;             ///< from a checkpoint; otherwise the job began anew
  std::uint64_t rescales = 0;             ///< restores in another number of slots
  std::uint64_t damaged_snapshots = 0;    ///< after they were published
  std::uint64_t skipped_snapshots = 0;    ///< restores that took the one before a damaged one
  std::uint64_t late_completions = 0;     ///< checkpoints committed some time after they were published
  std::uint64_t lost_completions = 0;     ///< checkpoints committed together with a later one
  std::uint64_t repeated_commits = 0;     ///< of the newest checkpoint
  std::uint64_t stale_commits = 0;        ///< of an older one

  /// Adds up over runs.
  simulation_events& operator+=(const simulation_events& other);
  /// "4 crashes, 2 rescales": all that are not zero.
  std::string text() const;
};

}  // namespace weir::testing
