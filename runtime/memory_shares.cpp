#include "weir/runtime/memory_shares.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;
/// RocksDB takes about this for itself, however little it gets.
constexpr std::size_t state_memory_min = 8 * mebibyte;

/// Three quarters are RocksDB's and its rows'; the rest is for windows, for timers, and for the rows of a batch that has
/// just been fetched.
constexpr std::size_t state_memory_of(std::size_t left) { return left / 4 * 3; }

}  // namespace

channel_config shape_of(const run_options& options, std::size_t producer_slot, std::size_t consumer_slot,
                        std::size_t record_bytes) {
  channel_config shape;
  shape.capacity = options.channel_capacity;
  shape.batch_records =
      std::clamp<std::size_t>(options.batch_bytes_max / record_bytes, 1, options.batch_records);
  shape.same_thread = producer_slot == consumer_slot;
  return shape;
}

std::size_t bytes_in_flight(const edge& input, const stage& consumer, std::size_t slots, const run_options& options) {
  const std::size_t producers = parallelism_of(*input.from, slots);
  const std::size_t consumers = input.how == partitioning::forward ? 1 : parallelism_of(consumer, slots);
  const channel_config shape = shape_of(options, 0, 1, input.record_bytes);
  return producers * consumers * (shape.capacity + 2) * shape.batch_records * input.record_bytes;
}

memory_shares share_out_memory(const graph& graph, std::size_t slots, run_options& options) {
  memory_shares shares{.budget = options.memory};
  for (const auto& consumer : graph.stages) {
    for (const edge& input : consumer->inputs) shares.in_flight += bytes_in_flight(input, *consumer, slots, options);
  }
  const bool stores = options.state.backend == state_backend::rocksdb;
  std::size_t& stored = options.state.memory;
  if (shares.budget == 0) {
    if (stored == 0) stored = state_options::memory_default;
    return shares;
  }
  if (stored > shares.budget) {
    throw error(fmt::format("job '{}': {} for rocksdb and its rows (--state-memory) is more than the {} that the whole job "
                            "may take (--memory); leave --state-memory out and rocksdb gets what there is",
                            graph.name, bytes_text(stored), bytes_text(shares.budget)));
  }
  const std::size_t state_min = !stores ? 1 : stored != 0 ? stored : state_memory_min / 3 * 4 + 4;
  if (shares.budget < shares.in_flight + state_min) {
    throw error(fmt::format("job '{}': {} of memory (--memory) is too little: {} may be in flight between its stages{}; give "
                            "it more than {}, or let less be in flight with fewer slots, --batch-records or "
                            "--channel-capacity",
                            graph.name, bytes_text(shares.budget), bytes_text(shares.in_flight),
                            stores ? fmt::format(", and rocksdb needs {}", bytes_text(state_min)) : std::string(),
                            bytes_text(shares.in_flight + state_min)));
  }
  if (!stores) return shares;
  if (stored == 0) stored = state_memory_of(shares.budget - shares.in_flight);
  shares.database = stored - state_options::row_share(stored);
  return shares;
}

std::string bytes_text(std::size_t bytes) {
  constexpr double kibibyte = 1024;
  const auto number = static_cast<double>(bytes);
  if (bytes >= std::size_t{1} << 30) return fmt::format("{:.1f} GiB", number / (kibibyte * kibibyte * kibibyte));
  if (bytes >= mebibyte) return fmt::format("{:.1f} MiB", number / (kibibyte * kibibyte));
  return fmt::format("{:.1f} KiB", number / kibibyte);
}

}  // namespace weir::detail
