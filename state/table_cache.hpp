#pragma once
// What a keyed_table remembers of its entries when it is a cache of rows that lie elsewhere: which of them are the same
// there, which have been used of late, and how many there may be.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::detail {

/// Two bits per slot, in bytes per bucket. A free slot has neither, so that an entry which is made without a word to
/// the cache counts as changed. Entries go in the order of a clock's hand, which spares those that were used since it
/// came by last.
class table_cache {
 public:
  /// The marks of one key group's table.
  struct marks {
    std::vector<std::uint8_t> same;  ///< as in the store
    std::vector<std::uint8_t> used;
    std::size_t hand = 0;  ///< a bucket
    /// To the next bucket in the hand's order, in which all come by once in a round, about as evenly spread in every part of
    /// it. Neighbours one after the other would be emptied and fill up together: just before the hand comes by, twice as full
    /// as on average, which is more than there is room for, and lookups go through thousands of full ones.
    void move_hand() noexcept {
      const std::size_t step = same.size() * 633 / 1024 | 1;  // near the golden ratio, and odd: the number of buckets is 2^n
      hand = (hand + step) & (same.size() - 1);
    }

    explicit marks(std::size_t buckets = 0);
    marks(marks&&) noexcept;
    marks& operator=(marks&&) noexcept;
    ~marks();

    bool is_same(std::size_t bucket, unsigned slot) const noexcept { return (same[bucket] >> slot & 1) != 0; }
    bool is_used(std::size_t bucket, unsigned slot) const noexcept { return (used[bucket] >> slot & 1) != 0; }
    void set_same(std::size_t bucket, unsigned slot) noexcept { same[bucket] = with(same[bucket], slot); }
    void set_changed(std::size_t bucket, unsigned slot) noexcept { same[bucket] = without(same[bucket], slot); }
    void set_used(std::size_t bucket, unsigned slot) noexcept { used[bucket] = with(used[bucket], slot); }
    void set_unused(std::size_t bucket, unsigned slot) noexcept { used[bucket] = without(used[bucket], slot); }

   private:
    static std::uint8_t with(std::uint8_t bits, unsigned slot) noexcept {
      return static_cast<std::uint8_t>(bits | 1u << slot);
    }
    static std::uint8_t without(std::uint8_t bits, unsigned slot) noexcept {
      return static_cast<std::uint8_t>(bits & ~(1u << slot));
    }
  };

  explicit table_cache(std::size_t groups);
  table_cache(const table_cache&) = delete;
  table_cache& operator=(const table_cache&) = delete;
  ~table_cache();

  marks& of(std::size_t group) noexcept { return groups_[group]; }

  /// Room for so many buckets in all groups together. Their number in a group is a power of two, so some groups get
  /// twice as many as others.
  void set_buckets(std::size_t buckets) noexcept;
  /// The buckets that a group may have.
  std::size_t buckets_of(std::size_t group) const noexcept {
    return group < wide_groups_ ? buckets_min_ * 2 : buckets_min_;
  }

  std::size_t memory_bytes() const noexcept;

 private:
  std::vector<marks> groups_;
  std::size_t buckets_min_ = 0;
  std::size_t wide_groups_ = 0;  ///< the first so many have twice as many
};

}  // namespace weir::detail
