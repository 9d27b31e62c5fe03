// Snapshots of a keyed state of about a gigabyte, from the heap to the disk and back. Time per gigabyte.
// snapshot_to_disk   a job that has loaded its keys is stopped: from the request of its last checkpoint until that is
//                    durable and published; against writing as many bytes to the same disk with fsync.
// restore            from starting the job to its first result; against reading the snapshot's data file and copying it
//                    into untouched memory. The file is read once before, so that it is in the page cache for both.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "benchmarks/baseline/snapshot_disk.hpp"
#include "benchmarks/lap_watch.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/temporary_directory.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

constexpr double gigabyte = 1e9;

template <std::size_t Words>
struct wide_value;
template <>
struct wide_value<1> {
  BOOST_HANA_DEFINE_STRUCT(wide_value, (std::uint64_t, a));
};
template <>
struct wide_value<8> {
  BOOST_HANA_DEFINE_STRUCT(wide_value, (std::uint64_t, a), (std::uint64_t, b), (std::uint64_t, c), (std::uint64_t, d),
                           (std::uint64_t, e), (std::uint64_t, f), (std::uint64_t, g), (std::uint64_t, h));
};

struct access_record {
  BOOST_HANA_DEFINE_STRUCT(access_record, (std::uint64_t, key), (std::uint64_t, index));
};

/// Emits how often its key came before.
template <std::size_t Words>
struct access_count {
  BOOST_HANA_DEFINE_STRUCT(access_count, (value_state<wide_value<Words>>, held));
  using output_type = std::uint64_t;
  void process(const access_record& each, auto&, auto& out) {
    wide_value<Words> next = held.value_or(wide_value<Words>{});
    out(next.a);
    ++next.a;
    if constexpr (Words > 1) next.h = each.index;
    held = next;
  }
};

/// A running job whose source makes every key once and then the first key again and again, until it is stopped.
class endless_accesses {
 public:
  explicit endless_accesses(std::uint64_t keys) : keys_(keys) {}

  template <std::size_t Words>
  job_handle start(const run_options& options) {
    const auto make = [keys = keys_](std::uint64_t i) { return access_record{random_number(1, i < keys ? i : 0), i}; };
    const auto take = [this](std::uint64_t seen) {
      if (seen == 0 || first_repeated_ns_.load(std::memory_order_relaxed) != 0) return;
      first_repeated_ns_.store(steady_ns(), std::memory_order_release);
    };
    auto source = generate(make, bounded(std::uint64_t{1} << 60)).rate(1e15);  // one split, as fast as it goes
    return job("accesses", from<"accesses">(std::move(source)) | key_by(&access_record::key) |
                               process<"count">(access_count<Words>{}) | to<"out">(for_each(take)))
        .start(options);
  }

  /// Throws what the job fails with meanwhile.
  void wait_for(job_handle& running, const std::atomic<std::int64_t>& what) const {
    while (what.load(std::memory_order_acquire) == 0) {
      if (!running.running()) running.wait();
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
  const std::atomic<std::int64_t>& first_repeated_ns() const noexcept { return first_repeated_ns_; }

 private:
  std::uint64_t keys_;
  std::atomic<std::int64_t> first_repeated_ns_{0};  ///< when a key came that was there: all are
};

struct taken_snapshot {
  std::string directory;
  std::uint64_t bytes = 0;
  double seconds = 0;
};

/// Loads the keys and stops with a checkpoint.
template <std::size_t Words>
taken_snapshot take_snapshot(const temporary_directory& directory, std::uint64_t keys) {
  run_options options;
  options.slots = 1;
  options.checkpoints.directory = directory / "checkpoints";
  endless_accesses accesses(keys);
  job_handle running = accesses.start<Words>(options);
  accesses.wait_for(running, accesses.first_repeated_ns());
  running.stop();
  const job_report report = running.wait();
  char name[32];
  std::snprintf(name, sizeof name, "/chk-%010llu", static_cast<unsigned long long>(report.last_checkpoint));
  return {options.checkpoints.directory + name, report.last_checkpoint_bytes,
          std::chrono::duration<double>(report.last_checkpoint_duration).count()};
}

template <std::size_t Words>
double restore_seconds(const taken_snapshot& from, std::uint64_t keys) {
  const temporary_directory directory;
  run_options options;
  options.slots = 1;
  options.checkpoints.directory = directory / "checkpoints";
  options.restore = from.directory;
  endless_accesses accesses(keys);
  const std::int64_t begun = steady_ns();
  job_handle running = accesses.start<Words>(options);
  accesses.wait_for(running, accesses.first_repeated_ns());
  running.cancel();  // a last checkpoint is not wanted
  return 1e-9 * static_cast<double>(accesses.first_repeated_ns().load() - begun);
}

template <std::size_t Words>
void add(const std::string& name, std::uint64_t keys) {
  struct shared {
    temporary_directory directory;
    taken_snapshot snapshot;
  };
  // Seconds are per gigabyte, so that both sides need not know each other's bytes.
  const auto make = [keys] {
    auto made = std::make_unique<shared>();
    made->snapshot = take_snapshot<Words>(made->directory, keys);
    const std::string path = made->snapshot.directory + "/data";
    hand_read(path, untouched_memory(std::filesystem::file_size(path)));
    return made;
  };
  const auto taken = std::make_shared<lazy<decltype(make)>>(make);
  const std::string to_disk = "snapshot_to_disk/" + name;
  add_side(to_disk, "hand", keys, [=] {
    const temporary_directory directory;
    const std::uint64_t bytes = (**taken)->snapshot.bytes;
    const double seconds = seconds_of([&] { return hand_write_durably(directory / "data", bytes), 0; });
    return seconds * gigabyte / static_cast<double>(bytes);
  })->Iterations(1);
  add_side(to_disk, "weir", keys, [=](benchmark::State& state) {
    const temporary_directory directory;
    const taken_snapshot snapshot = take_snapshot<Words>(directory, keys);
    state.counters["snapshot_mb"] = 1e-6 * static_cast<double>(snapshot.bytes);
    return snapshot.seconds * gigabyte / static_cast<double>(snapshot.bytes);
  })->Iterations(1);
  const std::string restore = "restore/" + name;
  add_side(restore, "hand", keys, [=] {
    const std::string path = (**taken)->snapshot.directory + "/data";
    const std::uint64_t bytes = std::filesystem::file_size(path);
    const untouched_memory memory(bytes);
    const double seconds = seconds_of([&] { return hand_read(path, memory); });
    return seconds * gigabyte / static_cast<double>(bytes);
  })->Iterations(1);
  add_side(restore, "weir", keys, [=] {
    const taken_snapshot& from = (**taken)->snapshot;
    return restore_seconds<Words>(from, keys) * gigabyte / static_cast<double>(from.bytes);
  })->Iterations(1);
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  const input_sizes size(argc, argv);
  add<8>("1GB_64_byte_values", size(1.37e7));
  add<1>("10M_8_byte_values", size(1e7));
  return run_benchmarks(argc, argv);
}
