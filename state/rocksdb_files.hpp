#pragma once
// Files as RocksDB sees them. The database does its own input and output, so what is done with its files goes through
// its file system, too: hard links above all, which storage does not have.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/state/shared_files.hpp"

namespace rocksdb {
class Status;
}

namespace weir::detail {

/// Throws weir::error unless `status` is good: "cannot <what> <where>: <why>".
void require_ok(const rocksdb::Status& status, std::string_view what, const std::string& where);

/// Makes a directory and those above it.
void make_directories(const std::string& path);
/// Removes a directory and all in it; nothing if there is none. False if something was left.
bool remove_tree(const std::string& path) noexcept;
void remove_empty(const std::string& directory) noexcept;
void sync_directory(const std::string& path);
std::vector<std::string> names_in(const std::string& directory);

std::string read_whole_file(const std::string& path);
void write_whole_file(const std::string& path, std::string_view bytes);
std::uint64_t bytes_of_file(const std::string& path);
bool file_exists(const std::string& path);

/// Makes `to` the same file as `from`, or a copy of it where the file system cannot link the two; a copy is complete or
/// not there.
void link_file(const std::string& from, const std::string& to);

/// What a database is laid out for.
enum class layout : std::uint8_t {
  going_on,  ///< its tables are linked for good
  reading    ///< only for a while; works where the snapshot lies on another file system or may not be written
};

/// Puts the files of a database together in `directory`, which is made: those of the snapshot in `snapshot_directory`.
/// Throws snapshot_damaged if one is missing or has another size.
void lay_out_files(const row_store_files& files, const std::string& snapshot_directory, const std::string& directory,
                   layout how);

}  // namespace weir::detail
