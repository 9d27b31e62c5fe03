#include "weir/testkit/planned_faults.hpp"

#include <utility>
#include <vector>

#include "weir/state/snapshot_store.hpp"
#include "weir/testkit/fault_point.hpp"
#include "weir/testkit/snapshot_damage.hpp"

namespace weir::testing {

planned_faults::~planned_faults() { fault_point_plan::clear(); }

bool planned_faults::wanted_by(const simulation_options& options) {
  return options.crashes_max > 0 || options.storage_errors_max > 0 || options.failures_max > 0 ||
         options.damaged_snapshots_max > 0 || options.commit_faults_max > 0 || options.crash_at.has_value();
}

void planned_faults::begin_process(mortal_storage& process) {
  crash_at_ = std::nullopt;
  if (options_.crash_at) {
    if (std::exchange(crash_was_planned_, true)) return;
    const auto [when, number] = *options_.crash_at;
    if (when == crash_point::moment::before_decision) {
      crash_at_ = number;
    } else {
      process.die_at(number, when == crash_point::moment::after_storage_call);
    }
    return;
  }
  if (events_.crashes >= options_.crashes_max) return;
  switch (random_.below(5)) {
    case 0:
    case 1:
      crash_at_ = events_.decisions + 1 + random_.below(random_.one_in(2) ? 100 : 2000);
      break;
    case 2:
    case 3: {
      const std::uint64_t call = random_.below(random_.one_in(2) ? 20 : 100);
      const bool after_effect = random_.one_in(2);
      process.die_at(call, after_effect);
      break;
    }
    default:
      break;
  }
}

void planned_faults::begin_attempt(mortal_storage& process) {
  fail_at_ = std::nullopt;
  fault_point_plan::clear();
  if (events_.storage_errors + process.errors() < options_.storage_errors_max && !random_.one_in(3)) {
    const std::uint64_t call = random_.below(random_.one_in(2) ? 40 : 200);
    const bool after_effect = random_.one_in(2);
    process.fail_at(call, after_effect);
  }
  if (failures_ >= options_.failures_max || random_.one_in(3)) return;
  ++failures_;
  if (random_.one_in(2)) {
    fail_at_ = events_.decisions + 1 + random_.below(random_.one_in(2) ? 100 : 2000);
  } else {
    fault_point_plan::set(random_.below(random_.one_in(2) ? 100 : 1000));
  }
}

std::optional<std::uint64_t> planned_faults::damage_newest(memory_storage& disk) {
  if (damaged_.size() >= options_.damaged_snapshots_max || !random_.one_in(3)) return std::nullopt;
  std::vector<std::uint64_t> ids = complete_snapshots(disk, simulated_checkpoints);
  std::erase_if(ids, [this](std::uint64_t id) { return damaged_.contains(id); });
  if (ids.size() < 2) return std::nullopt;
  damage_snapshot(disk, snapshot_directory(simulated_checkpoints, ids.front()), random_);
  damaged_.insert(ids.front());
  return ids.front();
}

}  // namespace weir::testing
