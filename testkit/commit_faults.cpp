#include "weir/testkit/commit_faults.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/runtime/restored_snapshot.hpp"
#include "weir/state/snapshot_store.hpp"

namespace weir::testing {

simulation_step commit_faults::meet(random_numbers& random, std::uint64_t decision,
                                    const std::set<std::uint64_t>& damaged) {
  const std::uint64_t looks = 1 + random.below(random.one_in(4) ? 3000 : 300);
  switch (random.below(4)) {
    case 0:
      return {simulation_step::action::overtake, overtake() ? 1u : 0u, 0};
    case 1:
      hold_completions(decision + looks);
      return {simulation_step::action::hold_completions, 1, looks};
    case 2:
      stall_copies(decision + looks);
      return {simulation_step::action::stall_copies, 1, looks};
    default:
      return {simulation_step::action::commit_again, commit_again(random, damaged) ? 1u : 0u, 0};
  }
}

void commit_faults::release_due(std::uint64_t decision) {
  if (completions_until_ && *completions_until_ <= decision) release_completions();
  if (copies_until_ && *copies_until_ <= decision) release_copies();
}

void commit_faults::release() {
  if (completions_until_) release_completions();
  if (copies_until_) release_copies();
}

/// As a coordinator would that does not know what it has done. Only checkpoints that this attempt has committed, or the
/// one before it, come again.
bool commit_faults::commit_again(random_numbers& random, const std::set<std::uint64_t>& damaged) {
  std::vector<std::uint64_t> ids = complete_snapshots(disk_, simulated_checkpoints);
  std::erase_if(ids, [&](std::uint64_t id) { return id > attempt_.mailbox()->completed() || damaged.contains(id); });
  if (ids.empty()) return false;
  const std::size_t chosen = random.below(ids.size());
  const detail::restored_snapshot snapshot(disk_, snapshot_directory(simulated_checkpoints, ids[chosen]));
  for (const detail::registered_committer& each : attempt_.execution().committers()) {
    std::vector<prepared_part> parts;
    for (auto& [subtask, bytes] : snapshot.parts_of(each.uid, detail::prepared_part_name)) parts.push_back(std::move(bytes));
    if (parts.empty()) continue;
    try {
      each.commits->commit(parts);
    } catch (const error& cause) {
      attempt_.execution().fail("sink '" + each.uid + "' was told again of a checkpoint: " + cause.what());
    }
  }
  ++(chosen == 0 ? events_.repeated_commits : events_.stale_commits);
  return true;
}

/// A checkpoint that is under way is given up for another.
bool commit_faults::overtake() {
  if (!attempt_.coordinator()->is_busy()) return false;
  attempt_.coordinator()->begin_now();
  ++events_.overtaken_checkpoints;
  return true;
}

void commit_faults::hold_completions(std::uint64_t until) {
  if (completions_until_) return;
  completions_until_ = until;
  complete_before_ = attempt_.coordinator()->figures().completed;
  attempt_.coordinator()->hold_completions(true);
}

void commit_faults::release_completions() {
  completions_until_.reset();
  const std::uint64_t published = attempt_.coordinator()->figures().completed - complete_before_;
  if (published > 0) {
    ++events_.late_completions;
    events_.lost_completions += published - 1;
  }
  attempt_.coordinator()->hold_completions(false);
}

void commit_faults::stall_copies(std::uint64_t until) {
  if (copies_until_) return;
  copies_until_ = until;
  ++events_.slow_copies;
  attempt_.mailbox()->stall_copies(true);
}

void commit_faults::release_copies() {
  copies_until_.reset();
  attempt_.mailbox()->stall_copies(false);
}

}  // namespace weir::testing
