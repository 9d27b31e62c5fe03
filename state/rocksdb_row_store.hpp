#pragma once
// A row store over a RocksDB database of its own: no write-ahead log, because a failed attempt begins again from a
// checkpoint; a checkpoint is hard links to the database's tables, which never change.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "weir/state/row_store.hpp"

namespace rocksdb {
class Cache;
class DB;
class Slice;
class WriteBufferManager;
}  // namespace rocksdb

namespace weir::detail {

/// What the databases of a job have together.
struct rocksdb_memory {
  explicit rocksdb_memory(std::size_t bytes);

  std::size_t write_buffer_bytes;          ///< of one database at most
  std::size_t row_bytes;                   ///< for the tables above them
  std::shared_ptr<rocksdb::Cache> blocks;  ///< holds the write buffers, too
  std::shared_ptr<rocksdb::WriteBufferManager> buffers;
  std::atomic<std::size_t> stores{0};
};

class rocksdb_row_store final : public row_store {
 public:
  /// The database lies in `directory`, which is not there yet; its snapshots go to the `shared` of the checkpoint
  /// directory. `memory` outlives it.
  rocksdb_row_store(row_store_description description, rocksdb_memory& memory, std::string directory,
                    std::string checkpoint_directory);
  ~rocksdb_row_store() override;

  std::size_t cache_bytes() const noexcept override;
  void read(std::span<const std::string_view> keys, const found_visitor& found) override;
  void put(std::string_view key, std::string_view row) override;
  void erase(std::string_view key) override;
  void write() override;
  void scan(key_group_range groups, const row_visitor& visit) override;
  bool prepare_snapshot() override;
  std::string snapshot() override;
  void restore(std::string_view part, const std::string& directory, key_group_range groups) override;

 private:
  struct expiry_filter;
  struct lookup;
  struct sorted_writes;

  void open();
  std::uint64_t property(const std::string& name) const;
  void forget_other_groups(key_group_range groups);

  row_store_description description_;
  rocksdb_memory& memory_;
  std::string directory_;
  std::string checkpoint_directory_;
  std::unique_ptr<expiry_filter> expiry_;
  std::map<std::string, std::string> shared_as_;  // the names in `shared` of tables that came with a restore
  std::string session_;                           // names the tables made by this database since it was opened
  std::unique_ptr<lookup> lookup_;
  std::unique_ptr<sorted_writes> pending_;
  bool prepares_ = false;     // the database flushes for a snapshot, and nothing has been written to it since
  std::uint64_t errors_ = 0;  // of its threads before that
  std::unique_ptr<rocksdb::DB> database_;
};

/// Calls `visit` for the rows of these groups in a database that is laid out in `directory` for reading.
void scan_database(const std::string& directory, key_group_range groups, const row_store::row_visitor& visit);

}  // namespace weir::detail
