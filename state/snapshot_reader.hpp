#pragma once
// Reads one snapshot and believes nothing: every byte that it hands out lies under a checksum of the manifest.
// Restoring a job and `inspect` use it; snapshot_writer wrote it.
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/storage.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/snapshot_manifest.hpp"

namespace weir {

/// Thread: one at a time; `clone` gives another thread a reader of its own. Requires a storage that outlives it.
class snapshot_reader {
 public:
  /// Reads and checks the manifest. Throws weir::error if `directory` holds no complete snapshot or one of a newer
  /// format, snapshot_damaged if it is not as it was written.
  snapshot_reader(storage& disk, std::string directory);

  /// A second reader of the same snapshot; the manifest is shared.
  snapshot_reader clone() const;

  const snapshot_manifest& manifest() const noexcept { return *manifest_; }
  const std::string& directory() const noexcept { return directory_; }

  /// Throws weir::error unless the job `name` wrote the snapshot.
  void require_job(std::string_view name) const;

  /// The block at a place of the manifest. Throws snapshot_damaged if it is not as it was written.
  snapshot_block read(const block_place& place);
  /// The same into a block that keeps its memory. After an exception its content is unspecified.
  void read_into(const block_place& place, snapshot_block& block);

 private:
  snapshot_reader(storage& disk, std::string directory, std::shared_ptr<const snapshot_manifest> manifest);

  storage* disk_;
  std::string directory_;
  std::string data_path_;
  std::shared_ptr<const snapshot_manifest> manifest_;
  std::unique_ptr<readable_file> data_;
  std::string found_header_;
  std::string expected_header_;
};

}  // namespace weir
