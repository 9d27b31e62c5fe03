#pragma once
// What may go wrong with checkpoints: one is given up for the next; what still has to be copied cannot be; nobody hears
// for a while, or ever, that one is complete; sinks are told so twice, or of an old one. The simulator makes it happen within one attempt.
#include <cstdint>
#include <optional>
#include <set>

#include "weir/core/storage.hpp"
#include "weir/runtime/job_attempt.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/testkit/simulation_events.hpp"
#include "weir/testkit/simulator.hpp"

namespace weir::testing {

class commit_faults {
 public:
  /// All of them outlive it. The attempt takes checkpoints; `disk` is the one below its process.
  commit_faults(detail::job_attempt& attempt, storage& disk, simulation_events& events)
      : attempt_(attempt), disk_(disk), events_(events) {}

  /// One of them, drawn; `damaged` snapshots cannot be read. Returns what it was, with where == 0 if it could not be.
  simulation_step meet(random_numbers& random, std::uint64_t decision, const std::set<std::uint64_t>& damaged);

  /// Ends those whose time has come.
  void release_due(std::uint64_t decision);
  /// Ends all.
  void release();

 private:
  bool overtake();
  bool commit_again(random_numbers& random, const std::set<std::uint64_t>& damaged);
  void hold_completions(std::uint64_t until);
  void stall_copies(std::uint64_t until);
  void release_completions();
  void release_copies();

  detail::job_attempt& attempt_;
  storage& disk_;
  simulation_events& events_;
  std::optional<std::uint64_t> completions_until_;  // a decision
  std::optional<std::uint64_t> copies_until_;       // a decision
  std::uint64_t complete_before_ = 0;               // checkpoints when completions were held
};

}  // namespace weir::testing
