#include "weir/testkit/simulation_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace weir::testing {
namespace {

struct kind {
  std::string_view name;
  std::uint64_t simulation_events::* count;
};

// All but largest_spill, which is no sum.
constexpr kind kinds[] = {
    {"decisions", &simulation_events::decisions},
    {"steps", &simulation_events::steps},
    {"reordered steps", &simulation_events::reordered_steps},
    {"full channels", &simulation_events::full_channels},
    {"spilled batches", &simulation_events::spilled_batches},
    {"flushes", &simulation_events::flushes},
    {"slow edges", &simulation_events::slow_edges},
    {"clock advances", &simulation_events::clock_advances},
    {"storage calls", &simulation_events::storage_calls},
    {"checkpoints", &simulation_events::checkpoints},
    {"failed checkpoints", &simulation_events::failed_checkpoints},
    {"overtaken checkpoints", &simulation_events::overtaken_checkpoints},
    {"slow copies", &simulation_events::slow_copies},
    {"crashes", &simulation_events::crashes},
    {"crashes in storage calls", &simulation_events::crashes_in_storage},
    {"crashes in checkpoints", &simulation_events::crashes_in_checkpoint},
    {"storage errors", &simulation_events::storage_errors},
    {"failed attempts", &simulation_events::failed_attempts},
    {"failed restarts", &simulation_events::failed_restarts},
    {"failed processes", &simulation_events::failed_processes},
    {"restores", &simulation_events::restores},
    {"rescales", &simulation_events::rescales},
    {"damaged snapshots", &simulation_events::damaged_snapshots},
    {"skipped snapshots", &simulation_events::skipped_snapshots},
    {"late completions", &simulation_events::late_completions},
    {"lost completions", &simulation_events::lost_completions},
    {"repeated commits", &simulation_events::repeated_commits},
    {"stale commits", &simulation_events::stale_commits},
};

}  // namespace

simulation_events& simulation_events::operator+=(const simulation_events& other) {
  for (const kind& each : kinds) this->*each.count += other.*each.count;
  largest_spill = std::max(largest_spill, other.largest_spill);
  return *this;
}

std::string simulation_events::text() const {
  std::string made;
  for (const kind& each : kinds) {
    if (this->*each.count == 0) continue;
    made += fmt::format("{}{} {}", made.empty() ? "" : ", ", this->*each.count, each.name);
  }
  return made;
}

}  // namespace weir::testing
