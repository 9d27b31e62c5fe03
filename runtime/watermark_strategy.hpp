#pragma once
// What a user's own watermark strategy is, and the generator that the runtime makes of one for each split. See
// docs/concepts/time.md; `from` (dsl/from.hpp) and `assign_event_time` (dsl/assign_event_time.hpp) take strategies.
#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/runtime/watermark_generator.hpp"

namespace weir {

/// A strategy that sees every record with its time, and is asked for the watermark after every `watermark_interval`
/// records of a split and whenever the input pauses.
template <class Strategy, class Record>
concept periodic_watermarks = requires(Strategy& strategy, const Record& record, timestamp time) {
  strategy.observe(record, time);
  { std::as_const(strategy).current() } -> std::same_as<timestamp>;
};

/// A strategy that answers a record with a watermark, which goes out right behind it, or with none.
template <class Strategy, class Record>
concept punctuated_watermarks = requires(Strategy& strategy, const Record& record, timestamp time) {
  { strategy.observe(record, time) } -> std::same_as<std::optional<timestamp>>;
};

/// Every split gets a copy of the strategy. Watermarks that do not rise are swallowed, so a strategy need not remember
/// what it has said. A strategy may be both periodic and punctuated.
template <class Strategy, class Record>
concept watermark_strategy =
    std::copyable<Strategy> && (periodic_watermarks<Strategy, Record> || punctuated_watermarks<Strategy, Record>);

namespace detail {

/// Whether a snapshot can hold what a strategy keeps: a record's listed members, or nothing at all.
template <class Strategy>
inline constexpr bool strategy_is_stored = std::is_empty_v<Strategy> || has_binary_form<Strategy>;

[[noreturn]] void refuse_other_strategy();

/// The watermarks of one split, or of one subtask of assign_event_time, by a user's strategy.
template <class Strategy>
class strategy_generator {
 public:
  explicit strategy_generator(const Strategy& strategy) : strategy_(strategy) {}

  /// True if the record is a punctuation: its watermark is to go out behind it.
  template <class Record>
  bool observe(const Record& record, timestamp time) {
    if constexpr (punctuated_watermarks<Strategy, Record>) {
      const std::optional<timestamp> said = strategy_.observe(record, time);
      if (!said || *said <= said_) return false;
      said_ = *said;
      return true;
    } else {
      strategy_.observe(record, time);
      return false;
    }
  }

  /// The watermark as it stands. Never weir::max_timestamp: a record does not end its input.
  timestamp current() const {
    timestamp now = said_;
    if constexpr (requires { strategy_.current(); }) now = std::max(now, strategy_.current());
    return std::min(now, max_timestamp - timestamp::duration{1});
  }

  /// What a snapshot keeps, and how to go on from it.
  std::string state() const {
    std::string bytes;
    encode(said_, bytes);
    if constexpr (!std::is_empty_v<Strategy>) encode(strategy_, bytes);
    return bytes;
  }
  /// Throws weir::error for what another strategy has kept, as far as that can be told.
  void restore(std::string_view bytes) {
    try {
      decode_into(bytes, said_);
      if constexpr (!std::is_empty_v<Strategy>) decode_into(bytes, strategy_);
    } catch (const error&) {
      refuse_other_strategy();
    }
    if (!bytes.empty()) refuse_other_strategy();
  }

 private:
  [[no_unique_address]] Strategy strategy_;
  timestamp said_ = min_timestamp;  // the highest of the punctuations
};

/// The same for the built-in strategy.
class bounded_generator : public bounded_out_of_orderness_generator {
 public:
  using bounded_out_of_orderness_generator::bounded_out_of_orderness_generator;
  using bounded_out_of_orderness_generator::observe;

  template <class Record>
  bool observe(const Record&, timestamp time) {
    observe(time);
    return false;
  }
  std::string state() const {
    std::string bytes;
    encode(latest(), bytes);
    return bytes;
  }
  using bounded_out_of_orderness_generator::restore;
  void restore(std::string_view bytes) { observe(decode<timestamp>(bytes)); }
};

template <class Strategy>
inline constexpr bool is_built_in_strategy = std::is_same_v<Strategy, out_of_orderness>;

template <class Strategy>
using generator_of =
    std::conditional_t<is_built_in_strategy<Strategy>, bounded_generator, strategy_generator<Strategy>>;

}  // namespace detail
}  // namespace weir
