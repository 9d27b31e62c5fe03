#pragma once
// How the memory that a job may use is shared out before it starts: what its channels hold when all of them are full,
// what RocksDB gets, and what is left for state on the heap.
#include <cstddef>
#include <string>

#include "weir/runtime/graph.hpp"
#include "weir/runtime/run_options.hpp"

namespace weir::detail {

/// All in bytes.
struct memory_shares {
  std::size_t budget = 0;     ///< of the job; 0: none
  std::size_t in_flight = 0;  ///< between stages, at most
  std::size_t database = 0;   ///< RocksDB's cache and write buffers

  /// For state on the heap: tables, windows, timers, rows above RocksDB.
  std::size_t state() const noexcept { return budget - in_flight - database; }
};

/// What a channel of an edge is when the job runs with these options.
channel_config shape_of(const run_options& options, std::size_t producer_slot, std::size_t consumer_slot,
                        std::size_t record_bytes);

/// The most that the channels of one edge hold when all of them are full.
std::size_t bytes_in_flight(const edge& input, const stage& consumer, std::size_t slots, const run_options& options);

/// Shares out `options.memory` over a job in `slots` slots, and sets `options.state.memory` where that is not given.
/// Throws weir::error if it does not suffice.
memory_shares share_out_memory(const graph& graph, std::size_t slots, run_options& options);

/// "512.0 MiB".
std::string bytes_text(std::size_t bytes);

}  // namespace weir::detail
