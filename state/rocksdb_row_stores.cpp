// The row stores of a job over RocksDB. Linking this file makes them known: its target is //state:rocksdb.
#include <fmt/format.h>

#include <mutex>
#include <set>
#include <utility>

#include "weir/state/rocksdb_files.hpp"
#include "weir/state/rocksdb_row_store.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/snapshot_block.hpp"

// Programs that are not linked by Bazel ask for this file by this name.
extern "C" {
extern const int weir_links_rocksdb;
const int weir_links_rocksdb = 1;
}

namespace weir::detail {
namespace {

constexpr std::string_view attempt_prefix = "attempt-";

/// The directories of attempts of this process: a new attempt begins before the old one is gone.
class live_directories {
 public:
  /// Makes one in `parent` that nobody has, and removes what earlier processes left there.
  std::string make(const std::string& parent) {
    const std::lock_guard lock(mutex_);
    make_directories(parent);
    for (const std::string& name : names_in(parent)) {
      const std::string path = path_in(parent, name);
      if (name.starts_with(attempt_prefix) && !live_.contains(path)) remove_tree(path);
    }
    std::string made = path_in(parent, fmt::format("{}{}", attempt_prefix, ++last_));
    live_.insert(made);
    make_directories(made);
    return made;
  }

  /// Also removes the directory that it is in, if that is empty now.
  void remove(const std::string& path) {
    remove_tree(path);
    remove_empty(directory_above(path));
    const std::lock_guard lock(mutex_);
    live_.erase(path);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> live_;
  std::uint64_t last_ = 0;
};

live_directories& directories() {
  static live_directories& only = *new live_directories;  // outlives jobs of static storage
  return only;
}

/// A directory's name for any uid.
std::string name_of(const row_store_description& description) {
  std::string name;
  for (const char each : description.uid) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       each == '-' || each == '_';
    if (plain) {
      name.push_back(each);
    } else {
      name += fmt::format("%{:02x}", static_cast<unsigned char>(each));
    }
  }
  return fmt::format("{}.{}", name, description.subtask);
}

class rocksdb_row_stores final : public row_stores {
 public:
  explicit rocksdb_row_stores(const row_stores_description& description)
      : description_(description),
        directory_(directories().make(description.working_directory)),
        memory_(description.options.memory != 0 ? description.options.memory : state_options::memory_default) {}
  ~rocksdb_row_stores() override { directories().remove(directory_); }

  bool keeps_rows() const noexcept override { return description_.options.backend == state_backend::rocksdb; }

  std::unique_ptr<row_store> open(row_store_description description) override {
    const std::string own = path_in(directory_, name_of(description));
    return std::make_unique<rocksdb_row_store>(std::move(description), memory_, own, description_.checkpoint_directory);
  }

  void scan_part(std::string_view part, const std::string& directory, key_group_range groups,
                 const row_store::row_visitor& visit) override {
    const std::string laid_out = path_in(directory_, fmt::format("reading-{}", next_reading()));
    lay_out_files(read_row_store_files(part, directory), directory, laid_out, layout::reading);
    scan_database(laid_out, groups, visit);
    remove_tree(laid_out);
  }

 private:
  std::uint64_t next_reading() {
    const std::lock_guard lock(mutex_);
    return ++readings_;
  }

  row_stores_description description_;
  std::string directory_;
  rocksdb_memory memory_;
  std::mutex mutex_;
  std::uint64_t readings_ = 0;
};

const rocksdb_registration registration{[](const row_stores_description& description) -> std::unique_ptr<row_stores> {
  return std::make_unique<rocksdb_row_stores>(description);
}};

}  // namespace
}  // namespace weir::detail
