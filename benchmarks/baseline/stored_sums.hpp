#pragma once
// Sums per key in RocksDB by hand: the rows of a batch are read by one MultiGet and written by one WriteBatch, without
// a write-ahead log. With the same memory and the same options of the database as weir's state. Needs Boost 1.81 or
// later.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

inline void require_success(const rocksdb::Status& status) {
  if (!status.ok()) throw error(status.ToString());
}

inline std::unique_ptr<rocksdb::DB> open_database(const std::string& directory, std::size_t memory) {
  rocksdb::Options options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(memory);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.partition_filters = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(memory / 4, table.block_cache);
  options.write_buffer_size = std::clamp<std::size_t>(memory / 8, 1 << 20, 64 << 20);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  require_success(rocksdb::DB::Open(options, directory, &opened));
  return std::unique_ptr<rocksdb::DB>(opened);
}

/// `record_at(i)`, for i from 0 to `records`, has a key and a value. Returns the running sums, added up.
template <class RecordAt>
std::uint64_t hand_stored_sums(const std::string& directory, std::size_t memory, std::uint64_t records,
                               RecordAt&& record_at) {
  constexpr std::size_t batch_records = 512;
  const std::unique_ptr<rocksdb::DB> database = open_database(directory, memory);
  rocksdb::WriteOptions write_options;
  write_options.disableWAL = true;
  // The rows of a batch: its different keys, and which of them each record has.
  std::vector<std::uint64_t> keys(batch_records);
  std::vector<std::uint64_t> sums(batch_records);
  std::vector<rocksdb::Slice> slices(batch_records);
  std::vector<rocksdb::PinnableSlice> rows(batch_records);
  std::vector<rocksdb::Status> statuses(batch_records);
  boost::unordered_flat_map<std::uint64_t, std::size_t> row_of;
  std::vector<std::pair<std::size_t, std::uint64_t>> batch;
  std::uint64_t check = 0;
  for (std::uint64_t i = 0; i < records;) {
    batch.clear();
    row_of.clear();
    for (; batch.size() < batch_records && i < records; ++i) {
      const auto record = record_at(i);
      const auto [found, is_new] = row_of.try_emplace(record.key, row_of.size());
      const std::size_t row = found->second;
      if (is_new) {
        keys[row] = record.key;
        slices[row] = {reinterpret_cast<const char*>(&keys[row]), sizeof keys[row]};
      }
      batch.emplace_back(row, record.value);
    }
    const std::size_t count = row_of.size();
    database->MultiGet(rocksdb::ReadOptions(), database->DefaultColumnFamily(), count, slices.data(), rows.data(),
                       statuses.data());
    for (std::size_t row = 0; row < count; ++row) {
      sums[row] = 0;
      if (statuses[row].ok()) {
        std::memcpy(&sums[row], rows[row].data(), sizeof sums[row]);
      } else if (!statuses[row].IsNotFound()) {
        require_success(statuses[row]);
      }
      rows[row].Reset();
    }
    for (const auto& [row, value] : batch) check += sums[row] += value;
    rocksdb::WriteBatch writes;
    for (std::size_t row = 0; row < count; ++row) {
      require_success(writes.Put(slices[row], {reinterpret_cast<const char*>(&sums[row]), sizeof sums[row]}));
    }
    require_success(database->Write(write_options, &writes));
  }
  return check;
}

}  // namespace weir::benchmarks
