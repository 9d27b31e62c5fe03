#pragma once
// State that is larger than memory: what a keyed table needs from a database under it. The table is then a cache
// (table_cache.hpp), filled before each batch and written back. Behind it stands RocksDB, which is a link target of its
// own, //state:rocksdb, and makes itself known by linking it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/key_group.hpp"
#include "weir/state/state_options.hpp"

namespace weir::detail {

/// What the part of a snapshot is called that names the files of a row store.
inline constexpr std::string_view files_name = "files";

/// The rows of one operator in one subtask. A key begins with its key group, as append_row_group() writes it; rows are
/// the bytes that a snapshot would hold. One thread. Everything may throw weir::error.
class row_store {
 public:
  using row_visitor = std::function<void(std::string_view key, std::string_view row)>;
  using found_visitor = std::function<void(std::size_t index, std::string_view row)>;

  virtual ~row_store() = default;

  /// Bytes that the cache above may take.
  virtual std::size_t cache_bytes() const noexcept = 0;

  /// Calls `found` for those of the keys that have a row, with their place in `keys`, in any order.
  virtual void read(std::span<const std::string_view> keys, const found_visitor& found) = 0;

  /// What is put and erased is read again only after `write`.
  virtual void put(std::string_view key, std::string_view row) = 0;
  virtual void erase(std::string_view key) = 0;
  virtual void write() = 0;

  /// Calls `visit` for every row of these key groups, by ascending group.
  virtual void scan(key_group_range groups, const row_visitor& visit) = 0;

  /// Moves rows from memory to files, in threads of the store, so that snapshot() has little left to do. True when that
  /// is done; until then it is called again. Nothing is put or erased in between.
  virtual bool prepare_snapshot() = 0;
  /// Keeps the rows as they are now in files of the checkpoint directory, and returns the part of a snapshot that names
  /// them: a row_store_files. prepare_snapshot() need not come first.
  virtual std::string snapshot() = 0;

  /// Takes up the rows of `groups` from such a part in the snapshot `directory`. Before any other call. Throws
  /// snapshot_damaged where a file is missing or not as it was written.
  virtual void restore(std::string_view part, const std::string& directory, key_group_range groups) = 0;
};

struct row_store_description {
  std::string uid;
  std::size_t subtask = 0;
  key_group_range groups;
  /// Whether a row holds nothing that has not expired, and may go; empty where nothing expires. Called by any thread.
  std::function<bool(std::string_view row)> expired{};
};

/// The row stores of one attempt to run a job. Outlives them; its destruction removes what they have on disk.
class row_stores {
 public:
  virtual ~row_stores() = default;

  /// Whether operators keep their rows here; else they only read snapshots that were taken so.
  virtual bool keeps_rows() const noexcept = 0;

  virtual std::unique_ptr<row_store> open(row_store_description description) = 0;

  /// Calls `visit` for the rows of these groups in a part that row_store::snapshot made. Any thread.
  virtual void scan_part(std::string_view part, const std::string& directory, key_group_range groups,
                         const row_store::row_visitor& visit) = 0;
};

struct row_stores_description {
  state_options options;
  std::string working_directory;     ///< for the databases
  std::string checkpoint_directory;  ///< empty: no snapshots are taken
};

using row_stores_maker = std::unique_ptr<row_stores> (*)(const row_stores_description& description);

/// Makes RocksDB known to a program that links it.
struct rocksdb_registration {
  explicit rocksdb_registration(row_stores_maker make) noexcept;
};

/// Null in a program that does not link RocksDB.
row_stores_maker linked_rocksdb() noexcept;

/// The key group, so that a scan goes by groups.
inline void append_row_group(std::uint32_t group, std::string& key) {
  key.push_back(static_cast<char>(group >> 8));
  key.push_back(static_cast<char>(group));
}
inline constexpr std::size_t row_group_bytes = 2;

inline std::uint32_t row_group_of(std::string_view key) noexcept {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(key[0]) << 8 | static_cast<unsigned char>(key[1]));
}

}  // namespace weir::detail
