#include "weir/state/rocksdb_files.hpp"

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <rocksdb/status.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "weir/core/error.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

rocksdb::Env& env() { return *rocksdb::Env::Default(); }

/// Where the files of a snapshot lie; shared_directory_of() for a disk that RocksDB can use.
std::string shared_files_beside(const std::string& snapshot_directory) {
  const std::string own = shared_directory(snapshot_directory);
  return file_exists(own) ? own : shared_directory(directory_above(snapshot_directory));
}

/// Makes `to` a name for `from`, as long as that is there.
void refer_to_file(const std::string& from, const std::string& to) {
  // Not RocksDB's GetAbsolutePath, which gives the working directory for any relative path.
  const std::string absolute = std::filesystem::absolute(from).string();
  if (::symlink(absolute.c_str(), to.c_str()) != 0) {
    throw error(fmt::format("cannot link {} to {}: {}", to, absolute, std::generic_category().message(errno)));
  }
}

}  // namespace

void require_ok(const rocksdb::Status& status, std::string_view what, const std::string& where) {
  if (status.ok()) return;
  const char* const remedy = status.IsNoSpace() ? "; make room on the disk and start again" : "";
  throw error(fmt::format("cannot {} {}: {}{}", what, where, status.ToString(), remedy));
}

void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty()) require_ok(env().CreateDirIfMissing(part), "create the directory", part);
    if (end == std::string::npos) return;
  }
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  require_ok(env().GetChildren(directory, &names), "list", directory);
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  return names;
}

bool remove_tree(const std::string& path) noexcept {
  try {
    if (!file_exists(path)) return true;
    for (const std::string& name : names_in(path)) {
      const std::string child = path_in(path, name);
      bool is_directory = false;
      if (env().IsDirectory(child, &is_directory).ok() && is_directory) {
        remove_tree(child);
      } else {
        env().DeleteFile(child).PermitUncheckedError();
      }
    }
    return env().DeleteDir(path).ok();
  } catch (...) {
    return false;
  }
}

void remove_empty(const std::string& directory) noexcept { env().DeleteDir(directory).PermitUncheckedError(); }

void sync_directory(const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  require_ok(env().NewDirectory(path, &directory), "open the directory", path);
  require_ok(directory->Fsync(), "sync the directory", path);
}

std::string read_whole_file(const std::string& path) {
  std::string bytes;
  require_ok(rocksdb::ReadFileToString(&env(), path, &bytes), "read", path);
  return bytes;
}

void write_whole_file(const std::string& path, std::string_view bytes) {
  require_ok(rocksdb::WriteStringToFile(&env(), {bytes.data(), bytes.size()}, path), "write", path);
}

std::uint64_t bytes_of_file(const std::string& path) {
  std::uint64_t bytes = 0;
  require_ok(env().GetFileSize(path, &bytes), "read", path);
  return bytes;
}

bool file_exists(const std::string& path) { return env().FileExists(path).ok(); }

void link_file(const std::string& from, const std::string& to) {
  const rocksdb::Status linked = env().LinkFile(from, to);
  if (linked.ok()) return;
  // Another file system, or one without links.
  const std::string copy = to + ".copy";
  std::unique_ptr<rocksdb::SequentialFile> source;
  std::unique_ptr<rocksdb::WritableFile> target;
  require_ok(env().NewSequentialFile(from, &source, {}), "read", from);
  require_ok(env().NewWritableFile(copy, &target, {}), "write", copy);
  std::vector<char> piece(std::size_t{1} << 20);
  for (;;) {
    rocksdb::Slice read;
    require_ok(source->Read(piece.size(), &read, piece.data()), "read", from);
    if (read.empty()) break;
    require_ok(target->Append(read), "write", copy);
  }
  require_ok(target->Sync(), "sync", copy);
  require_ok(target->Close(), "write", copy);
  require_ok(env().RenameFile(copy, to), "rename", copy);
}

void lay_out_files(const row_store_files& files, const std::string& snapshot_directory, const std::string& directory,
                   layout how) {
  make_directories(directory);
  const std::string shared = shared_files_beside(snapshot_directory);
  for (const shared_file& each : files.tables) {
    const std::string from = path_in(shared, each.name);
    if (!file_exists(from)) {
      throw_damaged(snapshot_directory, fmt::format("its file {} is missing", from));
    }
    const std::uint64_t bytes = bytes_of_file(from);
    if (bytes != each.bytes) {
      throw_damaged(snapshot_directory, fmt::format("its file {} has {} bytes instead of {}", from, bytes, each.bytes));
    }
    const std::string to = path_in(directory, each.used_as);
    if (how == layout::going_on) {
      link_file(from, to);
    } else {
      refer_to_file(from, to);
    }
  }
  for (const auto& [name, bytes] : files.contents) write_whole_file(path_in(directory, name), bytes);
}

}  // namespace weir::detail
