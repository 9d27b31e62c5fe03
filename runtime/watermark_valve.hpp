#pragma once
// Merges the watermarks and the idleness of a subtask's input channels into one sequence.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir::detail {

/// What goes downstream, in this order. Of `idle` and `active` at most one is set.
struct valve_output {
  std::optional<timestamp> watermark = std::nullopt;
  bool idle = false;    ///< the whole input has become idle
  bool active = false;  ///< the whole input is no longer idle; never together with a watermark

  friend bool operator==(const valve_output&, const valve_output&) = default;
};

/// The merged watermark is the minimum over the channels that are active and aligned, and only ever rises. A channel
/// that comes back from idleness behind the merged watermark is not aligned until it has caught up. When the last
/// active channel becomes idle, no channel holds the others back any more: the highest watermark goes out before IDLE.
///
/// A watermark of weir::max_timestamp ends a channel, even an idle one: it is taken out for good, and the merged
/// watermark becomes weir::max_timestamp only when every channel has ended. (While an ended channel stands beside idle
/// ones, the input is idle: those may come back with records.) A channel that is stopped without it keeps its last
/// watermark and goes on holding the others back, because a restored job will read the rest of its records.
class watermark_valve {
 public:
  /// `restored` is the merged watermark to go on from. Requires at least one channel.
  explicit watermark_valve(std::size_t channels, timestamp restored = min_timestamp);

  /// A watermark has arrived; it is ignored if it does not advance the channel or the channel is idle.
  valve_output watermark(std::size_t channel, timestamp time);
  /// The channel has become idle or active again; repeating it changes nothing.
  valve_output idle(std::size_t channel);
  valve_output active(std::size_t channel);
  /// Nothing more will arrive: the end of the input, after its final watermark, or a stop.
  valve_output finished(std::size_t channel);

  /// The merged watermark.
  timestamp current() const noexcept { return current_; }
  bool is_idle() const noexcept { return idle_; }

  /// All there is to know, for a snapshot.
  std::string encode() const;
  /// Takes up what `encode` gave; false, and nothing changes, where that was a valve of another number of channels.
  /// Channels that were idle count as active: they say so again themselves.
  bool restore(std::string_view encoded);
  /// The merged watermark in what `encode` gave.
  static timestamp current_in(std::string_view encoded);
  /// The highest watermark there that the merged one, or one of a channel that has not ended, has.
  static timestamp highest_in(std::string_view encoded);
  /// Whether a channel in what `encode` gave that had not ended was behind the merged watermark: for one that has been
  /// idle nobody waits.
  static bool leaves_one_behind_in(std::string_view encoded);

 private:
  struct channel_state {
    timestamp watermark;
    bool active = true;
    bool aligned = true;
    bool ended = false;
  };

  bool any_active() const noexcept;
  bool all_ended() const noexcept;
  std::optional<timestamp> raise(timestamp candidate);
  std::optional<timestamp> raise_to_minimum();
  std::optional<timestamp> raise_to_maximum();
  valve_output leave(const channel_state& left);

  std::vector<channel_state> channels_;
  timestamp current_;
  bool idle_ = false;
};

}  // namespace weir::detail
