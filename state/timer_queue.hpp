#pragma once
// The timers of one time domain of one subtask, ordered by time. Which of them are registered is written in the row of
// their key; the queue only says when to look there. See dsl/process.hpp for its use.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/chunked_stack.hpp"

namespace weir {

/// A priority queue of timers that takes every time from min_timestamp to max_timestamp. It is not a set: what is
/// pushed twice surfaces twice. A timer that its key's row no longer lists is stale: it stays until it surfaces or
/// `compact` drops it. One thread. May throw std::bad_alloc: from `push`, then nothing has changed; from `pop_due` or
/// `compact`, then the queue may only be destroyed.
///
/// A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan 1990) with digits of six bits: a timer lies in the bucket of the first
/// digit in which its time differs from a boundary that all surfaced times have reached. When the boundary moves on,
/// the next bucket is spread out over lower digits. A timer moves at most once per digit and mostly once or twice,
/// always from one sequence of chunks to another, where a binary heap would miss the cache at every step.
template <hashable_key Key>
class timer_queue {
 public:
  using key_type = Key;

  struct entry {
    timestamp time;
    std::uint64_t hash = 0;  ///< stable_hash(key)
    owned_t<Key> key{};
  };

  /// A hook that does nothing.
  struct no_prefetch {
    void operator()(std::uint64_t) const noexcept {}
  };

  [[gnu::noinline]] timer_queue() {}
  [[gnu::noinline]] ~timer_queue() {}
  timer_queue(timer_queue&& other) noexcept { swap(other); }
  timer_queue& operator=(timer_queue&& other) noexcept {
    timer_queue(std::move(other)).swap(*this);
    return *this;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Adds a timer; `hash` must be stable_hash(key). Constant time unless `pop_due` has been called with a limit at or
  /// after `time`: then logarithmic in the number of such timers.
  template <class KeyView>
  void push(timestamp time, const KeyView& key, std::uint64_t hash) {
    timer added{number_of(time), hash_type(hash), owned_t<Key>(key)};
    if (added.time > boundary_) [[likely]] {
      file(std::move(added));
    } else {
      early_.push_back(std::move(added));
      std::push_heap(early_.begin(), early_.end(), is_later);
    }
    ++size_;
  }

  /// Takes the earliest timer if it is at or before `limit`: repeated, it gives all of them in the order of their
  /// times, equal ones in any order. What is pushed in between takes its place in that order, or comes next if that has
  /// passed. `prefetch(hash)` is called about `lookahead` timers before one surfaces, with its hash, so that the caller
  /// can load its row; not for timers pushed at times that had passed.
  template <class Prefetch = no_prefetch>
  bool pop_due(timestamp limit, entry& out, Prefetch&& prefetch = {}) {
    const std::uint64_t last = number_of(limit);
    if (!early_.empty()) [[unlikely]] {
      if (surfaced_.empty() || early_.front().time < surfaced_.top().time) return pop_early(last, out);
    }
    if (surfaced_.empty()) {
      if (!surface(last)) return false;
      for (std::uint32_t i = 0; i < lookahead; ++i) {
        const timer* const first = surfaced_.below_top(i);
        if (first == nullptr) break;
        prefetch(hash_of(*first));
      }
    }
    if (surfaced_.top().time > last) return false;
    if (const timer* const ahead = surfaced_.below_top(lookahead)) prefetch(hash_of(*ahead));
    take(surfaced_.top(), out);
    surfaced_.pop(pool_);
    return true;
  }

  /// The time of the earliest timer, registered or stale; max_timestamp if there is none.
  timestamp next() const noexcept {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
    if (!surfaced_.empty()) {
      first = surfaced_.top().time;
    } else if (used_levels_ != 0) {
      first = first_bucket().first;
    }
    if (!early_.empty()) first = std::min(first, early_.front().time);
    return time_of(first);
  }

  /// Drops the timers for which `is_live(timestamp, const owned_t<Key>&, hash)` is false. Looks at all of them: call it
  /// when more than half are stale, then it costs a constant per timer pushed. `prefetch(hash)` is called some ten
  /// timers ahead. Neither may throw.
  template <class IsLive, class Prefetch = no_prefetch>
  void compact(IsLive&& is_live, Prefetch&& prefetch = {}) {
    visitor_of<IsLive, Prefetch> visitor(is_live, prefetch);
    compact_by(visitor);
  }

  /// Without what keys own elsewhere.
  std::size_t memory_bytes() const noexcept {
    std::size_t bytes = sizeof *this + pool_.memory_bytes() + early_.capacity() * sizeof(timer);
    for (const auto& level : buckets_) bytes += level == nullptr ? 0 : sizeof *level;
    return bytes;
  }

  void swap(timer_queue& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(boundary_, other.boundary_);
    surfaced_.swap(other.surfaced_);
    early_.swap(other.early_);
    std::swap(used_levels_, other.used_levels_);
    used_.swap(other.used_);
    buckets_.swap(other.buckets_);
    pool_.swap(other.pool_);
  }

 private:
  static constexpr unsigned digit_bits = 6;  // so that one word says which buckets of a digit are in use
  static constexpr unsigned digits = 1u << digit_bits;
  static constexpr unsigned levels = (64 + digit_bits - 1) / digit_bits;
  /// A bucket with up to so many timers is sorted instead of spread out.
  static constexpr std::uint32_t sorted_max = 24;
  static constexpr std::uint32_t lookahead = 16;

  /// Hashing a short key again is cheaper than carrying its hash through the buckets.
  static constexpr bool stores_hash = detail::kind_of_key<Key>() != detail::key_kind::integer &&
                                      detail::kind_of_key<Key>() != detail::key_kind::enumeration &&
                                      detail::kind_of_key<Key>() != detail::key_kind::time;
  struct no_hash {
    explicit no_hash(std::uint64_t) {}
  };
  using hash_type = std::conditional_t<stores_hash, std::uint64_t, no_hash>;

  struct timer {
    std::uint64_t time;  ///< number_of it
    [[no_unique_address]] hash_type hash;
    owned_t<Key> key;
  };

  using stack_type = detail::chunked_stack<timer>;
  static_assert(lookahead <= stack_type::chunk_values);
  struct bucket {
    stack_type timers;
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();  ///< the earliest of their times
  };
  using bucket_level = std::array<bucket, digits>;

  /// Times in their order as unsigned numbers.
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  static std::uint64_t number_of(timestamp time) noexcept { return static_cast<std::uint64_t>(epoch_ms(time)) ^ sign; }
  static timestamp time_of(std::uint64_t number) noexcept {
    return from_epoch_ms(static_cast<std::int64_t>(number ^ sign));
  }

  static std::uint64_t hash_of(const timer& of) noexcept {
    if constexpr (stores_hash) {
      return of.hash;
    } else {
      return stable_hash(of.key);
    }
  }

  static bool is_later(const timer& left, const timer& right) noexcept { return left.time > right.time; }

  const bucket& first_bucket() const noexcept {
    const int level = std::countr_zero(used_levels_);
    return (*buckets_[static_cast<std::size_t>(level)])[static_cast<std::size_t>(
        std::countr_zero(used_[static_cast<std::size_t>(level)]))];
  }

  /// Puts a timer after the boundary into its bucket.
  [[gnu::always_inline]] void file(timer&& filed) {
    const std::uint64_t time = filed.time;
    const unsigned level = static_cast<unsigned>(63 - std::countl_zero(time ^ boundary_)) / digit_bits;
    const unsigned digit = static_cast<unsigned>(time >> level * digit_bits) % digits;
    if (buckets_[level] == nullptr) [[unlikely]]
      buckets_[level] = std::make_unique<bucket_level>();
    bucket& into = (*buckets_[level])[digit];
    into.timers.push(pool_, std::move(filed));
    into.first = std::min(into.first, time);
    used_[level] |= std::uint64_t{1} << digit;
    used_levels_ |= 1u << level;
  }

  void set_unused(unsigned level, unsigned digit) noexcept {
    used_[level] &= ~(std::uint64_t{1} << digit);
    if (used_[level] == 0) used_levels_ &= ~(1u << level);
  }

  /// Moves the boundary to the earliest times in the buckets and those timers to `surfaced_`, which is empty; false if
  /// they are all after `last`. The boundary stays at or before `last`.
  [[gnu::noinline]] bool surface(std::uint64_t last) {
    if (used_levels_ == 0) return false;
    const auto level = static_cast<unsigned>(std::countr_zero(used_levels_));
    const auto digit = static_cast<unsigned>(std::countr_zero(used_[level]));
    bucket& opened = (*buckets_[level])[digit];
    if (opened.first > last) return false;
    set_unused(level, digit);
    const std::uint64_t first = std::exchange(opened.first, std::numeric_limits<std::uint64_t>::max());
    const std::uint64_t end = first | ((std::uint64_t{1} << level * digit_bits) - 1);
    if (level == 0) {
      boundary_ = first;
      surfaced_.swap(opened.timers);
    } else if (end <= last && opened.timers.has_one_chunk() && opened.timers.size_of_chunk() <= sorted_max) {
      boundary_ = end;
      surfaced_.swap(opened.timers);
      sort_few(surfaced_.begin_of_chunk(), surfaced_.size_of_chunk());
    } else {
      boundary_ = first;
      opened.timers.drain(pool_, [&](timer&& each) {
        if (each.time == first) {
          surfaced_.push(pool_, std::move(each));
        } else {
          file(std::move(each));
        }
      });
    }
    return true;
  }

  /// The latest first, by insertion.
  static void sort_few(timer* begin, std::uint32_t count) {
    for (std::uint32_t sorted = 1; sorted < count; ++sorted) {
      if (!is_later(begin[sorted], begin[sorted - 1])) continue;
      timer moved = std::move(begin[sorted]);
      std::uint32_t place = sorted;
      do {
        begin[place] = std::move(begin[place - 1]);
        --place;
      } while (place > 0 && is_later(moved, begin[place - 1]));
      begin[place] = std::move(moved);
    }
  }

  bool pop_early(std::uint64_t last, entry& out) {
    if (early_.front().time > last) return false;
    std::pop_heap(early_.begin(), early_.end(), is_later);
    take(early_.back(), out);
    early_.pop_back();
    return true;
  }

  void take(timer& from, entry& out) {
    out.time = time_of(from.time);
    out.hash = hash_of(from);
    out.key = std::move(from.key);
    --size_;
  }

  /// What `compact` calls, so that its code is the same for all who call it.
  struct compact_visitor {
    virtual bool is_live(timestamp time, const owned_t<Key>& key, std::uint64_t hash) = 0;
    virtual void prefetch(std::uint64_t hash) = 0;

   protected:
    ~compact_visitor() = default;
  };
  template <class IsLive, class Prefetch>
  struct visitor_of final : compact_visitor {
    visitor_of(IsLive& live, Prefetch& ahead) : live_(live), ahead_(ahead) {}
    bool is_live(timestamp time, const owned_t<Key>& key, std::uint64_t hash) override { return live_(time, key, hash); }
    void prefetch(std::uint64_t hash) override {
      if constexpr (!std::is_same_v<Prefetch, no_prefetch>) ahead_(hash);
    }

   private:
    IsLive& live_;
    Prefetch& ahead_;
  };

  [[gnu::noinline]] void compact_by(compact_visitor& visitor) {
    std::size_t kept = 0;
    std::uint64_t first = 0;
    const auto is_kept = [&](const timer& each) {
      if (!visitor.is_live(time_of(each.time), each.key, hash_of(each))) return false;
      ++kept;
      first = std::min(first, each.time);
      return true;
    };
    const auto look_ahead = [&](const timer& each) { visitor.prefetch(hash_of(each)); };
    early_.erase(std::remove_if(early_.begin(), early_.end(), [&](const timer& each) { return !is_kept(each); }),
                 early_.end());
    std::make_heap(early_.begin(), early_.end(), is_later);
    surfaced_.keep_if(pool_, is_kept, look_ahead);
    for (unsigned level = 0; level < levels; ++level) {
      for (std::uint64_t used = used_[level]; used != 0; used &= used - 1) {
        const auto digit = static_cast<unsigned>(std::countr_zero(used));
        bucket& each = (*buckets_[level])[digit];
        first = std::numeric_limits<std::uint64_t>::max();
        each.timers.keep_if(pool_, is_kept, look_ahead);
        each.first = first;
        if (each.timers.empty()) set_unused(level, digit);
      }
    }
    size_ = kept;
  }

  std::size_t size_ = 0;
  std::uint64_t boundary_ = 0;     ///< at or before the limit of some pop_due, or 0; times in buckets are after it
  stack_type surfaced_;            ///< the earliest on top; at or before the boundary
  std::vector<timer> early_;       ///< a heap: pushed at or before the boundary
  std::uint32_t used_levels_ = 0;  ///< a bit per level, the lowest digit first
  std::array<std::uint64_t, levels> used_{};  ///< a bit per bucket
  std::array<std::unique_ptr<bucket_level>, levels> buckets_;
  detail::chunk_pool<timer> pool_;
};

}  // namespace weir
