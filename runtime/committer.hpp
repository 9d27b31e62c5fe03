#pragma once
// The second half of a two-phase commit: makes what sinks have prepared visible, once the checkpoint that covers it is
// complete. One committer serves all subtasks of a sink, so that nothing depends on how many there were.
#include <cstddef>
#include <string>
#include <memory>
#include <vector>


namespace weir::detail {

/// What one subtask of a sink put into a checkpoint with `operator_snapshot::part("prepared", ...)`.
using prepared_part = std::string;

/// Called on one thread at a time. Every call may be repeated after a crash with the same arguments and must then do what
/// is still to be done and no more.
class committer {
 public:
  virtual ~committer() = default;

  /// The checkpoint is complete: makes visible what its parts hold. Throws weir::error if it cannot; the job then fails,
  /// and the same parts come again after a restore.
  virtual void commit(const std::vector<prepared_part>& parts) = 0;

  /// Before the job starts, with the parts of the checkpoint that it is restored from; none: it begins anew. Commits
  /// them and removes what earlier runs left behind uncommitted.
  virtual void recover(const std::vector<prepared_part>& parts) = 0;
};

/// A committer and the operator whose parts it takes.
struct registered_committer {
  std::string uid;
  std::shared_ptr<committer> commits;
};

}  // namespace weir::detail
