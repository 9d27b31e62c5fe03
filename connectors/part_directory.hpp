#pragma once
// The directory of a sink that writes parts, as all its subtasks share it. They write hidden parts, close them at each
// checkpoint and put their names into it (rolling_parts.hpp); once it is complete they get their visible names here. A
// restore finishes that and removes the hidden parts that no checkpoint holds. Decision 0010 says why it is done so.
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/claimed_file.hpp"
#include "weir/connectors/results_mark.hpp"
#include "weir/core/record.hpp"
#include "weir/core/storage.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/sink.hpp"

namespace weir::detail {

/// A part that is written to its end and durable; names within the directory.
struct closed_part {
  BOOST_HANA_DEFINE_STRUCT(closed_part, (std::string, hidden), (std::string, visible),
                           (std::uint64_t, checkpoint));  // the first that holds it; 0: after the last record
};

/// What one subtask puts into a checkpoint.
struct closed_parts {
  BOOST_HANA_DEFINE_STRUCT(closed_parts, (std::string, directory), (std::uint64_t, run), (std::uint64_t, checkpoint),
                           (std::vector<closed_part>, parts));
};
prepared_part encode_closed_parts(const closed_parts& prepared);
/// Throws weir::error for bytes that are none.
closed_parts decode_closed_parts(std::string_view bytes);

class part_directory final : public committer, public job_listener {
 public:
  /// Makes the directory, and holds it until the job has ended. Throws weir::error if it cannot, or if somebody else
  /// writes there.
  part_directory(const sink_context& context, const std::string& path);

  const std::string& path() const noexcept { return path_; }
  /// What tells the parts of this run from those of all others; after `recover`.
  std::uint64_t run() const noexcept { return run_; }
  std::string hidden_name(const std::string& visible) const { return hidden_prefix_ + visible; }

  /// Where no checkpoints are taken: a part that was rolled appears at once. Safe from all slots. Throws weir::error.
  void show(const closed_part& part);

  void commit(const std::vector<prepared_part>& parts) override;
  void recover(const std::vector<prepared_part>& parts) override;
  std::string job_ended(job_outcome outcome) override;

 private:
  /// What a checkpoint holds of one directory.
  struct covered {
    results_mark mark;
    std::vector<closed_part> parts;
  };

  /// That of another directory, where the job wrote when the snapshot was taken.
  part_directory(const part_directory& own, const std::string& path);
  void open();

  /// What `parts` hold of this directory; what they hold of others goes to `elsewhere`, by directory.
  covered own_of(const std::vector<prepared_part>& parts,
                 std::map<std::string, std::vector<prepared_part>>& elsewhere) const;
  void commit_elsewhere(const std::map<std::string, std::vector<prepared_part>>& parts);
  void refuse_newer_results(const results_mark& restored, const std::vector<std::string>& names) const;
  void choose_run(const results_mark& restored, const std::vector<std::string>& names);
  void make_visible(const covered& all);
  void raise_mark(const results_mark& mark);
  void rename_all(const std::vector<closed_part>& parts);
  void remove_hidden(bool of_this_run);
  std::string in_directory(const std::string& name) const { return path_ + "/" + name; }

  std::string job_;
  std::string uid_;
  storage& storage_;
  std::string path_;
  std::string hidden_prefix_;
  bool checkpoints_;
  bool allow_duplicates_;
  claimed_file claimed_;
  std::unique_ptr<storage_lock> lock_;
  std::uint64_t run_ = 0;
  std::mutex mutex_;  // guards what follows
  std::optional<results_mark> mark_;
  std::set<std::string> visible_;  // those of the last commit
};

}  // namespace weir::detail
