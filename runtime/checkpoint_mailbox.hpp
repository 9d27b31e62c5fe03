#pragma once
// What the subtasks of a run and its checkpoint coordinator say to each other. Subtasks look for a request between
// batches and put in what they copy; the coordinator, on a thread of its own, takes it out and writes it.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
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

/// Safe from every slot and from the coordinator's thread. What subtasks call takes no memory as a rule: where a job
/// has freed a great many small pieces, any malloc of more than a few bytes may stop its thread for 20 ms, while it
/// merges them.
class checkpoint_mailbox {
 public:
  checkpoint_mailbox();

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
  bool has_room() const noexcept {
    return queued_bytes() < queued_bytes_max_ && !stalled_.load(std::memory_order_relaxed);
  }
  /// Of copies that wait to be written.
  std::size_t queued_bytes() const noexcept { return queued_bytes_.load(std::memory_order_relaxed); }

  /// As if the disk did not keep up: there is no room until it ends. For the simulator, which calls it in turn.
  void stall_copies(bool begins) noexcept { stalled_.store(begins, std::memory_order_relaxed); }

  void put(checkpoint_message&& message);

  /// An empty string with room for a block. The coordinator has made some, because the first touch of pages may take
  /// long, too.
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

  /// Lets a job of little memory have fewer copies on their way: no more than a sixteenth of `bytes`. Before anything
  /// runs.
  void fit_into(std::size_t bytes) noexcept {
    queued_bytes_max_ = std::clamp(bytes / 16, block_bytes, queued_bytes_max_);
    buffers_max_ = std::min(buffers_max_, queued_bytes_max_ / block_bytes);
  }

 private:
  static constexpr std::size_t buffers_ready = 4;

  /// Sees to it that so many buffers can be taken without a wait.
  void keep_ready();

  std::size_t queued_bytes_max_ = 16 * block_bytes;
  std::size_t buffers_max_ = 24;
  std::atomic<bool> stalled_{false};
  std::atomic<checkpoint_id> requested_{0};
  std::atomic<checkpoint_id> stop_with_{0};
  std::atomic<checkpoint_id> completed_{0};
  std::atomic<std::size_t> queued_bytes_{0};
  mutable std::mutex mutex_;
  std::vector<checkpoint_message> put_in_;
  std::vector<checkpoint_message> taken_out_;  // the coordinator's, with room for the next ones to be put in
  std::size_t next_ = 0;                       // of those taken out
  std::vector<std::string> buffers_;
  parker coordinator_;
  std::function<void()> wake_;
};

}  // namespace weir::detail
