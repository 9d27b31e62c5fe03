#include "weir/runtime/sink.hpp"

#include "weir/core/error.hpp"
#include "weir/runtime/restored_snapshot.hpp"

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

void shared_sink::add_committer(const subtask_context& subtask, const std::string& uid,
                                std::shared_ptr<committer> commits) {
  has_committer_ = true;
  std::vector<prepared_part> parts;
  if (subtask.restored != nullptr) {
    for (auto& [old_subtask, bytes] : subtask.restored->parts_of(uid, prepared_part_name)) {
      parts.push_back(std::move(bytes));
    }
  }
  commits->recover(parts);
  if (subtask.checkpoints != nullptr) {
    subtask.add_committer({uid, std::move(commits)});
    return;
  }
  at_end_ = std::make_shared<commit_at_end>(uid, std::move(commits));
  subtask.add_listener(at_end_);
}

void shared_sink::require_committer(const std::string& uid, bool checkpoints) const {
  if (has_committer_ || !checkpoints) return;
  throw error("sink '" + uid +
              "' prepares results that nobody commits; let its open call context.shared_committer<...>(...)");
}

}  // namespace weir::detail
