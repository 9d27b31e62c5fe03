#pragma once
// Files that several snapshots of a job share, because they never change once they are written: the tables of a row
// store, and sorted runs (row_sorter.hpp). They lie in `shared` beside the snapshots' directories; a part named "files" or
// "runs" in a snapshot says which belong to it. A savepoint has a `shared` of its own inside, so that it can be moved.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/record.hpp"
#include "weir/core/storage.hpp"
#include "weir/state/row_store.hpp"

namespace weir::detail {

inline constexpr std::string_view shared_name = "shared";

/// Whether a part of this name says which shared files belong to a snapshot: those of a row store, or sorted runs.
bool names_shared_files(std::string_view part) noexcept;

/// A file that is shared.
struct shared_file {
  BOOST_HANA_DEFINE_STRUCT(shared_file, (std::string, name),  // in `shared`: no two contents have the same
                           (std::string, used_as),            // its name in the database
                           (std::uint64_t, bytes));
};

/// The files of a database, and the content of those that are small and change with every snapshot.
struct row_store_files {
  BOOST_HANA_DEFINE_STRUCT(row_store_files, (std::uint32_t, format), (std::vector<shared_file>, tables),
                           (std::vector<std::pair<std::string, std::string>>, contents));
  static constexpr std::uint32_t format_now = 1;
};

/// Reads such a part of `directory`. Throws snapshot_damaged if it is none, and weir::error for a newer
/// format.
row_store_files read_row_store_files(std::string_view part, const std::string& directory);

/// "DIRECTORY/shared". Where a snapshot's directory has none of its own, its files are in that of the directory above.
std::string shared_directory(std::string_view directory);
/// The one that the files of a snapshot lie in: its own, or that beside it.
std::string shared_directory_of(storage& disk, const std::string& snapshot_directory);
/// The directory that holds `path`: "." for a mere name.
std::string directory_above(std::string_view path);

/// The names in `shared` that a snapshot refers to. Throws as snapshot_reader does.
std::set<std::string> shared_files_of(storage& disk, const std::string& snapshot_directory);

/// Removes files in the `shared` of a checkpoint directory that none of its complete snapshots refers to; nothing if
/// one of them cannot be read. Nobody may be adding files meanwhile.
void remove_unused_shared_files(storage& disk, const std::string& checkpoint_directory);

/// Copies the files named in `part` from the `shared` of a checkpoint directory into that of a savepoint, durably, as
/// far as they are not there yet.
void copy_shared_files(storage& disk, std::string_view part, const std::string& checkpoint_directory,
                       const std::string& savepoint_directory);

}  // namespace weir::detail
