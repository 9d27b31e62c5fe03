#include "weir/state/snapshot_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_manifest.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_writer.hpp"

namespace weir {
namespace {

constexpr std::string_view directory_prefix = "chk-";
constexpr std::size_t id_digits = 10;
constexpr std::string_view lock_name = "LOCK";

/// The id of "chk-0000000042"; nothing for other names.
std::optional<std::uint64_t> id_of(std::string_view name) {
  if (!name.starts_with(directory_prefix) || name.size() != directory_prefix.size() + id_digits) return std::nullopt;
  std::uint64_t id = 0;
  for (const char digit : name.substr(directory_prefix.size())) {
    if (digit < '0' || digit > '9') return std::nullopt;
    id = id * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return id;
}

/// The ids of all snapshot directories, complete or not, newest first.
std::vector<std::uint64_t> ids_among(const std::vector<std::string>& names) {
  std::vector<std::uint64_t> ids;
  for (const std::string& name : names) {
    if (const auto id = id_of(name)) ids.push_back(*id);
  }
  std::reverse(ids.begin(), ids.end());  // the names are sorted and equally long
  return ids;
}
std::vector<std::uint64_t> ids_in(storage& disk, const std::string& directory) {
  return ids_among(disk.list_directory(directory));
}

bool is_complete(storage& disk, const std::string& directory, std::uint64_t id) {
  return disk.exists(detail::path_in(snapshot_directory(directory, id), detail::manifest_name));
}

}  // namespace

std::vector<std::uint64_t> complete_snapshots(storage& disk, const std::string& checkpoint_directory) {
  if (!disk.exists(checkpoint_directory)) return {};
  std::vector<std::uint64_t> ids = ids_in(disk, checkpoint_directory);
  std::erase_if(ids, [&](std::uint64_t id) { return !is_complete(disk, checkpoint_directory, id); });
  return ids;
}

std::string snapshot_directory(std::string_view checkpoint_directory, std::uint64_t id) {
  return detail::path_in(checkpoint_directory, fmt::format("{}{:0{}}", directory_prefix, id, id_digits));
}

snapshot_store::snapshot_store(storage& disk, std::string directory, std::string_view job)
    : disk_(disk), directory_(std::move(directory)) {
  disk_.create_directories(directory_);
  lock_ = disk_.lock(detail::path_in(directory_, lock_name));
  require_job(job);
  const std::vector<std::string> names = disk_.list_directory(directory_);
  shares_files_ = std::find(names.begin(), names.end(), detail::shared_name) != names.end();
  const std::vector<std::uint64_t> ids = ids_among(names);
  if (!ids.empty()) last_id_ = ids.front();
  remove_incomplete();
}

void snapshot_store::require_job(std::string_view job) const {
  for (const std::uint64_t id : complete()) {
    try {
      snapshot_reader(disk_, directory_of(id)).require_job(job);
      return;
    } catch (const snapshot_damaged&) {  // whoever restores it is told; an older one says whose they are
    }
  }
}

std::vector<std::uint64_t> snapshot_store::complete() const { return complete_snapshots(disk_, directory_); }

std::optional<std::uint64_t> snapshot_store::newest() const {
  const std::vector<std::uint64_t> ids = complete();
  return ids.empty() ? std::nullopt : std::optional(ids.front());
}

std::uint64_t snapshot_store::next_id() {
  if (last_id_ >= snapshot_id_max) {
    throw error(fmt::format("{} has used up its snapshot ids; go on in another checkpoint directory", directory_));
  }
  return ++last_id_;
}

void snapshot_store::continue_after(std::uint64_t id) { last_id_ = std::max(last_id_, id); }

void snapshot_store::retain(std::size_t count) {
  if (count == 0) {
    throw error(fmt::format("cannot remove all snapshots in {}: keep at least one, or a crash loses all", directory_));
  }
  const std::vector<std::uint64_t> ids = complete();
  for (std::size_t i = ids.size(); i > count; --i) remove(ids[i - 1]);
  if (shares_files_) detail::remove_unused_shared_files(disk_, directory_);
}

void snapshot_store::remove_incomplete() {
  for (const std::uint64_t id : ids_in(disk_, directory_)) {
    if (!is_complete(disk_, directory_, id)) remove(id);
  }
  if (shares_files_) detail::remove_unused_shared_files(disk_, directory_);
}

void snapshot_store::remove(std::uint64_t id) {
  const std::string path = directory_of(id);
  if (!disk_.exists(path)) return;  // an earlier call removed it and failed then
  detail::remove_snapshot_files(disk_, path);
  // A file that somebody else put there stays, and so does its directory; its id is not used again.
  if (disk_.list_directory(path).empty()) disk_.remove_directory(path);
}

}  // namespace weir
