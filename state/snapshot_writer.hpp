#pragma once
// Writes one snapshot: the data file block by block, and the manifest at the end, which makes it a snapshot. The
// checkpoint coordinator and savepoints use it; snapshot_reader reads what it wrote.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/snapshot_manifest.hpp"

namespace weir {

/// Until `finish` has returned, the directory holds no snapshot. Destroying a writer that has not finished abandons it.
/// Thread: one at a time. Requires a storage that outlives it.
class snapshot_writer {
 public:
  /// Makes `directory`. Throws weir::error if there is something in it already.
  snapshot_writer(storage& disk, std::string directory);
  snapshot_writer(const snapshot_writer&) = delete;
  snapshot_writer& operator=(const snapshot_writer&) = delete;
  ~snapshot_writer();

  /// Appends one block; its bytes go to the storage as they are, in one append. After an exception only `abandon` is
  /// possible.
  void append(const snapshot_block& block);

  /// Makes the data durable and publishes `manifest`, whose format, weir version, data size and blocks are filled in
  /// here. After an exception there is no snapshot, or `abandon` removes it.
  void finish(snapshot_manifest manifest);

  /// Removes what was written, as far as the storage lets it; snapshot_store::remove_incomplete removes the rest. Does
  /// nothing once the snapshot is finished.
  void abandon() noexcept;

  /// Bytes of the data file so far, or of the data file and the manifest once it is finished.
  std::uint64_t bytes_written() const noexcept { return bytes_written_; }
  const std::string& directory() const noexcept { return directory_; }

 private:
  void require_usable() const;

  storage& disk_;
  std::string directory_;
  std::string data_path_;
  std::unique_ptr<writable_file> data_;  ///< null once finished or abandoned
  std::vector<block_place> places_;
  std::string header_;  ///< of the block being appended; keeps its memory
  std::uint64_t bytes_written_ = 0;
  std::uint64_t sync_started_at_ = 0;  ///< offset in the data file
  bool made_directory_ = false;
  bool failed_ = false;  ///< true also while a call is running, so that an exception leaves it so
};

namespace detail {

/// Removes what a snapshot_writer leaves in `directory`, complete or not, so that at no time a manifest is there
/// without its data, not even after a crash. Files that weir does not know stay, and with them the directory.
void remove_snapshot_files(storage& disk, const std::string& directory);

}  // namespace detail
}  // namespace weir
