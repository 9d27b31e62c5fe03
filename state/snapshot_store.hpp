#pragma once
// The checkpoint directory of a job: which snapshots it holds, which id is next, and which ones go. The checkpoint
// coordinator owns one while the job runs; `inspect` and `--restore latest` read the directory without it.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/storage.hpp"

namespace weir {

/// The ids of the complete snapshots in a checkpoint directory, newest first; none if there is no such directory. Needs
/// no lock: a snapshot is complete or it is not, at any time. Whether it is undamaged, snapshot_reader says.
std::vector<std::uint64_t> complete_snapshots(storage& disk, const std::string& checkpoint_directory);

/// "<checkpoint directory>/chk-0000000042".
std::string snapshot_directory(std::string_view checkpoint_directory, std::uint64_t id);

/// Holds the checkpoint directory of a running job: no other process, and no other job of this one, can open it
/// meanwhile. Thread: one at a time. Requires a storage that outlives it.
class snapshot_store {
 public:
  /// Makes and locks the directory and removes incomplete snapshots. Throws weir::error if somebody else holds it, or
  /// if its newest snapshot that can be read is another job's or of a newer format.
  snapshot_store(storage& disk, std::string directory, std::string_view job);

  /// The ids of the complete snapshots, newest first.
  std::vector<std::uint64_t> complete() const;
  std::optional<std::uint64_t> newest() const;

  /// A fresh id: greater than all that the directory has held since the store was opened and all given before.
  std::uint64_t next_id();
  /// Makes the ids to come greater than `id`, that of the savepoint from which the job was restored.
  void continue_after(std::uint64_t id);

  std::string directory_of(std::uint64_t id) const { return snapshot_directory(directory_, id); }
  const std::string& directory() const noexcept { return directory_; }

  /// Removes all complete snapshots but the `count` newest, oldest first, and the shared files that no snapshot needs any
  /// more. Requires count >= 1, and that no snapshot is being taken.
  void retain(std::size_t count);

  /// Snapshots will refer to shared files (shared_files.hpp).
  void expect_shared_files() noexcept { shares_files_ = true; }
  /// Removes one snapshot, so that no crash brings it back.
  void remove(std::uint64_t id);

  /// Removes what failed snapshots and crashes left behind. No snapshot_writer may be at work in the directory.
  void remove_incomplete();

 private:
  void require_job(std::string_view job) const;

  storage& disk_;
  std::string directory_;
  std::unique_ptr<storage_lock> lock_;
  std::uint64_t last_id_ = 0;
  bool shares_files_ = false;
};

}  // namespace weir
