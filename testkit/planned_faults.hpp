#pragma once
// Which faults a simulated run meets, and when: drawn anew for every process and every attempt, within the limits of the
// options. The simulator asks at every decision.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/mortal_storage.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {

class planned_faults {
 public:
  /// All of them outlive it.
  planned_faults(const simulation_options& options, random_numbers& random, const simulation_events& events)
      : options_(options), random_(random), events_(events) {}
  planned_faults(const planned_faults&) = delete;
  planned_faults& operator=(const planned_faults&) = delete;
  ~planned_faults();

  /// Whether there may be any.
  static bool wanted_by(const simulation_options& options);

  /// Plans the death of a process that begins: two fifths die at a decision, two within a call of the disk, one lives on.
  void begin_process(mortal_storage& process);
  /// Plans the failure of an attempt that begins: two thirds are made to fail, and two thirds meet an error of the disk.
  void begin_attempt(mortal_storage& process);

  bool crashes_at(std::uint64_t decision) const noexcept { return crash_at_ == decision; }
  bool fails_at(std::uint64_t decision) const noexcept { return fail_at_ == decision; }

  /// Before a restore: damages the newest snapshot, if there is another to go back to, and returns its id.
  std::optional<std::uint64_t> damage_newest(memory_storage& disk);
  const std::set<std::uint64_t>& damaged() const noexcept { return damaged_; }

  /// Whether one more commit may be disturbed; it counts.
  bool take_commit_fault() { return commit_faults_++ < options_.commit_faults_max; }

 private:
  const simulation_options& options_;
  random_numbers& random_;
  const simulation_events& events_;
  std::optional<std::uint64_t> crash_at_;  // a decision
  std::optional<std::uint64_t> fail_at_;   // a decision
  bool crash_was_planned_ = false;         // that of the options
  std::size_t failures_ = 0;
  std::size_t commit_faults_ = 0;
  std::set<std::uint64_t> damaged_;  // snapshots
};

}  // namespace weir::testing
