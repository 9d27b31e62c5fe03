#include "weir/connectors/text_sink.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// "out/counts.csv" and "counts" make "out/.counts.csv.counts.in-progress": hidden, and one per sink.
std::string hidden_name(const std::string& path, std::string_view uid) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  std::string sink(uid);
  std::replace(sink.begin(), sink.end(), '/', '_');
  return path.substr(0, name) + "." + path.substr(name) + "." + sink + ".in-progress";
}

/// The files that sinks of this program are writing, and the uids of the sinks.
class written_files {
 public:
  static written_files& all() {
    static written_files files;
    return files;
  }

  /// Throws weir::error if another sink writes the file.
  void add(const storage& storage, const std::string& path, const std::string& uid) {
    const std::lock_guard lock(mutex_);
    const auto [other, added] = uids_.emplace(key_of(storage, path), uid);
    if (added) return;
    throw error("sink '" + other->second + "' of the same job writes this file; give each sink a file of its own");
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

/// A directory or device cannot be replaced by a result, and must not be.
void refuse_what_is_no_file(storage& storage, const std::string& path) {
  if (path.empty() || path.back() == '/') throw error("the path ends in no file name; name a file");
  if (storage.exists(path) && !storage.stat(path).regular) {
    throw error("it is a directory, a device or a pipe; name a file, or use print() for standard output");
  }
}

}  // namespace

result_file::result_file(storage& storage, std::string path, std::string_view uid, std::string_view header)
    : storage_(storage), path_(std::move(path)), hidden_path_(hidden_name(path_, uid)), uid_(uid) {
  guarded([&] {
    refuse_what_is_no_file(storage_, path_);
    written_files::all().add(storage_, path_, uid_);
    claimed_ = true;
    try {
      file_ = storage_.create(hidden_path_);
      file_->append(header);
    } catch (...) {
      if (file_) remove_hidden();
      release();
      throw;
    }
  });
}

result_file::~result_file() {
  if (file_) remove_hidden();
  release();
}

void result_file::append(std::string_view rows) {
  if (rows.empty()) return;
  const std::lock_guard lock(mutex_);
  guarded([&] { file_->append(rows); });
}

std::string result_file::job_ended(job_outcome outcome) {
  release();
  if (outcome == job_outcome::failed) {
    remove_hidden();
    return {};
  }
  const bool finished = outcome == job_outcome::finished;
  const std::string visible = finished ? path_ : path_ + ".incomplete";
  guarded([&] {
    try {
      file_->sync();
      file_->close();
      storage_.rename(hidden_path_, visible);
    } catch (...) {
      remove_hidden();
      throw;
    }
  });
  file_.reset();
  if (finished) return {};
  return "sink '" + uid_ + "': the job did not reach its end; what it had written is in " + visible;
}

template <class Action>
void result_file::guarded(Action&& action) {
  try {
    action();
  } catch (const error& cause) {
    throw error("sink '" + uid_ + "' cannot write " + (path_.empty() ? "''" : path_) + ": " + cause.what());
  }
}

/// Another sink may write the file from now on.
void result_file::release() noexcept {
  if (std::exchange(claimed_, false)) written_files::all().remove(storage_, path_);
}

void result_file::remove_hidden() noexcept {
  file_.reset();
  try {
    storage_.remove(hidden_path_);
  } catch (const error&) {
    // The job has failed with a better message already, and a hidden file is no result.
  }
}

}  // namespace weir::detail
