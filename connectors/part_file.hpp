#pragma once
// One result file of a job that takes checkpoints. Each subtask of the sink writes a hidden part of its own; a checkpoint
// holds which parts there are and how much of each counts. Once a checkpoint says that all subtasks have finished, the
// parts are joined and the result appears whole, by rename. A restore cuts the parts to what counts and goes on.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/claimed_file.hpp"
#include "weir/core/storage.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/operator.hpp"

namespace weir::detail {

/// A hidden part and how many of its bytes count.
struct written_part {
  std::string path;
  std::uint64_t bytes = 0;
};

/// What one subtask puts into a checkpoint.
struct prepared_parts {
  bool finished = false;  ///< the subtask has written all it ever will
  std::vector<written_part> parts;
};
std::string encode_parts(const prepared_parts& prepared);
/// Throws weir::error for bytes that are none.
prepared_parts decode_parts(std::string_view bytes);

/// Appends the bytes of a part that count. Throws weir::error if it has fewer.
void append_part(storage& storage, const written_part& part, writable_file& into);

/// "out/.counts.csv.counts.": how the names of all hidden files of a sink begin.
std::string hidden_prefix(const std::string& path, std::string_view uid);

/// What one subtask writes. The file is made with the first row.
class part_file {
 public:
  /// `begins_after`: the checkpoint that the job was restored from, 0 if from none; so names never repeat.
  part_file(storage& storage, const std::string& path, std::string_view uid, std::uint64_t begins_after,
            std::size_t subtask);

  void append(std::string_view rows);
  /// What one of the old subtasks has left, called for each of them. The parts of `own` ones stay in this one's care.
  void take_over(const prepared_parts& from, bool own);
  /// Makes everything durable and says what counts.
  std::string prepare(bool finished);

 private:
  storage& storage_;
  std::string result_;
  std::string uid_;
  std::string path_;
  std::vector<written_part> closed_;
  std::unique_ptr<writable_file> file_;
  std::uint64_t bytes_ = 0;
  bool restored_ = false;
  bool unfinished_ = false;  // one of the old subtasks was
};

/// Joins the parts of a result file.
class part_joiner final : public committer, public job_listener {
 public:
  part_joiner(storage& storage, std::string path, std::string_view uid, std::string header);

  void commit(const std::vector<prepared_part>& parts) override;
  void recover(const std::vector<prepared_part>& parts) override;
  std::string job_ended(job_outcome outcome) override;

 private:
  void join(const std::vector<written_part>& parts);
  void remove_others(const std::vector<written_part>& kept);

  storage& storage_;
  std::string path_;
  std::string prefix_;
  std::string uid_;
  std::string header_;
  claimed_file claimed_;
  bool joined_ = false;
};

}  // namespace weir::detail
