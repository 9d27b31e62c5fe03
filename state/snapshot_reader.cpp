#include "weir/state/snapshot_reader.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "weir/core/hash.hpp"

namespace weir {
namespace {

/// Fills `into` from `offset`, as far as the file goes.
std::size_t fill(readable_file& file, std::uint64_t offset, std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const std::size_t count = file.read_at(offset + filled, into.subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

std::shared_ptr<const snapshot_manifest> read_manifest(storage& disk, const std::string& directory) {
  const std::string path = detail::path_in(directory, detail::manifest_name);
  if (!disk.exists(path)) {
    throw error(
        fmt::format("{} holds no complete snapshot: it has no {}; name the directory of a savepoint or a "
                    "chk- directory that has one",
                    directory, detail::manifest_name));
  }
  const std::uint64_t size = disk.stat(path).size;
  if (size > detail::manifest_bytes_max) detail::throw_damaged(path, fmt::format("no manifest has {} bytes", size));
  std::string text(static_cast<std::size_t>(size), '\0');
  text.resize(fill(*disk.open(path), 0, text));
  return std::make_shared<const snapshot_manifest>(detail::parse_manifest(text, path));
}

}  // namespace

snapshot_reader::snapshot_reader(storage& disk, std::string directory)
    : snapshot_reader(disk, directory, read_manifest(disk, directory)) {}

snapshot_reader::snapshot_reader(storage& disk, std::string directory,
                                 std::shared_ptr<const snapshot_manifest> manifest)
    : disk_(&disk),
      directory_(std::move(directory)),
      data_path_(detail::path_in(directory_, detail::data_name)),
      manifest_(std::move(manifest)) {
  if (!disk_->exists(data_path_)) detail::throw_damaged(data_path_, "it is missing");
  const std::uint64_t size = disk_->stat(data_path_).size;
  data_ = disk_->open(data_path_);
  std::string header(static_cast<std::size_t>(detail::data_header_bytes), '\0');
  header.resize(fill(*data_, 0, header));
  detail::check_data_header(header, data_path_);
  if (size != manifest_->data_bytes) {
    detail::throw_damaged(data_path_,
                          fmt::format("it has {} bytes and its manifest says {}", size, manifest_->data_bytes));
  }
}

snapshot_reader snapshot_reader::clone() const { return {*disk_, directory_, manifest_}; }

void snapshot_reader::require_job(std::string_view name) const {
  if (manifest_->job == name) return;
  throw error(fmt::format("{} holds a snapshot of job '{}' and this is job '{}'; name a snapshot of this job",
                          directory_, manifest_->job, name));
}

snapshot_block snapshot_reader::read(const block_place& place) {
  snapshot_block block;
  read_into(place, block);
  return block;
}

void snapshot_reader::read_into(const block_place& place, snapshot_block& block) {
  const std::uint64_t header_bytes = detail::block_header_bytes + place.name.size();
  const auto damaged = [&](std::string_view what) {
    detail::throw_damaged(data_path_, fmt::format("the block at offset {} {}", place.offset, what));
  };
  // A place that the manifest does not hold must not make memory be asked for either.
  if (place.bytes < header_bytes || place.offset > manifest_->data_bytes ||
      place.bytes > manifest_->data_bytes - place.offset) {
    damaged(fmt::format("cannot have {} bytes", place.bytes));
  }

  found_header_.resize(static_cast<std::size_t>(header_bytes));
  block.bytes.resize(static_cast<std::size_t>(place.bytes - header_bytes));
  if (fill(*data_, place.offset, found_header_) < found_header_.size() ||
      fill(*data_, place.offset + header_bytes, block.bytes) < block.bytes.size()) {
    damaged("is cut short");
  }

  // The header is what the manifest says, with the checksum of these bytes: then all of it is as it was written.
  const std::uint64_t payload_checksum = detail::hash_bytes(block.bytes.data(), block.bytes.size());
  const std::uint64_t checksum = detail::encode_block_header(place, payload_checksum, expected_header_);
  if (expected_header_ != found_header_) damaged("has a header or bytes that do not agree with its checksums");
  if (checksum != place.checksum) damaged("is not the one whose checksum the manifest holds");

  block.kind = place.kind;
  block.operator_index = place.operator_index;
  block.subtask = place.subtask;
  block.key_group = place.key_group;
  block.rows = place.rows;
  block.rows_in_group = place.rows_in_group;
  block.name = place.name;
}

}  // namespace weir
