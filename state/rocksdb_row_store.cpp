#include "weir/state/rocksdb_row_store.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/state/rocksdb_files.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr std::size_t pending_bytes_max = mebibyte;

rocksdb::Slice slice_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string first_key_of(std::uint32_t group) {
  std::string key;
  append_row_group(group, key);
  return key;
}

/// Rows are looked up one by one and never in the order of their keys.
rocksdb::BlockBasedTableOptions table_options(std::shared_ptr<rocksdb::Cache> blocks) {
  rocksdb::BlockBasedTableOptions made;
  made.block_cache = std::move(blocks);
  made.no_block_cache = made.block_cache == nullptr;
  made.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Large filters and indexes are loaded and counted piece by piece.
  made.cache_index_and_filter_blocks = made.block_cache != nullptr;
  made.pin_l0_filter_and_index_blocks_in_cache = made.cache_index_and_filter_blocks;
  made.partition_filters = true;
  made.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  made.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  made.format_version = 5;
  return made;
}

rocksdb::Options common_options(std::shared_ptr<rocksdb::Cache> blocks) {
  rocksdb::Options made;
  made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(std::move(blocks))));
  made.compression = rocksdb::kNoCompression;
  made.info_log_level = rocksdb::WARN_LEVEL;
  made.keep_log_file_num = 1;
  made.max_log_file_size = mebibyte;
  made.stats_dump_period_sec = 0;
  made.stats_persist_period_sec = 0;
  return made;
}

bool is_table(std::string_view name) { return name.ends_with(".sst"); }
/// What says which tables make up a database.
bool is_index(std::string_view name) { return name == "CURRENT" || name.starts_with("MANIFEST-"); }

void visit_rows(rocksdb::DB& database, key_group_range groups, const std::string& where,
                const row_store::row_visitor& visit) {
  const std::string begin = first_key_of(groups.first);
  const std::string end = first_key_of(groups.last + 1);
  const rocksdb::Slice bound = end;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.iterate_upper_bound = &bound;
  options.readahead_size = 2 * mebibyte;
  const std::unique_ptr<rocksdb::Iterator> at(database.NewIterator(options));
  for (at->Seek(begin); at->Valid(); at->Next()) visit(view_of(at->key()), view_of(at->value()));
  require_ok(at->status(), "read rows in", where);
}

}  // namespace

// The write buffers are counted as a part of the block cache, and so are filters and indexes. A sixteenth is for what is
// not: what malloc adds to blocks, and compactions.
rocksdb_memory::rocksdb_memory(std::size_t bytes)
    : write_buffer_bytes(std::clamp(bytes / 8, mebibyte, 64 * mebibyte)),
      row_bytes(state_options::row_share(bytes)),
      blocks(rocksdb::NewLRUCache(std::max(bytes - row_bytes - bytes / 16, 4 * mebibyte))),
      buffers(std::make_shared<rocksdb::WriteBufferManager>(std::max(bytes / 4, 2 * mebibyte), blocks)) {}

/// Drops rows in which all has expired, while the database rewrites its tables in threads of its own.
struct rocksdb_row_store::expiry_filter final : rocksdb::CompactionFilter {
  explicit expiry_filter(std::function<bool(std::string_view)> row_expired) : expired(std::move(row_expired)) {}

  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& row, std::string*, bool*) const override {
    const std::lock_guard lock(mutex);
    try {
      return expired(view_of(row));
    } catch (...) {
      return false;  // whoever reads the row is told
    }
  }
  const char* Name() const override { return "weir.expiry"; }

  mutable std::mutex mutex;
  std::function<bool(std::string_view)> expired;
};

/// What a lookup of many keys needs; keeps its memory.
struct rocksdb_row_store::lookup {
  std::vector<rocksdb::Slice> keys;
  std::vector<rocksdb::PinnableSlice> rows;
  std::vector<rocksdb::Status> statuses;
};

/// Rows to be put and keys to be erased, in the order of their keys: the write buffer takes up neighbours for less than
/// half of what it costs to find the place of each.
struct rocksdb_row_store::sorted_writes {
  struct entry {
    std::size_t begin;
    std::size_t key_bytes;
    std::size_t row_bytes;
    bool exists;  ///< else the key is to be erased
  };
  std::string bytes;  // keys and rows, one behind the other
  std::vector<entry> entries;
  rocksdb::WriteBatch batch;

  void add(std::string_view key, std::optional<std::string_view> row) {
    entries.push_back({bytes.size(), key.size(), row ? row->size() : 0, row.has_value()});
    bytes.append(key);
    if (row) bytes.append(*row);
  }
  bool full() const noexcept { return bytes.size() >= pending_bytes_max; }

  std::string_view key_of(const entry& of) const noexcept { return {bytes.data() + of.begin, of.key_bytes}; }

  /// What came last for a key counts.
  rocksdb::Status sort() {
    std::sort(entries.begin(), entries.end(), [this](const entry& left, const entry& right) {
      const int order = key_of(left).compare(key_of(right));
      return order != 0 ? order < 0 : left.begin < right.begin;
    });
    batch.Clear();
    for (const entry& each : entries) {
      const rocksdb::Slice row(bytes.data() + each.begin + each.key_bytes, each.row_bytes);
      const rocksdb::Status added =
          each.exists ? batch.Put(slice_of(key_of(each)), row) : batch.Delete(slice_of(key_of(each)));
      if (!added.ok()) return added;
    }
    return rocksdb::Status::OK();
  }
};

rocksdb_row_store::rocksdb_row_store(row_store_description description, rocksdb_memory& memory, std::string directory,
                                     std::string checkpoint_directory)
    : description_(std::move(description)),
      memory_(memory),
      directory_(std::move(directory)),
      checkpoint_directory_(std::move(checkpoint_directory)),
      lookup_(std::make_unique<lookup>()),
      pending_(std::make_unique<sorted_writes>()) {
  if (description_.expired) expiry_ = std::make_unique<expiry_filter>(description_.expired);
  memory_.stores.fetch_add(1, std::memory_order_relaxed);
}

rocksdb_row_store::~rocksdb_row_store() {
  database_.reset();
  remove_tree(directory_);
}

void rocksdb_row_store::open() {
  if (database_ != nullptr) return;
  make_directories(directory_);
  rocksdb::Options options = common_options(memory_.blocks);
  options.create_if_missing = true;
  options.avoid_flush_during_shutdown = true;
  options.write_buffer_manager = memory_.buffers;
  options.write_buffer_size = memory_.write_buffer_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  options.compaction_filter = expiry_.get();
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory_, &opened);
  if (status.IsCorruption() && !shared_as_.empty()) throw_damaged(directory_, status.ToString());
  require_ok(status, "open the rows of '" + description_.uid + "' in", directory_);
  database_.reset(opened);
  require_ok(database_->GetDbSessionId(session_), "name the rows of '" + description_.uid + "' in", directory_);
}

std::size_t rocksdb_row_store::cache_bytes() const noexcept {
  return memory_.row_bytes / memory_.stores.load(std::memory_order_relaxed);
}

void rocksdb_row_store::read(std::span<const std::string_view> keys, const found_visitor& found) {
  open();
  auto& [wanted, rows, statuses] = *lookup_;
  const std::size_t count = keys.size();
  wanted.clear();
  for (const std::string_view key : keys) wanted.push_back(slice_of(key));
  if (rows.size() < count) {
    rows = std::vector<rocksdb::PinnableSlice>(count);
    statuses.resize(count);
  }
  database_->MultiGet(rocksdb::ReadOptions(), database_->DefaultColumnFamily(), count, wanted.data(), rows.data(),
                      statuses.data());
  for (std::size_t i = 0; i < count; ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) require_ok(statuses[i], "read rows of '" + description_.uid + "' in", directory_);
    found(i, view_of(rows[i]));
    rows[i].Reset();
  }
}

void rocksdb_row_store::put(std::string_view key, std::string_view row) {
  pending_->add(key, row);
  if (pending_->full()) write();
}

void rocksdb_row_store::erase(std::string_view key) {
  pending_->add(key, std::nullopt);
  if (pending_->full()) write();
}

void rocksdb_row_store::write() {
  if (pending_->entries.empty()) return;
  open();
  const std::string what = "write rows of '" + description_.uid + "' to";
  require_ok(pending_->sort(), what, directory_);
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  require_ok(database_->Write(options, &pending_->batch), what, directory_);
  pending_->entries.clear();
  pending_->bytes.clear();
  prepares_ = false;
}

std::uint64_t rocksdb_row_store::property(const std::string& name) const {
  std::uint64_t value = 0;
  database_->GetIntProperty(name, &value);
  return value;
}

void rocksdb_row_store::scan(key_group_range groups, const row_visitor& visit) {
  write();
  open();
  visit_rows(*database_, groups, directory_, visit);
}

bool rocksdb_row_store::prepare_snapshot() {
  write();
  open();
  if (!prepares_) {
    errors_ = property(rocksdb::DB::Properties::kBackgroundErrors);
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;  // nothing is written meanwhile
    require_ok(database_->Flush(options), "write rows of '" + description_.uid + "' to", directory_);
    prepares_ = true;
  }
  // Where the database fails, snapshot() says so.
  return property(rocksdb::DB::Properties::kNumImmutableMemTable) == 0 ||
         property(rocksdb::DB::Properties::kBackgroundErrors) != errors_;
}

std::string rocksdb_row_store::snapshot() {
  write();
  open();
  prepares_ = false;
  const std::string links = path_in(directory_, "snapshot");
  remove_tree(links);  // of a snapshot that failed
  rocksdb::Checkpoint* made = nullptr;
  require_ok(rocksdb::Checkpoint::Create(database_.get(), &made), "take a snapshot of", directory_);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  require_ok(checkpoint->CreateCheckpoint(links), "take a snapshot of", directory_);

  const std::string shared = shared_directory(checkpoint_directory_);
  make_directories(shared);
  row_store_files files;
  files.format = row_store_files::format_now;
  for (const std::string& name : names_in(links)) {
    const std::string path = path_in(links, name);
    if (is_index(name)) files.contents.emplace_back(name, read_whole_file(path));
    if (!is_table(name)) continue;
    const auto known = shared_as_.find(name);
    shared_file added;
    added.name = known != shared_as_.end() ? known->second : session_ + "-" + name;
    added.used_as = name;
    added.bytes = bytes_of_file(path);
    const std::string target = path_in(shared, added.name);
    if (!file_exists(target)) link_file(path, target);
    files.tables.push_back(std::move(added));
  }
  sync_directory(shared);
  remove_tree(links);
  std::string part;
  encode(files, part);
  return part;
}

void rocksdb_row_store::restore(std::string_view part, const std::string& directory, key_group_range groups) {
  const row_store_files files = read_row_store_files(part, directory);
  if (database_ != nullptr) {
    const std::string laid_out = directory_ + ".reading";
    remove_tree(laid_out);
    lay_out_files(files, directory, laid_out, layout::reading);
    scan_database(laid_out, groups, [this](std::string_view key, std::string_view row) { put(key, row); });
    write();
    remove_tree(laid_out);
    return;
  }
  // The first one becomes the database.
  lay_out_files(files, directory, directory_, layout::going_on);
  for (const shared_file& each : files.tables) shared_as_[each.used_as] = each.name;
  open();
  forget_other_groups(groups);
}

void rocksdb_row_store::forget_other_groups(key_group_range groups) {
  const std::string all_begin = first_key_of(0);
  const std::string begin = first_key_of(groups.first);
  const std::string end = first_key_of(groups.last + 1);
  const std::string all_end = first_key_of(key_group_count::value_max);
  for (const auto& [first, last] : {std::pair(all_begin, begin), std::pair(end, all_end)}) {
    if (first >= last) continue;
    rocksdb::ReadOptions options;
    const rocksdb::Slice bound = last;
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(options));
    at->Seek(first);
    require_ok(at->status(), "read rows in", directory_);
    if (!at->Valid()) continue;
    rocksdb::WriteOptions without_log;
    without_log.disableWAL = true;
    require_ok(database_->DeleteRange(without_log, database_->DefaultColumnFamily(), first, last), "write to",
               directory_);
  }
}

void scan_database(const std::string& directory, key_group_range groups, const row_store::row_visitor& visit) {
  const rocksdb::Options options = common_options(nullptr);
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory, &opened);
  if (status.IsCorruption()) throw_damaged(directory, status.ToString());
  require_ok(status, "open", directory);
  const std::unique_ptr<rocksdb::DB> database(opened);
  visit_rows(*database, groups, directory, visit);
}

}  // namespace weir::detail
