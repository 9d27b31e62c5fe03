#include "weir/state/snapshot_writer.hpp"

#include <fmt/format.h>

#include <utility>

#include "weir/core/hash.hpp"
#include "weir/core/version.hpp"

namespace weir {
namespace {

/// The disk works while blocks are still coming: writing all at the end takes twice as long (256 MiB, ext4).
constexpr std::uint64_t bytes_between_syncs = std::uint64_t{8} << 20;

}  // namespace

snapshot_writer::snapshot_writer(storage& disk, std::string directory)
    : disk_(disk), directory_(std::move(directory)), data_path_(detail::path_in(directory_, detail::data_name)) {
  made_directory_ = !disk_.exists(directory_);
  disk_.create_directories(directory_);
  const std::vector<std::string> found = disk_.list_directory(directory_);
  if (!found.empty()) {
    throw error(fmt::format("cannot write a snapshot to {}: '{}' is in it already; name a new or an empty directory",
                            directory_, found.front()));
  }
  data_ = disk_.create(data_path_);
  try {
    data_->write_past_cache();
    const std::string header = detail::encode_data_header();
    data_->append(header);
    bytes_written_ = header.size();
  } catch (...) {
    abandon();
    throw;
  }
}

snapshot_writer::~snapshot_writer() { abandon(); }

void snapshot_writer::append(const snapshot_block& block) {
  require_usable();
  if (block.name.size() > detail::block_name_bytes_max || block.bytes.size() > detail::block_payload_bytes_max) {
    throw error(
        fmt::format("cannot write a block of {} bytes with a name of {} bytes to {}: at most {} and {} are "
                    "possible; cut the state into several blocks",
                    block.bytes.size(), block.name.size(), data_path_, detail::block_payload_bytes_max,
                    detail::block_name_bytes_max));
  }
  block_place place{.offset = bytes_written_,
                    .bytes = detail::block_header_bytes + block.name.size() + block.bytes.size(),
                    .kind = block.kind,
                    .operator_index = block.operator_index,
                    .subtask = block.subtask,
                    .key_group = block.key_group,
                    .rows = block.rows,
                    .rows_in_group = block.rows_in_group,
                    .name = block.name};
  const std::uint64_t payload_checksum = detail::hash_bytes(block.bytes.data(), block.bytes.size());
  place.checksum = detail::encode_block_header(place, payload_checksum, header_);
  failed_ = true;
  data_->append(header_);
  data_->append(block.bytes);
  bytes_written_ += place.bytes;
  if (bytes_written_ - sync_started_at_ >= bytes_between_syncs) {
    data_->start_sync();
    sync_started_at_ = bytes_written_;
  }
  places_.push_back(std::move(place));
  failed_ = false;
}

void snapshot_writer::finish(snapshot_manifest manifest) {
  require_usable();
  failed_ = true;
  manifest.format_version = detail::snapshot_format_version;
  manifest.weir_version = version;
  manifest.data_bytes = bytes_written_;
  manifest.blocks = std::move(places_);
  const std::string path = detail::path_in(directory_, detail::manifest_name);
  const std::string path_in_progress = detail::path_in(directory_, detail::manifest_in_progress_name);
  const std::string text = detail::manifest_text(manifest, path);
  data_->sync();
  data_->close();
  const auto file = disk_.create(path_in_progress);
  file->append(text);
  file->sync();
  file->close();
  disk_.rename(path_in_progress, path);
  bytes_written_ += text.size();
  data_.reset();
  failed_ = false;
}

void snapshot_writer::abandon() noexcept {
  if (data_ == nullptr) return;
  data_.reset();
  try {
    detail::remove_snapshot_files(disk_, directory_);
    if (made_directory_) disk_.remove_directory(directory_);
  } catch (...) {  // the directory has no manifest, or a complete one: both are harmless
  }
}

void snapshot_writer::require_usable() const {
  if (data_ != nullptr && !failed_) return;
  throw error(fmt::format("cannot write to the snapshot in {}: it is finished, or writing it has failed; begin another",
                          directory_));
}

void detail::remove_snapshot_files(storage& disk, const std::string& directory) {
  const std::string manifest = path_in(directory, manifest_name);
  const std::string removed = path_in(directory, manifest_removed_name);
  // A rename is durable and a removal is not: after it no crash brings the manifest back.
  if (disk.exists(manifest)) disk.rename(manifest, removed);
  disk.remove(path_in(directory, data_name));
  disk.remove(path_in(directory, manifest_in_progress_name));
  disk.remove(removed);
}

}  // namespace weir
