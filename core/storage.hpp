#pragma once
// The only way to touch a disk: sources, sinks and the snapshot store use nothing else, so that the simulator can
// replace it by a disk that fails, fills up or loses what was not synced.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What is known of a stored file without reading it.
struct file_info {
  std::string path;
  std::uint64_t size = 0;        ///< bytes
  std::int64_t modified_ns = 0;  ///< since the Unix epoch; with `size` it tells whether a file has changed
  bool regular = true;           ///< false for pipes and devices, which have no size and cannot be split
};

/// A file open for reading. Not shared between threads.
class readable_file {
 public:
  virtual ~readable_file() = default;
  /// Reads up to `into.size()` bytes from `offset`; 0 means end of file. Throws weir::error naming the path.
  virtual std::size_t read_at(std::uint64_t offset, std::span<char> into) = 0;
};

/// A file open for appending. Not shared between threads. Destroying it without `close` keeps what was appended.
class writable_file {
 public:
  virtual ~writable_file() = default;
  /// Appends all of `bytes` or throws weir::error naming the path and the reason (disk full, permission).
  virtual void append(std::string_view bytes) = 0;
  /// A hint: begins to write what was appended to the disk, without waiting, so that a later `sync` takes less time.
  virtual void start_sync() {}
  /// Makes everything appended so far durable.
  virtual void sync() = 0;
  virtual void close() = 0;
  /// A hint, before the first append: much will be appended, in large pieces, and read by nobody soon. What was appended may be
  /// read only after `sync` or `close` then, and an append may throw what an earlier one failed with.
  virtual void write_past_cache() {}
};

/// A path held exclusively until this is destroyed or its process ends.
class storage_lock {
 public:
  virtual ~storage_lock() = default;
};

/// A file system. Every failure is a weir::error whose sentence names the path, the reason and a remedy.
class storage {
 public:
  virtual ~storage() = default;

  virtual std::unique_ptr<readable_file> open(const std::string& path) = 0;
  /// Creates `path` or truncates it.
  virtual std::unique_ptr<writable_file> create(const std::string& path) = 0;
  /// Cuts an existing file to its first `length` bytes; what is appended follows them. The cut is durable after the
  /// first `sync`. A file that is shorter than `length`, or is not a regular file, is refused and left as it is.
  virtual std::unique_ptr<writable_file> open_to_append(const std::string& path, std::uint64_t length) = 0;
  /// Atomically replaces `to` by `from`, durably: the directory is synced.
  virtual void rename(const std::string& from, const std::string& to) = 0;
  /// Removing what does not exist is not an error.
  virtual void remove(const std::string& path) = 0;
  virtual file_info stat(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// The regular files that match a shell pattern (`*`, `?`, `[...]`, within path components), sorted by path;
  /// empty when none does.
  virtual std::vector<file_info> list(const std::string& pattern) = 0;
  /// The names of all files and directories in a directory, hidden ones included, sorted; without "." and "..".
  virtual std::vector<std::string> list_directory(const std::string& path) = 0;
  /// Makes the directory and those above it, durably. Existing ones are no error.
  virtual void create_directories(const std::string& path) = 0;
  /// Removes an empty directory; one that is not empty is refused. Removing what does not exist is not an error.
  virtual void remove_directory(const std::string& path) = 0;
  /// Makes the file `path` if it does not exist, and holds it: until the lock is destroyed no other process, and
  /// nobody in this one, can lock it or open it for writing. Throws at once if somebody else holds it.
  virtual std::unique_ptr<storage_lock> lock(const std::string& path) = 0;
};

}  // namespace weir
