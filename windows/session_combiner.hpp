#pragma once
// The table in which the sender of a keyed exchange keeps records back that let a session grow: direct-mapped and
// bounded as `combiner` is, but an entry belongs to a session that the receiver knows already. Used by
// dsl/session_writer.hpp.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "weir/core/timestamp.hpp"
#include "weir/windows/combiner_key.hpp"

namespace weir::detail {

/// Accumulators by key. One thread.
template <class Key, class Accumulator>
class session_combiner {
 public:
  using key_type = combiner_key<Key>;
  using probe = typename key_type::probe;

  struct entry {
    key_type key;
    timestamp start = max_timestamp;  ///< of the record that went ahead
    timestamp end = min_timestamp;    ///< of the session with what is kept back; before `start`: the entry is free
    timestamp told{};                 ///< end of the session as the receiver knows it
    std::uint32_t records = 0;        ///< kept back
    std::uint32_t challenges = 0;     ///< how often another key has wanted the place
    Accumulator accumulator{};        ///< of what is kept back

    bool is_free() const noexcept { return end < start; }
    void free() noexcept {
      start = max_timestamp;
      end = min_timestamp;
    }
    /// Whether a record of its key belongs to the session, and not before what the receiver knows of it.
    [[gnu::always_inline]] bool takes(timestamp time) const noexcept { return start <= time && time <= end; }
    /// Another key wants the place: whether this one has earned to stay.
    bool defends() noexcept {
      ++challenges;
      return records / 2 > challenges;
    }
  };

  /// The table, which must not be empty: see `grow`.
  entry* entries() noexcept { return entries_.get(); }
  unsigned shift() const noexcept { return shift_; }
  /// The place of a key, which another may have taken.
  [[gnu::always_inline]] static entry& place_of(entry* entries, unsigned shift, const probe& key) noexcept {
    return entries[key.place() >> shift];
  }

  std::size_t entry_count() const noexcept { return std::size_t{1} << (64 - shift_); }
  bool can_grow() const noexcept { return entry_count() < entry_count_max; }

  /// Takes the table back to its first size. Requires that all entries are free.
  void shrink() {
    shift_ = shift_max;
    entries_ = std::make_unique<entry[]>(entry_count());
  }

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
      if (entries_[i].is_free()) continue;
      place_of(grown.get(), shift_, entries_[i].key.to_probe()) = std::move(entries_[i]);
    }
    entries_ = std::move(grown);
  }

 private:
  static constexpr std::size_t fitting(std::size_t bytes) { return std::bit_floor(bytes / sizeof(entry)); }
  static constexpr std::size_t entry_count_min = std::clamp<std::size_t>(fitting(16 << 10), 16, 512);
  static constexpr std::size_t entry_count_max = std::clamp<std::size_t>(fitting(4 << 20), 16, 131072);

  static constexpr unsigned shift_max = 64 - std::countr_zero(entry_count_min);

  unsigned shift_ = shift_max;
  std::unique_ptr<entry[]> entries_;
};

}  // namespace weir::detail
