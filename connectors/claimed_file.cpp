#include "weir/connectors/claimed_file.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// The files that sinks of this program are writing, and the uids of the sinks.
class written_files {
 public:
  static written_files& all() {
    static written_files files;
    return files;
  }

  /// Throws weir::error if another sink writes it.
  void add(const storage& storage, const std::string& path, const std::string& uid, const std::string& what) {
    const std::lock_guard lock(mutex_);
    const auto [other, added] = uids_.emplace(key_of(storage, path), uid);
    if (added) return;
    throw error("sink '" + other->second + "' of the same job writes this " + what + "; give each sink a " + what +
                " of its own");
  }
  void remove(const storage& storage, const std::string& path) {
    const std::lock_guard lock(mutex_);
    uids_.erase(key_of(storage, path));
  }

 private:
  using key = std::pair<const storage*, std::string>;
  static key key_of(const storage& storage, const std::string& path) {
    return {&storage, std::filesystem::path(path).lexically_normal().string()};
  }

  std::mutex mutex_;
  std::map<key, std::string> uids_;
};

}  // namespace

void refuse_what_is_no_file(storage& storage, const std::string& path) {
  if (path.empty() || path.back() == '/') throw error("the path ends in no file name; name a file");
  if (storage.exists(path) && !storage.stat(path).regular) {
    throw error("it is a directory, a device or a pipe; name a file, or use print() for standard output");
  }
}

claimed_file::claimed_file(const storage& storage, const std::string& path, const std::string& uid,
                           const std::string& what)
    : path_(path) {
  written_files::all().add(storage, path, uid, what);
  storage_ = &storage;
}

claimed_file::claimed_file(claimed_file&& other) noexcept
    : storage_(std::exchange(other.storage_, nullptr)), path_(std::move(other.path_)) {}

claimed_file& claimed_file::operator=(claimed_file&& other) noexcept {
  if (this == &other) return *this;
  release();
  storage_ = std::exchange(other.storage_, nullptr);
  path_ = std::move(other.path_);
  return *this;
}

void claimed_file::release() noexcept {
  if (const storage* const held = std::exchange(storage_, nullptr)) written_files::all().remove(*held, path_);
}

}  // namespace weir::detail
