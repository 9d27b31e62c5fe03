#pragma once
// A disk in memory that can fail on demand, fill up, and crash: after a crash it holds what was synced and nothing
// else. The simulator and the tests of sources, sinks and snapshots run on it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/storage.hpp"

namespace weir::testing {

/// A call of `storage` or of one of its files.
enum class storage_operation : std::uint8_t {
  open,
  create,
  read,
  append,
  sync,
  close,
  rename,
  remove,
  stat,
  list,
  create_directories,
  open_to_append,
  list_directory,
  remove_directory,
  lock,
};

/// "append", "create_directories".
std::string_view name_of(storage_operation operation);

/// Behaves as posix_storage does, with relative and absolute paths; "." and "/" are directories that exist. May be used
/// by several threads; every call is atomic. Modification times count the changes made, so that runs are equal.
///
/// What a crash takes away: bytes that were not synced, cuts that were not synced (`open_to_append`), and changes to a
/// directory (files created, replaced or removed, directories removed) since it was last made durable. `rename` and the
/// first `sync` of a file make their directory durable, as on a real disk; new directories are durable at once. Files
/// that were open refuse every further call, and locks are gone.
class memory_storage final : public storage {
 public:
  std::unique_ptr<readable_file> open(const std::string& path) override;
  std::unique_ptr<writable_file> create(const std::string& path) override;
  std::unique_ptr<writable_file> open_to_append(const std::string& path, std::uint64_t length) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  file_info stat(const std::string& path) override;
  bool exists(const std::string& path) override;
  std::vector<file_info> list(const std::string& pattern) override;
  std::vector<std::string> list_directory(const std::string& path) override;
  void create_directories(const std::string& path) override;
  void remove_directory(const std::string& path) override;
  std::unique_ptr<storage_lock> lock(const std::string& path) override;

  /// Makes the next call of `operation`, after `skipped` further ones, throw a weir::error that gives `reason`. A
  /// failing append leaves half of its bytes behind; other failing calls change nothing. Several may be pending.
  void fail_next(storage_operation operation, std::string reason, std::size_t skipped = 0);

  /// An append beyond this many bytes, over all files, writes what fits and throws "no space left on device".
  void limit_capacity(std::uint64_t bytes);

  /// Loses what was not synced. With a `seed`, a part of the unsynced bytes at each file's end, and any of the unsynced
  /// cuts and changes to directories, may survive instead, as on a real disk; the same seed keeps the same part.
  void crash(std::optional<std::uint64_t> seed = std::nullopt);

  /// `observer(operation, path)` is called before every call, outside the lock; it may throw, for instance to stop a
  /// simulated process, and may call `crash`.
  void observe(std::function<void(storage_operation, const std::string&)> observer);

  /// How many injected failures and full disks were met, by operation.
  std::map<storage_operation, std::size_t> failures_met() const;

  /// Puts a durable file in place, with its directories.
  void write(const std::string& path, std::string_view bytes);
  /// All bytes of a file, synced or not.
  std::string read(const std::string& path) const;
  /// The paths of all files, sorted.
  std::vector<std::string> paths() const;

 private:
  struct node {
    std::string bytes;
    std::size_t synced = 0;  ///< this many bytes survive a crash
    std::int64_t modified_ns = 0;
    std::string cut_tail{};              ///< durable bytes behind `synced` that were cut off and not synced since
    std::weak_ptr<const void> holder{};  ///< not expired while the file is open for writing or locked
  };
  class held_lock;
  using directory_entries = std::map<std::string, std::shared_ptr<node>, std::less<>>;
  struct planned_failure {
    storage_operation operation;
    std::string reason;
    std::size_t skipped;
  };
  class reading_file;
  class writing_file;

  void announce(storage_operation operation, const std::string& path);
  bool take_failure(storage_operation operation, std::string& reason);
  void fail_if_planned(storage_operation operation, std::string_view action, const std::string& path);
  void require_directory_of(std::string_view action, const std::string& path) const;
  bool is_directory(const std::string& path) const;
  void require_free(const std::string& path, std::string_view problem) const;
  void append(node& file, const std::string& path, std::string_view bytes);
  void make_directory_durable(const std::string& directory);
  void forget_durable_files_of(const std::string& directory);
  std::uint64_t bytes_stored() const;
  static file_info info_of(const std::string& path, const node& file);

  mutable std::mutex mutex_;
  directory_entries files_;
  directory_entries durable_;  ///< what a crash leaves of `files_`
  std::set<std::string, std::less<>> directories_{".", "/"};
  std::set<std::string, std::less<>> removed_directories_;  ///< not durably: a crash may bring them back
  std::vector<planned_failure> planned_;
  std::map<storage_operation, std::size_t> failures_met_;
  std::function<void(storage_operation, const std::string&)> observer_;
  std::uint64_t capacity_bytes_ = std::numeric_limits<std::uint64_t>::max();
  std::int64_t changes_ = 0;
  std::uint64_t crashes_ = 0;
};

}  // namespace weir::testing
