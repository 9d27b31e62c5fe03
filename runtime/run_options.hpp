#pragma once
// How a job is run; every option has a command-line name.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "weir/state/state_options.hpp"

namespace weir {

enum class log_level : std::uint8_t { error, warning, info, debug };

/// Whether the sender of a keyed exchange aggregates records before they cross, where results cannot tell.
enum class pre_aggregation : std::uint8_t {
  automatic,  ///< where many records of a key come close together
  off,
  on
};

/// How often a record may count in results and state after a failure.
enum class delivery_guarantee : std::uint8_t {
  at_most_once,   ///< records between a checkpoint and a failure may be lost: sources need not be replayable
  at_least_once,  ///< records between a checkpoint and a failure may count twice
  exactly_once
};

/// When checkpoints are taken and where they are kept.
struct checkpoint_options {
  std::string directory{};                        ///< empty: none are taken
  std::chrono::milliseconds interval{0};          ///< between the beginnings of two; 0: only when the job ends or is asked
  std::chrono::milliseconds pause_min{0};         ///< between the end of one and the beginning of the next
  std::chrono::milliseconds timeout{600'000};     ///< one that takes longer is given up
  std::size_t retained = 2;                       ///< complete ones that are kept; older ones are removed
  delivery_guarantee guarantee = delivery_guarantee::exactly_once;
};

enum class restart_kind : std::uint8_t {
  none,                 ///< a failure fails the job
  fixed_delay,          ///< the same pause before each of `attempts` restarts
  exponential_backoff,  ///< twice the pause after each failure, up to `delay_max`; anew after `calm_after` without one
  failure_rate          ///< gives up at more than `attempts` failures within `rate_interval`
};

/// What follows a failure. Without checkpoints a job is tried again from its beginning only if nothing of it is visible
/// yet, which weir cannot know: so it is not.
struct restart_options {
  restart_kind strategy = restart_kind::none;
  std::size_t attempts = 10;
  std::chrono::milliseconds delay{100};
  std::chrono::milliseconds delay_max{60'000};
  std::chrono::milliseconds calm_after{600'000};
  std::chrono::milliseconds rate_interval{600'000};
};

struct run_options {
  std::size_t slots = 0;                            ///< worker threads; 0: one per usable core, 128 at most
  std::size_t batch_records = 512;                  ///< records in a batch at most
  std::size_t batch_bytes_max = 128 * 1024;         ///< a batch of large records holds fewer of them
  std::size_t channel_capacity = 8;                 ///< full batches waiting in one channel at most
  std::chrono::microseconds buffer_timeout{10000};  ///< a part-filled batch waits no longer
  weir::pre_aggregation pre_aggregation = weir::pre_aggregation::automatic;
  checkpoint_options checkpoints{};
  restart_options restart{};
  std::size_t memory = 0;                           ///< bytes for state and what is in flight, over all slots; 0: no limit
  state_options state{};
  std::string restore{};                            ///< "latest" or a snapshot's directory; empty: begin anew
  bool allow_dropped_state = false;                 ///< restore although state of an operator that is no more is lost
  bool allow_duplicates = false;                    ///< go on although a sink's directory holds newer results
  bool strict = false;                              ///< refuse to start with keyed state that nothing bounds
  bool progress = false;                            ///< draw a progress bar on standard error
  log_level log = log_level::warning;
};

}  // namespace weir
