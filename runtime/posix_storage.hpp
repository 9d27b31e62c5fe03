#pragma once
// The real file system behind core/storage.hpp. Used by every job that is not under test.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/storage.hpp"

namespace weir {

/// Stateless: one object may serve all threads. Beyond the contract of `storage`:
/// - reading a pipe or device must be sequential; `read_at` refuses to go back;
/// - the first `sync` of a created file also makes its directory entry durable;
/// - a file that is open for writing is locked: a second `create`, `open_to_append` or `lock` of it is refused;
/// - of a file that is to be written past the cache, what follows the first 32 MiB is written by a thread of its own;
/// - `remove` and `remove_directory` are not durable by themselves: after a power failure it may be there again;
/// - `list` does not match names that begin with a dot unless the pattern does, so files in progress can hide.
class posix_storage final : public storage {
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
};

}  // namespace weir
