#pragma once
// A small table in which the sender of a keyed exchange aggregates records before they cross: direct-mapped, so that a
// record costs one look, and bounded, so that what does not fit goes on its way instead (the combiner of MapReduce,
// Dean and Ghemawat 2004). Of two keys that want one place the more frequent one gets it.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "weir/core/timestamp.hpp"
#include "weir/windows/combiner_key.hpp"

namespace weir::detail {

/// Accumulators by key and window. One thread.
template <class Key, class Accumulator>
class combiner {
 public:
  using key_type = combiner_key<Key>;
  using probe = typename key_type::probe;

  /// A window that entries of the table belong to, counted from 1.
  using window_number = std::uint16_t;
  static constexpr window_number no_window = 0;

  struct entry {
    key_type key;
    std::uint32_t records = 0;
    std::uint16_t challenges = 0;  ///< how often another key has wanted the place
    window_number window = no_window;  ///< no_window: the entry is free
    Accumulator accumulator{};

    /// Another key wants the place: whether this one has earned to stay.
    bool defends() noexcept {
      if (challenges < 0xffff) ++challenges;
      return records > 2u * challenges;
    }
  };

  /// The place of a key in a window, which others may have taken; see `holds`. The table must have been allocated.
  [[gnu::always_inline]] static entry& place_of(entry* entries, unsigned shift, const probe& key,
                                                window_number window) noexcept {
    constexpr std::uint64_t spread = 0xd1342543de82ef95u;  // not that of the keys: small keys would meet small windows
    return entries[(key.place() + window * spread) >> shift];
  }

  entry* entries() noexcept { return entries_.get(); }
  unsigned shift() const noexcept { return shift_; }

  bool allocated() const noexcept { return entries_ != nullptr; }
  std::size_t entry_count() const noexcept { return std::size_t{1} << (64 - shift_); }
  bool can_grow() const noexcept { return entry_count() < entry_count_max; }

  /// Allocates the table, or makes it twice as large: the entries of one place spread over two.
  void grow() {
    if (!entries_) {
      entries_ = std::make_unique<entry[]>(entry_count());
      return;
    }
    const std::size_t before = entry_count();
    --shift_;
    auto grown = std::make_unique<entry[]>(entry_count());
    for (std::size_t i = 0; i < before; ++i) {
      if (entries_[i].window == no_window) continue;
      place_of(grown.get(), shift_, entries_[i].key.to_probe(), entries_[i].window) = std::move(entries_[i]);
    }
    entries_ = std::move(grown);
  }

  /// The number of the window that ends with the instant `last` and contains `inside`; no_window if too many are open.
  window_number number_of(timestamp last, timestamp inside) {
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      if (windows_[i].last == last) return static_cast<window_number>(i + 1);
    }
    if (windows_.size() == windows_max) return no_window;
    windows_.push_back({last, inside});
    return static_cast<window_number>(windows_.size());
  }
  /// Some instant of a window.
  timestamp instant_of(window_number window) const noexcept { return windows_[window - 1].inside; }

  /// A walk through the table that takes out the entries of closed windows.
  struct walk {
    std::size_t next = 0;
    timestamp earliest = max_timestamp;  ///< last instant of the windows that stay open
    bool all = true;                     ///< no entry stays
  };

  /// Calls `visitor(entry&)` for up to `most` entries whose windows end at or before `time`, and frees them. Returns
  /// whether the walk is over. Nothing may be added meanwhile.
  template <class Visitor>
  bool take_closed(walk& at, timestamp time, std::size_t most, Visitor&& visitor) {
    const std::size_t count = entries_ == nullptr ? 0 : entry_count();
    for (; at.next < count; ++at.next) {
      entry& each = entries_[at.next];
      if (each.window == no_window) continue;
      const timestamp last = windows_[each.window - 1].last;
      if (last > time) {
        at.earliest = std::min(at.earliest, last);
        at.all = false;
        continue;
      }
      if (most-- == 0) return false;
      visitor(each);
      each.window = no_window;
    }
    if (at.all) windows_.clear();
    return true;
  }

 private:
  // Twice a usual second-level cache still pays: a record that finds its key in slower memory costs less than one that
  // crosses.
  static constexpr std::size_t fitting(std::size_t bytes) { return std::bit_floor(bytes / sizeof(entry)); }
  static constexpr std::size_t entry_count_min = std::clamp<std::size_t>(fitting(16 << 10), 16, 512);
  static constexpr std::size_t entry_count_max = std::clamp<std::size_t>(fitting(4 << 20), 16, 131072);

  static constexpr std::size_t windows_max = 1000;  // at once: far more than a stream has open

  unsigned shift_ = 64 - std::countr_zero(entry_count_min);
  std::unique_ptr<entry[]> entries_;
  struct open_window {
    timestamp last;
    timestamp inside;
  };
  std::vector<open_window> windows_;  // number i + 1
};

}  // namespace weir::detail
