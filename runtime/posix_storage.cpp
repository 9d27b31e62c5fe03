#include "weir/runtime/posix_storage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/runtime/past_cache_writer.hpp"

namespace weir {
namespace {

std::string_view remedy(int code) {
  switch (code) {
    case ENOENT:
      return "check the path, and that its directory exists";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions of the file and its directory";
    case ENOSPC:
    case EDQUOT:
      return "free some space or choose another disk";
    case ENOTEMPTY:
    case EEXIST:
      return "remove what is in it first, or choose another directory";
    case EBUSY:
      return "it is in use or a mount point; choose another path";
    case EISDIR:
      return "name a file, not a directory";
    case ENOTDIR:
      return "a part of the path is a file where a directory must be";
    case EROFS:
      return "choose a place that may be written";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n) or lower the parallelism";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case EXDEV:
      return "both paths must be on one file system";
    case EFBIG:
      return "the file system or `ulimit -f` allows no larger files";
    case ELOOP:
      return "the path goes round in symbolic links";
    default:
      return "check the disk and the mount it lies on";
  }
}

[[noreturn]] void fail(std::string_view action, const std::string& path, int code) {
  throw error(fmt::format("cannot {} {}: {}; {}", action, path, std::generic_category().message(code), remedy(code)));
}

/// Repeats a system call while signals interrupt it.
template <class Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

descriptor open_file(const std::string& path, int flags, std::string_view action) {
  descriptor opened(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
  if (opened.get() < 0) fail(action, path, errno);
  return opened;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const descriptor opened = open_file(directory, O_RDONLY | O_DIRECTORY, "open the directory");
  const int result = uninterrupted([&] { return ::fsync(opened.get()); });
  if (result != 0 && errno != EINVAL && errno != EROFS) fail("make durable the directory", directory, errno);
}

/// Opens a file that nobody else has open for writing or locked, and locks it.
/// `busy` is what to say, behind the path, when somebody has.
descriptor open_locked(const std::string& path, int flags, std::string_view action, std::string_view busy) {
  descriptor file = open_file(path, flags, action);
  if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) throw error(fmt::format("{} {}", path, busy));
    fail("lock", path, errno);
  }
  struct stat opened{};
  struct stat named{};
  if (::fstat(file.get(), &opened) != 0 || ::stat(path.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
    throw error(
        fmt::format("{} was replaced while it was being opened; another program writes it, stop one of them", path));
  }
  return file;
}

constexpr std::string_view being_written =
    "is being written by another running program; stop it or choose another path";

file_info info_of(const std::string& path, const struct stat& status) {
  file_info info;
  info.path = path;
  info.regular = S_ISREG(status.st_mode);
  info.size = info.regular ? static_cast<std::uint64_t>(status.st_size) : 0;
  info.modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  return info;
}

class posix_readable_file final : public readable_file {
 public:
  posix_readable_file(descriptor opened, std::string path, bool regular)
      : descriptor_(std::move(opened)), path_(std::move(path)), regular_(regular) {}

  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    if (!regular_ && offset != position_) {
      throw error(
          fmt::format("cannot read {} at offset {}: it is a pipe or device and can only be read forward; copy "
                      "it to a file first",
                      path_, offset));
    }
    const ::ssize_t count = uninterrupted([&] {
      if (!regular_) return ::read(descriptor_.get(), into.data(), into.size());
      return ::pread(descriptor_.get(), into.data(), into.size(), static_cast<::off_t>(offset));
    });
    if (count < 0) fail("read", path_, errno);
    position_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }

 private:
  descriptor descriptor_;
  std::string path_;
  bool regular_;
  std::uint64_t position_ = 0;
};

class posix_writable_file final : public writable_file {
 public:
  posix_writable_file(descriptor opened, std::string path, bool may_pass_cache)
      : descriptor_(std::move(opened)), path_(std::move(path)), may_pass_cache_(may_pass_cache) {}

  void append(std::string_view bytes) override {
    require_open();
    if (bytes_to_cache_ > 0) {
      const std::string_view first = bytes.substr(0, bytes_to_cache_);
      write(first);
      bytes.remove_prefix(first.size());
      bytes_to_cache_ -= first.size();
      if (bytes_to_cache_ == 0) past_cache_ = detail::past_cache_writer::begin(descriptor_.get());
    }
    if (past_cache_ == nullptr) {
      write(bytes);
    } else if (const int code = past_cache_->append(bytes)) {
      fail("write", path_, code);
    }
  }

  void write_past_cache() override {
    require_open();
    if (may_pass_cache_) bytes_to_cache_ = bytes_to_cache_first;
  }

  void start_sync() override {
    require_open();
#ifdef SYNC_FILE_RANGE_WRITE
    // From the first byte to the last. Failures are left to fsync, which reports them.
    static_cast<void>(::sync_file_range(descriptor_.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
#endif
  }

  void sync() override {
    require_open();
    finish_past_cache();
    const int result = uninterrupted([&] { return ::fsync(descriptor_.get()); });
    if (result != 0 && errno != EINVAL) fail("make durable", path_, errno);  // EINVAL: a pipe has no durability
    if (!std::exchange(entry_is_durable_, true)) sync_directory_of(path_);
  }

  void close() override {
    if (descriptor_.get() < 0) return;
    finish_past_cache();
    // The descriptor is gone even if close is interrupted; trying again could close a stranger's.
    if (::close(descriptor_.release()) != 0 && errno != EINTR) fail("close", path_, errno);
  }

 private:
  /// Small files stay in the cache: whoever restarts at once reads them from there.
  static constexpr std::size_t bytes_to_cache_first = std::size_t{32} << 20;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ::ssize_t count = uninterrupted([&] { return ::write(descriptor_.get(), bytes.data(), bytes.size()); });
      if (count < 0) fail("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void finish_past_cache() {
    bytes_to_cache_ = 0;
    if (past_cache_ == nullptr) return;
    if (const int code = past_cache_->finish()) fail("write", path_, code);
    past_cache_.reset();
  }

  void require_open() const {
    if (descriptor_.get() < 0) throw error(fmt::format("cannot write {}: it has been closed; create it again", path_));
  }

  descriptor descriptor_;
  std::string path_;
  bool may_pass_cache_;
  bool entry_is_durable_ = false;
  std::size_t bytes_to_cache_ = 0;  // before what is appended goes past it; 0: it does already, or never
  std::unique_ptr<detail::past_cache_writer> past_cache_;  // null: it does not
};

class posix_lock final : public storage_lock {
 public:
  explicit posix_lock(descriptor locked) : descriptor_(std::move(locked)) {}

 private:
  descriptor descriptor_;  // closing it releases the lock
};

}  // namespace

std::unique_ptr<readable_file> posix_storage::open(const std::string& path) {
  descriptor opened = open_file(path, O_RDONLY, "open");
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) fail("open", path, errno);
  if (S_ISDIR(status.st_mode)) fail("open", path, EISDIR);
  return std::make_unique<posix_readable_file>(std::move(opened), path, S_ISREG(status.st_mode));
}

std::unique_ptr<writable_file> posix_storage::create(const std::string& path) {
  // Truncated only once it is locked: another program may be writing the same file.
  auto file = open_locked(path, O_WRONLY | O_CREAT, "create", being_written);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) fail("create", path, errno);
  if (S_ISREG(status.st_mode) && ::ftruncate(file.get(), 0) != 0) fail("create", path, errno);
  return std::make_unique<posix_writable_file>(std::move(file), path, S_ISREG(status.st_mode));
}

std::unique_ptr<writable_file> posix_storage::open_to_append(const std::string& path, std::uint64_t length) {
  auto file = open_locked(path, O_WRONLY, "open", being_written);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) fail("open", path, errno);
  if (!S_ISREG(status.st_mode)) {
    throw error(fmt::format("cannot go on writing {}: it is a pipe or device; name a regular file", path));
  }
  if (static_cast<std::uint64_t>(status.st_size) < length) {
    throw error(
        fmt::format("cannot go on writing {} from byte {} on: it has only {} bytes; it was changed since, bring "
                    "it back from a copy",
                    path, length, status.st_size));
  }
  const auto end = static_cast<::off_t>(length);
  if (uninterrupted([&] { return ::ftruncate(file.get(), end); }) != 0) fail("cut", path, errno);
  if (::lseek(file.get(), end, SEEK_SET) != end) fail("go to the end of", path, errno);
  return std::make_unique<posix_writable_file>(std::move(file), path, length == 0);
}

void posix_storage::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int code = errno;
    fail(fmt::format("rename {} to", from), to, code);
  }
  sync_directory_of(to);
  if (directory_of(from) != directory_of(to)) sync_directory_of(from);
}

void posix_storage::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) fail("remove", path, errno);
}

file_info posix_storage::stat(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) fail("find", path, errno);
  return info_of(path, status);
}

bool posix_storage::exists(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) fail("look for", path, errno);
  return false;
}

std::vector<file_info> posix_storage::list(const std::string& pattern) {
  struct failed_directory {
    std::string path;
    int code = 0;
  };
  static thread_local failed_directory failed;
  failed = {};
  ::glob_t found{};
  const int result = ::glob(
      pattern.c_str(), GLOB_NOSORT,
      [](const char* path, int code) {
        if (code == ENOTDIR || code == ENOENT) return 0;
        failed = {path, code};
        return 1;
      },
      &found);
  const std::unique_ptr<::glob_t, decltype(&::globfree)> release(&found, &::globfree);
  if (result == GLOB_NOMATCH) return {};
  if (result != 0)
    fail("list", failed.path.empty() ? pattern : failed.path, result == GLOB_NOSPACE ? ENOMEM : failed.code);

  std::vector<file_info> files;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    struct stat status{};
    if (::stat(found.gl_pathv[i], &status) == 0 && S_ISREG(status.st_mode)) {
      files.push_back(info_of(found.gl_pathv[i], status));
    }
  }
  std::sort(files.begin(), files.end(), [](const file_info& a, const file_info& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> posix_storage::list_directory(const std::string& path) {
  const std::unique_ptr<::DIR, int (*)(::DIR*)> opened(::opendir(path.c_str()), &::closedir);
  if (opened == nullptr) fail("list", path, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const ::dirent* entry = ::readdir(opened.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail("list", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

void posix_storage::create_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), 0777) == 0) {
      sync_directory_of(part);
    } else if (!part.empty() && errno != EEXIST && errno != EISDIR) {
      fail("create the directory", part, errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat status{};
  if (!path.empty() && ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
    fail("create the directory", path, ENOTDIR);
  }
}

void posix_storage::remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) fail("remove the directory", path, errno);
}

std::unique_ptr<storage_lock> posix_storage::lock(const std::string& path) {
  return std::make_unique<posix_lock>(
      open_locked(path, O_RDWR | O_CREAT, "lock",
                  "is locked: another running job or process uses it; stop that or choose another path"));
}

}  // namespace weir
