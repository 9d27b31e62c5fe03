#pragma once
// The second half of a two-phase commit: makes what sinks have prepared visible, once the checkpoint that covers it is
// complete. One committer serves all subtasks of a sink, so that nothing depends on how many there were.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What `prepare` of one subtask's writer returned for a checkpoint.
using prepared_part = std::string;

/// Called on one thread at a time. Every call may be repeated after a crash with the same arguments, and a commit may come
/// again after a later one, because subtasks that have ended repeat what they prepared in every checkpoint; it must then
/// do what is still to be done and no more.
class committer {
 public:
  virtual ~committer() = default;

  /// The checkpoint is complete: makes visible what its parts hold, one from each subtask. Throws weir::error if it cannot;
  /// the job then fails, and the same parts come again after a restore.
  virtual void commit(const std::vector<prepared_part>& parts) = 0;

  /// Before any writer of the sink is opened, with the parts of the checkpoint that the job is restored from; none: it
  /// begins anew. Commits them and removes what earlier runs left behind uncommitted.
  virtual void recover(const std::vector<prepared_part>& parts) = 0;
};

namespace detail {

/// Under which name a checkpoint holds prepared_parts.
inline constexpr std::string_view prepared_part_name = "prepared";

/// A committer and the operator whose parts it takes.
struct registered_committer {
  std::string uid;
  std::shared_ptr<committer> commits;
};

}  // namespace detail
}  // namespace weir
