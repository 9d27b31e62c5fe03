#pragma once
// How a job is run; every option has a command-line name.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace weir {

enum class log_level : std::uint8_t { error, warning, info, debug };

/// Whether the sender of a keyed exchange aggregates records before they cross, where results cannot tell.
enum class pre_aggregation : std::uint8_t {
  automatic,  ///< where many records of a key come close together
  off,
  on
};

struct run_options {
  std::size_t slots = 0;                            ///< worker threads; 0: one per usable core, 128 at most
  std::size_t batch_records = 512;                  ///< records in a batch at most
  std::size_t batch_bytes_max = 128 * 1024;         ///< a batch of large records holds fewer of them
  std::size_t channel_capacity = 8;                 ///< full batches waiting in one channel at most
  std::chrono::microseconds buffer_timeout{10000};  ///< a part-filled batch waits no longer
  weir::pre_aggregation pre_aggregation = weir::pre_aggregation::automatic;
  bool progress = false;                            ///< draw a progress bar on standard error
  log_level log = log_level::warning;
};

}  // namespace weir
