#include "weir/runtime/watermark_valve.hpp"

#include <algorithm>

#include "weir/core/codec.hpp"

namespace weir::detail {

watermark_valve::watermark_valve(std::size_t channels, timestamp restored)
    : channels_(channels, channel_state{restored}), current_(restored) {}

valve_output watermark_valve::watermark(std::size_t channel, timestamp time) {
  channel_state& from = channels_[channel];
  if (from.ended) return {};
  if (time == max_timestamp) {
    const bool counted = from.active;
    from.ended = true;
    from.active = false;
    if (all_ended()) return {.watermark = raise(max_timestamp)};
    return counted ? leave(from) : valve_output{};
  }
  if (!from.active || time <= from.watermark) return {};
  from.watermark = time;
  if (time >= current_) from.aligned = true;
  return {.watermark = raise_to_minimum()};
}

valve_output watermark_valve::idle(std::size_t channel) {
  channel_state& from = channels_[channel];
  if (!from.active) return {};
  from.active = false;
  return leave(from);
}

valve_output watermark_valve::active(std::size_t channel) {
  channel_state& from = channels_[channel];
  if (from.active || from.ended) return {};
  from.active = true;
  from.aligned = from.watermark >= current_;
  if (!idle_) return {};
  idle_ = false;
  return {.active = true};
}

// With its final watermark a channel has left already; a stopped one stays as it is.
valve_output watermark_valve::finished(std::size_t) { return {}; }

// A channel no longer counts. Only one that stood at the merged watermark can have held it back.
valve_output watermark_valve::leave(const channel_state& left) {
  const bool held_back = left.watermark == current_;
  if (any_active()) return {.watermark = held_back ? raise_to_minimum() : std::nullopt};
  valve_output output;
  if (held_back) output.watermark = raise_to_maximum();
  idle_ = output.idle = true;
  return output;
}

std::string watermark_valve::encode() const {
  std::string bytes;
  weir::encode(current_, bytes);
  encode_varint(channels_.size(), bytes);
  for (const channel_state& each : channels_) {
    weir::encode(each.watermark, bytes);
    weir::encode(each.ended, bytes);
  }
  return bytes;
}

bool watermark_valve::restore(std::string_view encoded) {
  const auto current = decode<timestamp>(encoded);
  if (decode_varint(encoded) != channels_.size()) return false;
  current_ = current;
  for (channel_state& each : channels_) {
    each.watermark = decode<timestamp>(encoded);
    each.ended = decode<bool>(encoded);
    each.active = !each.ended;
    each.aligned = each.watermark >= current_;
  }
  return true;
}

timestamp watermark_valve::current_in(std::string_view encoded) { return decode<timestamp>(encoded); }

timestamp watermark_valve::highest_in(std::string_view encoded) {
  auto highest = decode<timestamp>(encoded);
  for (std::uint64_t left = decode_varint(encoded); left > 0; --left) {
    const auto reached = decode<timestamp>(encoded);
    const bool ended = decode<bool>(encoded);
    if (!ended) highest = std::max(highest, reached);
  }
  return highest;
}

bool watermark_valve::leaves_one_behind_in(std::string_view encoded) {
  const auto current = decode<timestamp>(encoded);
  for (std::uint64_t left = decode_varint(encoded); left > 0; --left) {
    const auto reached = decode<timestamp>(encoded);
    const bool ended = decode<bool>(encoded);
    if (!ended && reached < current) return true;
  }
  return false;
}

bool watermark_valve::any_active() const noexcept {
  return std::any_of(channels_.begin(), channels_.end(), [](const channel_state& each) { return each.active; });
}

bool watermark_valve::all_ended() const noexcept {
  return std::all_of(channels_.begin(), channels_.end(), [](const channel_state& each) { return each.ended; });
}

std::optional<timestamp> watermark_valve::raise(timestamp candidate) {
  if (candidate <= current_) return std::nullopt;
  current_ = candidate;
  return candidate;
}

std::optional<timestamp> watermark_valve::raise_to_minimum() {
  timestamp minimum = max_timestamp;
  bool found = false;
  for (const channel_state& each : channels_) {
    if (!each.active || !each.aligned) continue;
    minimum = std::min(minimum, each.watermark);
    found = true;
  }
  return found ? raise(minimum) : std::nullopt;
}

std::optional<timestamp> watermark_valve::raise_to_maximum() {
  timestamp maximum = min_timestamp;
  for (const channel_state& each : channels_) maximum = std::max(maximum, each.watermark);
  return raise(maximum);
}

}  // namespace weir::detail
