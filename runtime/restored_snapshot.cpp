#include "weir/runtime/restored_snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/error.hpp"
#include "weir/core/key_group.hpp"
#include "weir/runtime/blocks_ahead.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/subtask_restore.hpp"

namespace weir::detail {
namespace {

const operator_info* find_operator(const graph& job, std::string_view uid) {
  for (const auto& stage : job.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.uid == uid) return &operation;
    }
  }
  return nullptr;
}

}  // namespace

restored_snapshot::restored_snapshot(storage& storage, std::string directory)
    : reader_(storage, std::move(directory)), operators_(reader_.manifest().operators), conversions_(operators_.size()) {}

std::size_t restored_snapshot::find(std::string_view uid) const noexcept {
  const auto found =
      std::find_if(operators_.begin(), operators_.end(), [&](const snapshot_operator& each) { return each.uid == uid; });
  return found == operators_.end() ? npos : static_cast<std::size_t>(found - operators_.begin());
}

void restored_snapshot::rename(const graph& job) {
  for (const auto& stage : job.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.uid.empty() || find(operation.uid) != npos) continue;
      for (const std::string& former : operation.former_uids) {
        const std::size_t index = find(former);
        if (index == npos) continue;
        operators_[index].uid = operation.uid;
        break;
      }
    }
  }
}

void restored_snapshot::fit(const graph& job, bool allow_dropped_state) {
  reader_.require_job(job.name);
  rename(job);
  if (manifest().key_groups != key_group_count::value_default) {
    throw error(fmt::format("job '{}': {} was taken with {} key groups, this job has {}; the number of key groups of a job "
                            "cannot change", job.name, directory(), manifest().key_groups, key_group_count::value_default));
  }
  for (const snapshot_operator& old : operators_) {
    const operator_info* const now = find_operator(job, old.uid);
    if (now == nullptr) {
      if (allow_dropped_state) continue;
      throw error(fmt::format("job '{}': {} holds state of {} '{}', which the job has no more; give an operator this uid, "
                              "or drop its state with --allow-dropped-state", job.name, directory(), old.kind, old.uid));
    }
    static const table_schema none;
    const table_schema& table = now->table != nullptr ? *now->table : none;
    if (old.key_schema != table.key) {
      throw error(fmt::format("job '{}': the key of {} '{}' is {} in {} and {} in the job; restore with the program that took "
                              "it, or give the operator a new uid", job.name, old.kind, old.uid, old.key_schema, directory(),
                              table.key));
    }
    if (old.state_schema != table.state) conversions_[find(old.uid)] = convert(job, old, table);
  }
}

std::shared_ptr<const state_conversion> restored_snapshot::convert(const graph& job, const snapshot_operator& old,
                                                                   const table_schema& table) const {
  try {
    if (table.row != nullptr) return std::make_shared<state_conversion>(old.state_schema, *table.row);
    if (table.state_type != nullptr) return std::make_shared<state_conversion>(old.state_schema, *table.state_type);
    throw error(table.no_snapshot.empty() ? "it keeps no such state now" : "it has no binary form now");
  } catch (const error& why) {
    throw error(fmt::format("job '{}': the state of {} '{}' in {} does not fit: {}; give the record static T migrate(const "
                            "Older&), restore with the program that took the snapshot, or give the operator a new uid",
                            job.name, old.kind, old.uid, directory(), why.what()));
  }
}

bool restored_snapshot::has_part(std::string_view name) const noexcept {
  const auto& all = manifest().blocks;
  return std::any_of(all.begin(), all.end(),
                     [&](const block_place& place) { return place.kind == block_kind::part && place.name == name; });
}

std::vector<std::pair<std::size_t, std::string>> restored_snapshot::parts_of(std::string_view uid,
                                                                             std::string_view name) const {
  std::vector<std::pair<std::size_t, std::string>> found;
  const std::size_t index = find(uid);
  if (index == npos) return found;
  snapshot_reader reader = open();
  for (const block_place& place : manifest().blocks) {
    if (place.kind != block_kind::part || place.operator_index != index || place.name != name) continue;
    found.emplace_back(place.subtask, reader.read(place).bytes);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::uint64_t begins_after(const subtask_context& subtask) {
  return subtask.restored == nullptr ? 0 : subtask.restored->manifest().id;
}

bool holds_restored_state(const subtask_context& subtask) {
  const restored_snapshot& snapshot = *subtask.restored;
  std::vector<std::size_t> indices;
  for (const operator_info& operation : subtask.of->operators) {
    if (!operation.uid.empty()) indices.push_back(snapshot.find(operation.uid));
  }
  const auto& blocks = snapshot.manifest().blocks;
  return std::any_of(blocks.begin(), blocks.end(), [&](const block_place& place) {
    return (place.kind == block_kind::rows || place.name != "time") &&
           std::find(indices.begin(), indices.end(), place.operator_index) != indices.end();
  });
}

operator_restore::operator_restore(const subtask_restore& whole, std::size_t position, timestamp watermark)
    : whole_(&whole),
      found_(position < whole.of->operators.size() && !whole.of->operators[position].uid.empty()
                 ? whole.snapshot->find(whole.of->operators[position].uid)
                 : restored_snapshot::npos),
      groups_(whole.parallelism > key_group_count::value_default
                  ? key_group_range{}  // no keyed stage can have so many subtasks
                  : groups_of_subtask(static_cast<std::uint32_t>(whole.subtask),
                                      static_cast<std::uint32_t>(whole.parallelism))),
      watermark_(watermark) {}

std::vector<std::pair<std::size_t, std::string>> operator_restore::parts(std::string_view name) const {
  if (!has_state()) return {};
  return whole_->snapshot->parts_of(whole_->snapshot->operators()[found_].uid, name);
}

void operator_restore::taken_some() const {
  if (whole_->taken_some) whole_->taken_some();
}

const state_conversion* operator_restore::conversion() const noexcept {
  return has_state() ? whole_->snapshot->conversion(found_) : nullptr;
}

const std::string& operator_restore::directory() const { return whole_->snapshot->directory(); }

struct operator_restore::blocks_of_rows::reading {
  blocks_ahead blocks;
};

operator_restore::blocks_of_rows::blocks_of_rows(const operator_restore& of) {
  if (!of.has_state()) return;
  const restored_snapshot& snapshot = *of.whole_->snapshot;
  std::vector<const block_place*> places;
  for (const block_place& place : snapshot.manifest().blocks) {
    if (place.kind != block_kind::rows || place.operator_index != of.found_) continue;
    if (place.key_group != mixed_key_groups && !of.groups_.contains(place.key_group)) continue;
    places.push_back(&place);
  }
  reading_.reset(new reading{{snapshot.open(), std::move(places), snapshot.start_helper()}});
}
operator_restore::blocks_of_rows::~blocks_of_rows() = default;

const snapshot_block* operator_restore::blocks_of_rows::next() {
  return reading_ == nullptr ? nullptr : reading_->blocks.next();
}

std::size_t operator_restore::old_parallelism() const {
  return has_state() ? whole_->snapshot->operators()[found_].parallelism : 0;
}

}  // namespace weir::detail
