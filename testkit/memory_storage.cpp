#include "weir/testkit/memory_storage.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <random>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::testing {
namespace {

[[noreturn]] void fail(std::string_view action, const std::string& path, std::string_view reason) {
  throw error(fmt::format("cannot {} {}: {}; this is the simulated disk", action, path, reason));
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

constexpr std::string_view being_written =
    "is being written by another running program; stop it or choose another path";

/// "a//b/./c/" is "a/b/c".
std::string normal(const std::string& path) {
  std::string made;
  if (path.starts_with('/')) made = "/";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") {
      if (!made.empty() && made != "/") made += '/';
      made += part;
    }
    begin = end + 1;
  }
  return made.empty() ? "." : made;
}

}  // namespace

std::string_view name_of(storage_operation operation) {
  constexpr std::string_view names[] = {"open",
                                        "create",
                                        "read",
                                        "append",
                                        "sync",
                                        "close",
                                        "rename",
                                        "remove",
                                        "stat",
                                        "list",
                                        "create_directories",
                                        "open_to_append",
                                        "list_directory",
                                        "remove_directory",
                                        "lock"};
  return names[static_cast<std::size_t>(operation)];
}

class memory_storage::reading_file final : public readable_file {
 public:
  reading_file(memory_storage& disk, std::shared_ptr<node> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)), crashes_(disk.crashes_) {}

  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    disk_.announce(storage_operation::read, path_);
    const std::lock_guard lock(disk_.mutex_);
    if (crashes_ != disk_.crashes_) fail("read", path_, "the disk has crashed since it was opened");
    disk_.fail_if_planned(storage_operation::read, "read", path_);
    if (offset >= file_->bytes.size()) return 0;
    return file_->bytes.copy(into.data(), into.size(), offset);
  }

 private:
  memory_storage& disk_;
  std::shared_ptr<node> file_;
  std::string path_;
  std::uint64_t crashes_;
};

class memory_storage::writing_file final : public writable_file {
 public:
  writing_file(memory_storage& disk, std::shared_ptr<node> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)), crashes_(disk.crashes_) {
    file_->holder = holder_;
  }

  void append(std::string_view bytes) override {
    disk_.announce(storage_operation::append, path_);
    const std::lock_guard lock(disk_.mutex_);
    require_open();
    disk_.append(*file_, path_, bytes);
  }

  void sync() override {
    disk_.announce(storage_operation::sync, path_);
    const std::lock_guard lock(disk_.mutex_);
    require_open();
    disk_.fail_if_planned(storage_operation::sync, "make durable", path_);
    file_->synced = file_->bytes.size();
    file_->cut_tail.clear();
    if (!std::exchange(entry_is_durable_, true)) disk_.make_directory_durable(directory_of(path_));
  }

  void close() override {
    if (closed_) return;
    disk_.announce(storage_operation::close, path_);
    const std::lock_guard lock(disk_.mutex_);
    require_open();
    closed_ = true;
    holder_.reset();
    disk_.fail_if_planned(storage_operation::close, "close", path_);
  }

 private:
  void require_open() const {
    if (crashes_ != disk_.crashes_) fail("write", path_, "the disk has crashed since it was created");
    if (closed_) fail("write", path_, "it has been closed");
  }

  memory_storage& disk_;
  std::shared_ptr<node> file_;
  std::string path_;
  std::uint64_t crashes_;
  std::shared_ptr<const void> holder_ = std::make_shared<char>();
  bool closed_ = false;
  bool entry_is_durable_ = false;
};

class memory_storage::held_lock final : public storage_lock {
 public:
  explicit held_lock(node& file) { file.holder = holder_; }

 private:
  std::shared_ptr<const void> holder_ = std::make_shared<char>();
};

std::unique_ptr<readable_file> memory_storage::open(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::open, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::open, "open", path);
  if (is_directory(path)) fail("open", path, "Is a directory");
  const auto found = files_.find(path);
  if (found == files_.end()) fail("open", path, "No such file or directory");
  return std::make_unique<reading_file>(*this, found->second, path);
}

std::unique_ptr<writable_file> memory_storage::create(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::create, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::create, "create", path);
  if (is_directory(path)) fail("create", path, "Is a directory");
  require_directory_of("create", path);
  require_free(path, being_written);
  auto file = std::make_shared<node>();
  file->modified_ns = ++changes_;
  files_[path] = file;
  return std::make_unique<writing_file>(*this, std::move(file), path);
}

std::unique_ptr<writable_file> memory_storage::open_to_append(const std::string& given, std::uint64_t length) {
  const std::string path = normal(given);
  announce(storage_operation::open_to_append, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::open_to_append, "open", path);
  if (is_directory(path)) fail("open", path, "Is a directory");
  const auto found = files_.find(path);
  if (found == files_.end()) fail("open", path, "No such file or directory");
  require_free(path, being_written);
  node& file = *found->second;
  if (file.bytes.size() < length) {
    fail("go on writing", path, fmt::format("it has only {} bytes, not {}", file.bytes.size(), length));
  }
  if (length < file.synced) {
    file.cut_tail.insert(0, file.bytes, length, file.synced - length);
    file.synced = length;
  }
  file.bytes.resize(length);
  file.modified_ns = ++changes_;
  return std::make_unique<writing_file>(*this, found->second, path);
}

void memory_storage::rename(const std::string& given_from, const std::string& given_to) {
  const std::string from = normal(given_from);
  const std::string to = normal(given_to);
  announce(storage_operation::rename, from);
  const std::lock_guard lock(mutex_);
  const std::string action = fmt::format("rename {} to", from);
  fail_if_planned(storage_operation::rename, action, to);
  const auto found = files_.find(from);
  if (found == files_.end()) fail(action, to, "No such file or directory");
  if (is_directory(to)) fail(action, to, "Is a directory");
  require_directory_of(action, to);
  const auto file = found->second;
  files_.erase(found);
  files_[to] = file;
  make_directory_durable(directory_of(to));
  make_directory_durable(directory_of(from));
}

void memory_storage::remove(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::remove, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::remove, "remove", path);
  if (is_directory(path)) fail("remove", path, "Is a directory");
  files_.erase(path);
}

file_info memory_storage::stat(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::stat, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::stat, "find", path);
  if (is_directory(path)) return {path, 0, 0, false};
  const auto found = files_.find(path);
  if (found == files_.end()) fail("find", path, "No such file or directory");
  return info_of(path, *found->second);
}

bool memory_storage::exists(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::stat, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::stat, "look for", path);
  return is_directory(path) || files_.contains(path);
}

std::vector<file_info> memory_storage::list(const std::string& given) {
  const std::string pattern = normal(given);
  announce(storage_operation::list, pattern);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::list, "list", pattern);
  std::vector<file_info> found;
  for (const auto& [path, file] : files_) {
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) found.push_back(info_of(path, *file));
  }
  return found;
}

void memory_storage::create_directories(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::create_directories, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::create_directories, "create the directory", path);
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (files_.contains(part)) fail("create the directory", part, "Not a directory");
    if (directories_.insert(part).second) make_directory_durable(directory_of(part));
    if (end == std::string::npos) return;
  }
}

std::vector<std::string> memory_storage::list_directory(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::list_directory, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::list_directory, "list", path);
  if (files_.contains(path)) fail("list", path, "Not a directory");
  if (!is_directory(path)) fail("list", path, "No such file or directory");
  std::set<std::string> names;
  const auto add = [&](const std::string& each) {
    if (each != "." && each != "/" && directory_of(each) == path) names.insert(each.substr(each.rfind('/') + 1));
  };
  for (const auto& [each, file] : files_) add(each);
  for (const std::string& each : directories_) add(each);
  return {names.begin(), names.end()};
}

void memory_storage::remove_directory(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::remove_directory, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::remove_directory, "remove the directory", path);
  if (files_.contains(path)) fail("remove the directory", path, "Not a directory");
  if (!is_directory(path)) return;
  if (path == "." || path == "/") fail("remove the directory", path, "Device or resource busy");
  const auto lies_in = [&](const std::string& each) { return each != "/" && directory_of(each) == path; };
  if (std::any_of(files_.begin(), files_.end(), [&](const auto& entry) { return lies_in(entry.first); }) ||
      std::any_of(directories_.begin(), directories_.end(), lies_in)) {
    fail("remove the directory", path, "Directory not empty");
  }
  directories_.erase(path);
  removed_directories_.insert(path);
}

std::unique_ptr<storage_lock> memory_storage::lock(const std::string& given) {
  const std::string path = normal(given);
  announce(storage_operation::lock, path);
  const std::lock_guard lock(mutex_);
  fail_if_planned(storage_operation::lock, "lock", path);
  if (is_directory(path)) fail("lock", path, "Is a directory");
  require_directory_of("lock", path);
  require_free(path, "is locked: another running job or process uses it; stop that or choose another path");
  std::shared_ptr<node>& file = files_[path];
  if (file == nullptr) {
    file = std::make_shared<node>();
    file->modified_ns = ++changes_;
  }
  return std::make_unique<held_lock>(*file);
}

void memory_storage::fail_next(storage_operation operation, std::string reason, std::size_t skipped) {
  const std::lock_guard lock(mutex_);
  planned_.push_back({operation, std::move(reason), skipped});
}

void memory_storage::limit_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_bytes_ = bytes;
}

void memory_storage::crash(std::optional<std::uint64_t> seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed.value_or(0));
  const auto survives = [&] { return seed.has_value() && random() % 2 != 0; };
  for (const std::string& path : removed_directories_) {  // a directory comes before those in it
    if (is_directory(directory_of(path)) && !survives()) {
      directories_.insert(path);
    } else {
      forget_durable_files_of(path);
    }
  }
  removed_directories_.clear();

  directory_entries present = durable_;
  present.insert(files_.begin(), files_.end());
  for (const auto& [path, any] : present) {
    const auto now = files_.find(path);
    const auto before = durable_.find(path);
    const bool same = now != files_.end() && before != durable_.end() && now->second == before->second;
    if (same || !is_directory(directory_of(path)) || !survives()) continue;
    if (now == files_.end()) {
      durable_.erase(before);
    } else {
      durable_[path] = now->second;
    }
  }
  for (auto& [path, file] : durable_) {
    if (!file->cut_tail.empty() && !survives()) {  // the cut is undone
      file->bytes.resize(file->synced);
      file->bytes += file->cut_tail;
    } else {
      const std::size_t unsynced = file->bytes.size() - file->synced;
      file->bytes.resize(file->synced + (seed.has_value() ? random() % (unsynced + 1) : 0));
    }
    file->synced = file->bytes.size();
    file->cut_tail.clear();
    file->holder.reset();
  }
  files_ = durable_;
  ++crashes_;
}

void memory_storage::observe(std::function<void(storage_operation, const std::string&)> observer) {
  const std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

std::map<storage_operation, std::size_t> memory_storage::failures_met() const {
  const std::lock_guard lock(mutex_);
  return failures_met_;
}

void memory_storage::write(const std::string& given, std::string_view bytes) {
  const std::string path = normal(given);
  const std::lock_guard lock(mutex_);
  for (std::string part = directory_of(path); directories_.insert(part).second;) part = directory_of(part);
  auto file = std::make_shared<node>(node{std::string(bytes), bytes.size(), ++changes_});
  files_[path] = file;
  durable_[path] = std::move(file);
}

std::string memory_storage::read(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(normal(path));
  if (found == files_.end()) fail("read", path, "No such file or directory");
  return found->second->bytes;
}

std::vector<std::string> memory_storage::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [path, file] : files_) found.push_back(path);
  return found;
}

void memory_storage::announce(storage_operation operation, const std::string& path) {
  std::function<void(storage_operation, const std::string&)> observer;
  {
    const std::lock_guard lock(mutex_);
    observer = observer_;
  }
  if (observer) observer(operation, path);
}

/// Counts down the failures planned for `operation`; true if one is due.
bool memory_storage::take_failure(storage_operation operation, std::string& reason) {
  for (auto plan = planned_.begin(); plan != planned_.end(); ++plan) {
    if (plan->operation != operation || plan->skipped-- > 0) continue;
    reason = std::move(plan->reason);
    planned_.erase(plan);
    ++failures_met_[operation];
    return true;
  }
  return false;
}

void memory_storage::fail_if_planned(storage_operation operation, std::string_view action, const std::string& path) {
  std::string reason;
  if (take_failure(operation, reason)) fail(action, path, reason);
}

bool memory_storage::is_directory(const std::string& path) const { return directories_.contains(path); }

void memory_storage::require_directory_of(std::string_view action, const std::string& path) const {
  if (!is_directory(directory_of(path))) fail(action, path, "No such file or directory");
}

void memory_storage::require_free(const std::string& path, std::string_view problem) const {
  const auto found = files_.find(path);
  if (found != files_.end() && !found->second->holder.expired()) throw error(fmt::format("{} {}", path, problem));
}

void memory_storage::append(node& file, const std::string& path, std::string_view bytes) {
  std::string reason;
  std::size_t written = bytes.size();
  if (take_failure(storage_operation::append, reason)) {
    written /= 2;
  } else if (capacity_bytes_ != std::numeric_limits<std::uint64_t>::max()) {
    const std::uint64_t stored = bytes_stored();
    const std::uint64_t free = capacity_bytes_ > stored ? capacity_bytes_ - stored : 0;
    if (free < bytes.size()) {
      written = static_cast<std::size_t>(free);
      reason = "No space left on device";
      ++failures_met_[storage_operation::append];
    }
  }
  file.bytes.append(bytes.substr(0, written));
  file.modified_ns = ++changes_;
  if (!reason.empty()) fail("write", path, reason);
}

void memory_storage::forget_durable_files_of(const std::string& directory) {
  std::erase_if(durable_, [&](const auto& entry) { return directory_of(entry.first) == directory; });
}

/// From now on a crash leaves the entries of `directory` as they are; directories removed from it, and what was removed
/// from those, do not come back.
void memory_storage::make_directory_durable(const std::string& directory) {
  forget_durable_files_of(directory);
  std::vector<std::string> gone{directory};
  for (std::size_t i = 0; i < gone.size(); ++i) {
    std::erase_if(removed_directories_, [&](const std::string& path) {
      if (directory_of(path) != gone[i]) return false;
      forget_durable_files_of(path);
      gone.push_back(path);
      return true;
    });
  }
  for (const auto& [path, file] : files_) {
    if (directory_of(path) == directory) durable_[path] = file;
  }
}

std::uint64_t memory_storage::bytes_stored() const {
  std::uint64_t total = 0;
  for (const auto& [path, file] : files_) total += file->bytes.size();
  return total;
}

file_info memory_storage::info_of(const std::string& path, const node& file) {
  return {path, file.bytes.size(), file.modified_ns, true};
}

}  // namespace weir::testing
