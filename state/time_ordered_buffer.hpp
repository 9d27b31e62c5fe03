#pragma once
// Values in the order of their times, as joins keep them per key: a record that arrives in order goes to the end, those
// that have expired leave at the front, and a scan touches only its range of times.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/bucket_array.hpp"
#include "weir/state/counted_memory.hpp"
#include "weir/state/state_schema.hpp"

namespace weir {
namespace detail {

/// A value and its time.
template <class Value>
struct timed_value {
  timestamp time{};
  Value value{};
};

/// The same with a mark of the owner's.
template <class Value>
struct marked_value {
  timestamp time{};
  bool matched = false;
  Value value{};
};

template <class Value>
struct written_type<timed_value<Value>> {
  using type = timed_value<typename written_type<Value>::type>;
};
template <class Value>
struct written_type<marked_value<Value>> {
  using type = marked_value<typename written_type<Value>::type>;
};

/// A sequence of `Entry`s with a member `time`, ascending; those of one time in the order of their arrival. 16 bytes
/// while it is empty and new. Pointers to entries are valid until the next change. Move-only. Its allocation is counted
/// (counted_memory.hpp).
template <class Entry>
class time_ordered_buffer {
  static_assert(std::is_nothrow_move_constructible_v<Entry> && std::is_nothrow_move_assignable_v<Entry>,
                "entries move when there are more of them");

 public:
  time_ordered_buffer() = default;
  time_ordered_buffer(time_ordered_buffer&& other) noexcept { swap(other); }
  time_ordered_buffer& operator=(time_ordered_buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~time_ordered_buffer() { clear(); }

  /// Whether nothing was put in since it was made or cleared; or it was much, and was all dropped.
  bool is_new() const noexcept { return block_ == nullptr; }
  bool empty() const noexcept { return first_ == last_; }
  std::size_t size() const noexcept { return last_ - first_; }

  /// Whether the next entry needs more room.
  bool full() const noexcept { return block_ == nullptr || last_ == block_->capacity; }

  /// Of its own allocation.
  std::size_t memory_bytes() const noexcept { return block_ == nullptr ? 0 : heap_bytes(bytes_of(block_->capacity)); }

  Entry* begin() noexcept { return block_ == nullptr ? nullptr : entries(block_) + first_; }
  Entry* end() noexcept { return block_ == nullptr ? nullptr : entries(block_) + last_; }
  const Entry* begin() const noexcept { return const_cast<time_ordered_buffer*>(this)->begin(); }
  const Entry* end() const noexcept { return const_cast<time_ordered_buffer*>(this)->end(); }
  /// Requires an entry.
  Entry& front() noexcept { return *begin(); }
  const Entry& front() const noexcept { return *begin(); }
  const Entry& back() const noexcept { return end()[-1]; }

  /// Puts an entry behind all others of its time or earlier ones. Constant time at the end.
  [[gnu::always_inline]] Entry& insert(Entry&& added) {
    if (full()) [[unlikely]] make_room();
    Entry* const place = end();
    if (!empty() && added.time < place[-1].time) [[unlikely]] return insert_before_end(std::move(added));
    ::new (static_cast<void*>(place)) Entry(std::move(added));
    ++last_;
    return *place;
  }

  /// Removes the first `count` entries.
  void drop_front(std::size_t count) noexcept {
    if (count == 0) return;
    std::destroy_n(begin(), count);
    first_ += static_cast<std::uint32_t>(count);
    if (first_ != last_) return;
    first_ = last_ = 0;
    if (block_->capacity > kept_capacity_max) clear();
  }

  void clear() noexcept {
    if (block_ == nullptr) return;
    std::destroy(begin(), end());
    free(std::exchange(block_, nullptr));
    first_ = last_ = 0;
  }

  /// Loads what `insert` touches into the cache, and the last entries.
  void prefetch() const noexcept {
    if (block_ == nullptr) return;
    prefetch_line(block_);
    prefetch_line(end());
    prefetch_line(reinterpret_cast<const std::byte*>(end()) - cache_line_bytes);
  }

  /// The entries from `first` to `last`, both included.
  std::span<Entry> within(timestamp first, timestamp last) noexcept {
    Entry* const begin = this->begin();
    Entry* const behind = first_after(last);
    Entry* place = behind;
    while (place != begin && place[-1].time >= first) --place;
    return {place, behind};
  }
  /// The first entry after `time`. Looks at the last ones in turn, where it mostly is: that takes fewer mispredicted
  /// branches than halving.
  Entry* first_after(timestamp time) noexcept {
    Entry* const begin = this->begin();
    Entry* place = end();
    for (std::size_t looked = 0; place != begin && place[-1].time > time; ++looked) {
      if (looked == scanned_max) return std::partition_point(begin, place, [=](const Entry& each) { return each.time <= time; });
      --place;
    }
    return place;
  }

 private:
  struct block {
    std::uint32_t capacity;
  };
  static constexpr std::size_t alignment = alignof(Entry) > alignof(block) ? alignof(Entry) : alignof(block);
  static constexpr std::size_t first_at_byte = (sizeof(block) + alignment - 1) / alignment * alignment;
  static constexpr std::uint32_t capacity_min = sizeof(Entry) <= 32 ? 4 : 2;
  /// An empty buffer with room for more gives its memory back.
  static constexpr std::uint32_t kept_capacity_max = 64;
  static constexpr std::size_t scanned_max = 8;

  static Entry* entries(block* of) noexcept {
    return std::launder(reinterpret_cast<Entry*>(reinterpret_cast<std::byte*>(of) + first_at_byte));
  }
  static std::size_t bytes_of(std::uint32_t capacity) noexcept { return first_at_byte + capacity * sizeof(Entry); }
  static block* allocate(std::uint32_t capacity) {
    count_allocated(bytes_of(capacity));
    if constexpr (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      return ::new (::operator new(bytes_of(capacity), std::align_val_t{alignment})) block{capacity};
    } else {
      return ::new (::operator new(bytes_of(capacity))) block{capacity};
    }
  }
  static void free(block* unused) noexcept {
    count_freed(bytes_of(unused->capacity));
    if constexpr (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(unused, std::align_val_t{alignment});
    } else {
      ::operator delete(unused);
    }
  }

  /// Requires room, and later entries.
  [[gnu::noinline]] Entry& insert_before_end(Entry&& added) {
    Entry* const place = first_after(added.time);
    Entry* const last = end();
    ::new (static_cast<void*>(last)) Entry(std::move(last[-1]));
    std::move_backward(place, last - 1, last);
    *place = std::move(added);
    ++last_;
    return *place;
  }

  /// Moves the entries to the front where that frees half of the room, else into twice the room.
  [[gnu::noinline]] void make_room() {
    if (block_ == nullptr) {
      block_ = allocate(capacity_min);
      return;
    }
    const std::size_t held = size();
    block* const into = first_ >= block_->capacity / 2 && first_ > 0 ? block_ : allocate(2 * block_->capacity);
    Entry* const from = begin();
    Entry* const to = reinterpret_cast<Entry*>(reinterpret_cast<std::byte*>(into) + first_at_byte);
    for (std::size_t i = 0; i < held; ++i) {  // places before the first entry hold no object
      ::new (static_cast<void*>(to + i)) Entry(std::move(from[i]));
      std::destroy_at(from + i);
    }
    first_ = 0;
    last_ = static_cast<std::uint32_t>(held);
    if (into != block_) free(std::exchange(block_, into));
  }

  void swap(time_ordered_buffer& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
  }

  block* block_ = nullptr;
  std::uint32_t first_ = 0;  // of the entries of the block, and behind the last one
  std::uint32_t last_ = 0;
};

}  // namespace detail

template <class Value>
struct record_fields<detail::timed_value<Value>> {
  using type = field_list<field<&detail::timed_value<Value>::time, "time">, field<&detail::timed_value<Value>::value, "value">>;
};
template <class Value>
struct record_fields<detail::marked_value<Value>> {
  using type =
      field_list<field<&detail::marked_value<Value>::time, "time">, field<&detail::marked_value<Value>::matched, "matched">,
                 field<&detail::marked_value<Value>::value, "value">>;
};

}  // namespace weir
