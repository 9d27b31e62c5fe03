#pragma once
// Aligns the barriers of a subtask's inputs (Chandy and Lamport 1985, as Flink does it): which inputs have delivered the
// barrier of the checkpoint under way, and must wait for the others.
#include <cstddef>
#include <vector>

#include "weir/runtime/batch.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"

namespace weir::detail {

/// A barrier travels as a mark whose time is the number of its checkpoint.
inline timestamp barrier_time(checkpoint_id id) noexcept { return from_epoch_ms(static_cast<std::int64_t>(id)); }
inline checkpoint_id checkpoint_of(const mark& barrier) noexcept {
  return static_cast<checkpoint_id>(epoch_ms(barrier.time));
}

class barrier_alignment {
 public:
  /// Without `holds_back` records behind a barrier are taken before the others have come: they are processed again after
  /// a restore.
  barrier_alignment(std::size_t inputs, bool holds_back) : inputs_(inputs), holds_back_(holds_back) {}

  /// Whether nothing more may be taken from an input for now.
  bool holds_back(std::size_t input) const noexcept { return aligning_ != 0 && holds_back_ && inputs_[input].arrived; }

  /// The barrier of `id` has come. Returns the checkpoint that is now aligned, or 0.
  checkpoint_id arrived(std::size_t input, checkpoint_id id) {
    if (id < aligning_) return 0;  // of a checkpoint that was given up
    if (id > aligning_) {
      // What was under way was given up: no input waits for it any longer.
      for (input_state& each : inputs_) each.arrived = false;
      aligning_ = id;
    }
    inputs_[input].arrived = true;
    return aligned();
  }

  /// The input has ended; it counts as aligned.
  checkpoint_id ended(std::size_t input) {
    inputs_[input].ended = true;
    return aligning_ == 0 ? 0 : aligned();
  }

 private:
  struct input_state {
    bool arrived = false;
    bool ended = false;
  };

  checkpoint_id aligned() {
    for (const input_state& each : inputs_) {
      if (!each.arrived && !each.ended) return 0;
    }
    for (input_state& each : inputs_) each.arrived = false;
    return std::exchange(aligning_, 0);
  }

  std::vector<input_state> inputs_;
  bool holds_back_;
  checkpoint_id aligning_ = 0;
};

}  // namespace weir::detail
