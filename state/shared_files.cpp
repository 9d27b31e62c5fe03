#include "weir/state/shared_files.hpp"

#include <fmt/format.h>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/state/row_sorter.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_store.hpp"

namespace weir::detail {

row_store_files read_row_store_files(std::string_view part, const std::string& directory) {
  if (std::string_view front = part; part.size() >= sizeof(std::uint32_t)) {
    const auto format = decode<std::uint32_t>(front);
    if (format > row_store_files::format_now) throw_newer_format(directory, format);
  }
  try {
    return decode_all<row_store_files>(part);
  } catch (const error& cause) {
    throw_damaged(directory, fmt::format("its list of files cannot be read ({})", cause.what()));
  }
}

std::string shared_directory(std::string_view directory) { return path_in(directory, shared_name); }

std::string shared_directory_of(storage& disk, const std::string& snapshot_directory) {
  std::string own = shared_directory(snapshot_directory);
  return disk.exists(own) ? own : shared_directory(directory_above(snapshot_directory));
}

bool names_shared_files(std::string_view part) noexcept { return part == files_name || part == runs_name; }

std::string directory_above(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::set<std::string> shared_files_of(storage& disk, const std::string& snapshot_directory) {
  std::set<std::string> names;
  snapshot_reader reader(disk, snapshot_directory);
  for (const block_place& place : reader.manifest().blocks) {
    if (place.kind != block_kind::part || !names_shared_files(place.name)) continue;
    for (shared_file& each : read_row_store_files(reader.read(place).bytes, snapshot_directory).tables) {
      names.insert(std::move(each.name));
    }
  }
  return names;
}

void remove_unused_shared_files(storage& disk, const std::string& checkpoint_directory) {
  const std::string shared = shared_directory(checkpoint_directory);
  if (!disk.exists(shared)) return;
  std::set<std::string> used;
  try {
    for (const std::uint64_t id : complete_snapshots(disk, checkpoint_directory)) {
      used.merge(shared_files_of(disk, snapshot_directory(checkpoint_directory, id)));
    }
  } catch (const snapshot_damaged&) {  // it may be mended with a copy, and then needs its files
    return;
  }
  for (const std::string& name : disk.list_directory(shared)) {
    if (!used.contains(name)) disk.remove(path_in(shared, name));
  }
}

void copy_shared_files(storage& disk, std::string_view part, const std::string& checkpoint_directory,
                       const std::string& savepoint_directory) {
  const std::string to = shared_directory(savepoint_directory);
  const std::string from = shared_directory(checkpoint_directory);
  disk.create_directories(to);
  std::vector<char> piece(std::size_t{1} << 20);
  for (const shared_file& each : read_row_store_files(part, savepoint_directory).tables) {
    const std::string target = path_in(to, each.name);
    if (disk.exists(target)) continue;
    const auto source = disk.open(path_in(from, each.name));
    const auto copy = disk.create(target);
    for (std::uint64_t offset = 0; offset < each.bytes;) {
      const std::size_t size = source->read_at(offset, piece);
      if (size == 0)
        throw_damaged(path_in(from, each.name), fmt::format("it ends after {} of {} bytes", offset, each.bytes));
      copy->append({piece.data(), size});
      offset += size;
    }
    copy->sync();
    copy->close();
  }
}

}  // namespace weir::detail
