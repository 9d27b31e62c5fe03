#pragma once
// What the subtasks of a run and its checkpoint coordinator say to each other. Subtasks look for a request between
// batches and put in what they copy; the coordinator, on a thread of its own, takes it out and writes it.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/runtime/parker.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {

/// The number of a checkpoint of a job; they ascend from 1, over restarts too. 0: none.
using checkpoint_id = std::uint64_t;

/// From a subtask to the coordinator.
struct checkpoint_message {
  enum class kind : std::uint8_t {
    block,     ///< a piece of the subtask's state
    done,      ///< all of it has been put in
    finished,  ///< the subtask has ended; from now on its share of every checkpoint is what it put in with id 0
  };
  kind what;
  checkpoint_id id;
  std::size_t subtask;            ///< of the run, over all stages
  std::size_t operator_position;  ///< of a block: of the operator in its stage
  snapshot_block block;
};

/// Safe from every slot and from the coordinator's thread.
class checkpoint_mailbox {
 public:
  /// Blocks of about this size keep the disk busy and pauses short.
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  // ---- for subtasks -------------------------------------------------------------------------------------------------

  /// The checkpoint that sources should begin: the highest so far.
  checkpoint_id requested() const noexcept { return requested_.load(std::memory_order_acquire); }
  /// Whether sources end their input with this checkpoint.
  bool stops_with(checkpoint_id id) const noexcept { return stop_with_.load(std::memory_order_acquire) == id; }
  /// The last checkpoint that is complete, and whose results are visible.
  checkpoint_id completed() const noexcept { return completed_.load(std::memory_order_acquire); }

  /// Whether there is room for more copies; pre-images of what changes go in without.
  bool has_room() const noexcept { return queued_bytes_.load(std::memory_order_relaxed) < queued_bytes_max; }

  /// As if the disk did not keep up: there is no room until it ends. For the simulator, which calls it in turn.
  void stall_copies(bool begins) noexcept {
    if (begins) {
      queued_bytes_.fetch_add(queued_bytes_max, std::memory_order_relaxed);
    } else {
      queued_bytes_.fetch_sub(queued_bytes_max, std::memory_order_relaxed);
    }
  }

  void put(checkpoint_message&& message);

  /// An empty string with room for a block. The coordinator has made some, because it may take long: the C library up to
  /// 10 ms, where a great many small pieces of memory have been freed, and the first touch of its pages.
  std::string take_buffer();

  // ---- for the coordinator ------------------------------------------------------------------------------------------

  void request(checkpoint_id id, bool stop);
  void complete(checkpoint_id id) noexcept { completed_.store(id, std::memory_order_release); }
  std::optional<checkpoint_message> take();
  void give_back(std::string&& buffer);
  bool empty() const;

  /// Wakes the coordinator, here and after every message.
  void notify() noexcept { coordinator_.notify(); }
  parker& coordinator() noexcept { return coordinator_; }

  /// Called after a request and when there is room again: the slots wake. Set before anything runs.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  static constexpr std::size_t queued_bytes_max = 16 * block_bytes;
  static constexpr std::size_t buffers_max = 24;
  static constexpr std::size_t buffers_at_first = 3;
  static constexpr std::size_t buffers_at_least = 4;

  /// Sees to it that so many buffers can be taken.
  void keep_ready(std::size_t count);

  std::atomic<checkpoint_id> requested_{0};
  std::atomic<checkpoint_id> stop_with_{0};
  std::atomic<checkpoint_id> completed_{0};
  std::atomic<std::size_t> queued_bytes_{0};
  mutable std::mutex mutex_;
  std::deque<checkpoint_message> messages_;
  std::vector<std::string> buffers_;
  parker coordinator_;
  std::function<void()> wake_;
};

}  // namespace weir::detail
