// Running sums over more keys than memory holds: a job with its rows in RocksDB against a loop by hand that reads the
// rows of a batch by one MultiGet and writes them by one WriteBatch. All keys are in the database before the clock
// starts.
//   stored_state weir|hand KEYS RECORDS MEMORY_MIB [HOT_KEYS [CHECKPOINT_MS [SLOTS]]]
// With HOT_KEYS nine records of ten go to so many keys. Prints records per second and the most memory that was
// resident.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/random_numbers.hpp"
#include "weir/weir.hpp"

namespace {

using namespace weir;
using weir::benchmarks::random_number;
using steady = std::chrono::steady_clock;

struct event {
  BOOST_HANA_DEFINE_STRUCT(event, (std::uint64_t, key), (std::uint64_t, value));
};

std::uint64_t keys = 0;
std::uint64_t records = 0;
std::uint64_t hot_keys = 0;
std::uint64_t memory = 0;
std::atomic<std::int64_t> begun_ns{0};

std::int64_t now_ns() { return steady::now().time_since_epoch().count(); }

/// First every key once, then records of any key.
event event_of(std::uint64_t i) {
  if (i < keys) return {i, 1};
  if (i == keys) begun_ns = now_ns();
  const std::uint64_t drawn = random_number(7, i);
  const bool hot = hot_keys != 0 && drawn % 10 != 0;
  return {random_number(8, i) % (hot ? hot_keys : keys), 1};
}

std::size_t resident_mib_max() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:"))
      return static_cast<std::size_t>(std::strtoull(line.c_str() + 6, nullptr, 10)) / 1024;
  }
  return 0;
}

struct summing {
  BOOST_HANA_DEFINE_STRUCT(summing, (value_state<std::uint64_t>, sum));
  using output_type = std::uint64_t;
  void process(const event& each, auto&, auto&) { sum = sum.value_or(0) + each.value; }
};

void run_weir(const std::string& directory, std::int64_t checkpoint_ms, std::size_t slots) {
  const job sums("sums", from<"events">(generate(event_of, bounded(keys + records)).rate(1e15)) | key_by(&event::key) |
                             process<"sums">(summing{}) | to<"out">(discard()));
  run_options run;
  run.slots = slots;
  run.state = {.backend = state_backend::rocksdb, .directory = directory + "/state", .memory = memory};
  if (checkpoint_ms != 0) {
    run.checkpoints.directory = directory + "/checkpoints";
    run.checkpoints.interval = std::chrono::milliseconds(checkpoint_ms);
  }
  const job_report report = sums.run(run);
  std::printf("%llu checkpoints, the last of %llu bytes in %.1f ms\n",
              static_cast<unsigned long long>(report.checkpoints_completed),
              static_cast<unsigned long long>(report.last_checkpoint_bytes),
              std::chrono::duration<double, std::milli>(report.last_checkpoint_duration).count());
}

void require(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

void run_hand(const std::string& directory) {
  constexpr std::size_t batch_records = 512;
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
  require(rocksdb::DB::Open(options, directory + "/hand", &opened));
  const std::unique_ptr<rocksdb::DB> database(opened);
  rocksdb::WriteOptions write_options;
  write_options.disableWAL = true;
  std::vector<std::uint64_t> batch(batch_records);
  std::vector<rocksdb::Slice> slices(batch_records);
  std::vector<rocksdb::PinnableSlice> rows(batch_records);
  std::vector<rocksdb::Status> statuses(batch_records);
  std::uint64_t i = 0;
  while (i < keys + records) {
    std::size_t count = 0;
    for (; count < batch_records && i < keys + records; ++i) {
      const event each = event_of(i);
      batch[count] = each.key;
      slices[count] = {reinterpret_cast<const char*>(&batch[count]), sizeof each.key};
      ++count;
    }
    database->MultiGet(rocksdb::ReadOptions(), database->DefaultColumnFamily(), count, slices.data(), rows.data(),
                       statuses.data());
    rocksdb::WriteBatch writes;
    for (std::size_t k = 0; k < count; ++k) {
      std::uint64_t sum = 0;
      if (statuses[k].ok()) {
        std::memcpy(&sum, rows[k].data(), sizeof sum);
      } else if (!statuses[k].IsNotFound()) {
        require(statuses[k]);
      }
      ++sum;
      rows[k].Reset();
      require(writes.Put(slices[k], {reinterpret_cast<const char*>(&sum), sizeof sum}));
    }
    require(database->Write(write_options, &writes));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "stored_state weir|hand KEYS RECORDS MEMORY_MIB [HOT_KEYS [CHECKPOINT_MS [SLOTS]]]\n");
    return 2;
  }
  const auto number = [&](int index, std::uint64_t otherwise) {
    return index < argc ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  const std::string mode = argv[1];
  keys = number(2, 0);
  records = number(3, 0);
  memory = number(4, 0) << 20;
  hot_keys = number(5, 0);
  const std::string directory =
      (std::filesystem::temp_directory_path() / ("stored_state_" + std::to_string(now_ns()))).string();
  std::filesystem::create_directories(directory);
  const std::int64_t loaded_from = now_ns();
  try {
    if (mode == "weir") {
      run_weir(directory, static_cast<std::int64_t>(number(6, 0)), number(7, 1));
    } else {
      run_hand(directory);
    }
  } catch (const error& cause) {
    std::fprintf(stderr, "%s\n", cause.what());
    return 1;
  }
  const double seconds = static_cast<double>(now_ns() - begun_ns) * 1e-9;
  std::printf(
      "%s: %.3f million records a second over %.1f s, loading took %.1f s; %zu MiB resident at most of %llu given\n",
      mode.c_str(), static_cast<double>(records) / seconds * 1e-6, seconds,
      static_cast<double>(begun_ns - loaded_from) * 1e-9, resident_mib_max(),
      static_cast<unsigned long long>(memory >> 20));
  std::filesystem::remove_all(directory);
  return 0;
}
