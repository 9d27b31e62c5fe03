#pragma once
// What the keys and states of a table own elsewhere and nobody counts where it is allocated: strings and vectors in
// values, sets of timers. It is estimated: some entries are looked at each time, in turn.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "weir/core/owned_bytes.hpp"
#include "weir/state/counted_memory.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/stored_text.hpp"

namespace weir::detail {

/// A state that knows what it takes beside its entry, and whether that can be anything.
template <class State>
concept state_with_memory = requires(const State& state) {
  { state.memory() } -> std::same_as<beside_entry>;
};

/// Estimates how much the entries of one or several tables own: the mean over those looked at since the last complete
/// pass began. Where lists and maps hold what owns memory, that is in proportion to what is counted of them. A mean says
/// nothing of a few very large entries: these are added as they are, once they have been met.
template <class Table>
class table_memory {
  using key_type = typename Table::key_type;
  using state_type = typename Table::state_type;

  static constexpr bool text_keys = kind_of_key<key_type>() == key_kind::text;

  static constexpr bool states_own() {
    if constexpr (state_with_memory<state_type>) {
      return state_type::owns_memory;
    } else {
      return owns_memory<state_type>;
    }
  }

  static constexpr bool own_by_counted() {
    if constexpr (state_with_memory<state_type>) {
      return state_type::owns_by_counted;
    } else {
      return false;
    }
  }

 public:
  /// Whether all is known, so that nothing need be looked at: keys that are texts are counted.
  static constexpr bool knows_all = !states_own() && (text_keys || !owns_memory<owned_t<key_type>>);

  /// Looks at some more entries of `tables` tables, of which `table(index)` gives each. They hold `entries` together. All
  /// are looked at if `look` says so, unless so few have been since the last time that little can be new.
  template <class TableAt>
  void look_at(const memory_look& look, std::size_t tables, std::size_t entries, TableAt&& table) {
    if constexpr (!knows_all) {
      if (look.exactly && entries / 4 < since_all_) {
        begin_pass();
        before_ = {};
        for (; table_ < tables; ++table_) {
          while (look_on(table(table_))) {
          }
        }
        since_all_ = 0;
        return;
      }
      if (table_ >= tables) begin_pass();
      if (tables > 0 && !look_on(table(table_))) ++table_;
    }
  }

  /// What so many entries own, of which `counted` bytes are counted elsewhere.
  std::size_t owned(std::size_t entries, std::size_t counted) const noexcept {
    const std::size_t known = before_.known + now_.known;
    if (known == 0) return 0;
    const double ratio = static_cast<double>(before_.owned + now_.owned) / static_cast<double>(known);
    return std::max(before_.large, now_.large) + static_cast<std::size_t>(ratio * static_cast<double>(known_of(entries, counted)));
  }

  /// What a copy of a key owns, on average.
  std::size_t owned_by_key() const noexcept {
    const std::size_t entries = before_.entries + now_.entries;
    return entries == 0 ? 0 : (before_.keys + now_.keys) / entries;
  }

 private:
  static constexpr std::size_t buckets_per_look = 2;
  /// Entries that own more are too rare to stand for others.
  static constexpr std::size_t large_min = std::size_t{64} << 10;

  /// Over the entries of a pass.
  struct sums {
    std::size_t entries = 0;
    std::size_t known = 0;
    std::size_t owned = 0;
    std::size_t large = 0;
    std::size_t keys = 0;
  };

  static constexpr std::size_t known_of(std::size_t entries, std::size_t counted) noexcept {
    return entries * sizeof(state_type) + (own_by_counted() ? counted : 0);
  }

  void begin_pass() noexcept {
    before_ = now_;
    now_ = {};
    table_ = 0;
    place_ = {};
  }

  /// False at the end of the table.
  bool look_on(const Table& table) {
    const bool more = table.look(place_, buckets_per_look,
                                 [this](const auto& key, const state_type& state) { this->add(key, state); });
    if (!more) place_ = {};
    return more;
  }

  template <class VisitedKey>
  void add(const VisitedKey& key, const state_type& state) {
    beside_entry found;
    if constexpr (state_with_memory<state_type>) {
      found = state.memory();
    } else {
      found.owned = owned_bytes(state);
    }
    ++now_.entries;
    ++since_all_;
    if constexpr (text_keys) {
      if (stored_text::is_allocated(key.size())) found.counted += heap_bytes(key.size());
      now_.keys += key.size() > std::string().capacity() ? heap_bytes(key.size() + 1) : 0;
    } else {
      const std::size_t own = owned_bytes(key);
      found.owned += own;
      now_.keys += own;
    }
    now_.known += known_of(1, found.counted);
    (found.owned > large_min ? now_.large : now_.owned) += found.owned;
  }

  sums now_;
  sums before_;  // of the last complete pass
  std::size_t table_ = 0;
  typename Table::cursor place_;
  std::size_t since_all_ = std::numeric_limits<std::size_t>::max() / 2;  // looked at since all were
};

}  // namespace weir::detail
