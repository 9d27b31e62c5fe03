#include "weir/runtime/sink.hpp"

#include "weir/core/error.hpp"
#include "weir/runtime/restored_snapshot.hpp"
#include "weir/runtime/subtask_restore.hpp"

namespace weir::detail {

void commit_at_end::add(prepared_part part) {
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(part));
}

std::string commit_at_end::job_ended(job_outcome outcome) {
  if (outcome == job_outcome::failed) return {};
  try {
    commits_->commit(parts_);
  } catch (const error& cause) {
    throw error("sink '" + uid_ + "': " + cause.what());
  }
  return {};
}

shared_sink& shared_sink::of(operator_context& context) {
  return *context.shared.get<shared_sink>([] { return std::make_shared<shared_sink>(); });
}
shared_sink::shared_sink() = default;
shared_sink::~shared_sink() = default;

sink_context shared_sink::context_of(subtask_context& subtask, std::string_view uid,
                                     const std::vector<std::string>& columns) {
  return {subtask.job_name,
          uid,
          subtask.subtask,
          subtask.parallelism,
          *subtask.clock,
          *subtask.storage,
          columns,
          own_,
          subtask.add_listener,
          [this, &subtask, uid](std::shared_ptr<committer> made) { add_committer(subtask, uid, std::move(made)); },
          subtask.checkpoints != nullptr,
          begins_after(subtask),
          subtask.allow_duplicates};
}

void shared_sink::add_committer(const subtask_context& subtask, std::string_view uid, std::shared_ptr<committer> commits) {
  has_committer_ = true;
  std::vector<prepared_part> parts;
  if (subtask.restored != nullptr) {
    for (auto& [old_subtask, bytes] : subtask.restored->parts_of(uid, prepared_part_name)) {
      parts.push_back(std::move(bytes));
    }
  }
  commits->recover(parts);
  if (subtask.checkpoints != nullptr) {
    subtask.add_committer({std::string(uid), std::move(commits)});
    return;
  }
  at_end_ = std::make_shared<commit_at_end>(std::string(uid), std::move(commits));
  subtask.add_listener(at_end_);
}

void shared_sink::require_committer(std::string_view uid, bool checkpoints) const {
  if (has_committer_ || !checkpoints) return;
  throw error("sink '" + std::string(uid) +
              "' prepares results that nobody commits; let its open call context.shared_committer<...>(...)");
}

}  // namespace weir::detail
