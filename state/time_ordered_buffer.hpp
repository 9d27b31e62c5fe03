#pragma once
// Values in the order of their times, as joins keep them per key: a record that arrives in order goes to the end, those
// that have expired leave at the front, and a scan touches only its range of times.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
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

/// A sequence of `Entry`s with a member `time`, ascending; those of one time in the order of their arrival. A pointer
/// while it is empty and new. Pointers to entries are valid until the next change. Move-only. Its allocation is counted
/// (counted_memory.hpp).
template <class Entry>
class time_ordered_buffer {
  static_assert(std::is_nothrow_move_constructible_v<Entry> && std::is_nothrow_move_assignable_v<Entry>,
                "entries move when there are more of them");

 public:
  time_ordered_buffer() = default;
  time_ordered_buffer(time_ordered_buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  time_ordered_buffer& operator=(time_ordered_buffer&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~time_ordered_buffer() { clear(); }

  /// Whether nothing was put in since it was made or cleared; or it was much, and was all dropped.
  bool is_new() const noexcept { return block_ == nullptr; }
  bool empty() const noexcept { return block_ == nullptr || block_->first == block_->last; }
  std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->last - block_->first; }

  /// Of its own allocation.
  std::size_t memory_bytes() const noexcept { return block_ == nullptr ? 0 : heap_bytes(bytes_of(block_->capacity)); }

  Entry* begin() noexcept { return block_ == nullptr ? nullptr : entries(block_) + block_->first; }
  Entry* end() noexcept { return block_ == nullptr ? nullptr : entries(block_) + block_->last; }
  const Entry* begin() const noexcept { return const_cast<time_ordered_buffer*>(this)->begin(); }
  const Entry* end() const noexcept { return const_cast<time_ordered_buffer*>(this)->end(); }
  /// Requires an entry.
  Entry& front() noexcept { return *begin(); }
  const Entry& front() const noexcept { return *begin(); }
  const Entry& back() const noexcept { return end()[-1]; }

  /// Puts an entry behind all others of its time or earlier ones. Constant time at the end.
  [[gnu::always_inline]] Entry& insert(Entry&& added) {
    if (block_ == nullptr || block_->last == block_->capacity) [[unlikely]] make_room();
    Entry* const place = end();
    if (!empty() && added.time < place[-1].time) [[unlikely]] return insert_before_end(std::move(added));
    ::new (static_cast<void*>(place)) Entry(std::move(added));
    ++block_->last;
    return *place;
  }

  /// Removes the first `count` entries.
  void drop_front(std::size_t count) noexcept {
    if (count == 0) return;
    std::destroy_n(begin(), count);
    block_->first += static_cast<std::uint32_t>(count);
    if (block_->first != block_->last) return;
    block_->first = block_->last = 0;
    if (block_->capacity > kept_capacity_max) clear();
  }

  void clear() noexcept {
    if (block_ == nullptr) return;
    std::destroy(begin(), end());
    free(std::exchange(block_, nullptr));
  }

  /// Loads the beginning into the cache.
  void prefetch() const noexcept {
    const auto* const first = reinterpret_cast<const std::byte*>(block_);
    prefetch_line(first);
    prefetch_line(first + cache_line_bytes);
  }

  /// The first entry at `time` or after it. Few entries are looked at in turn, which no branch predictor minds.
  Entry* first_at(timestamp time) noexcept {
    if (size() <= scanned_max) {
      Entry* place = begin();
      for (Entry* const last = end(); place != last && place->time < time;) ++place;
      return place;
    }
    return std::partition_point(begin(), end(), [=](const Entry& each) { return each.time < time; });
  }
  /// The first entry after `time`.
  Entry* first_after(timestamp time) noexcept {
    return std::partition_point(begin(), end(), [=](const Entry& each) { return each.time <= time; });
  }

 private:
  struct block {
    std::uint32_t first;
    std::uint32_t last;
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
      return ::new (::operator new(bytes_of(capacity), std::align_val_t{alignment})) block{0, 0, capacity};
    } else {
      return ::new (::operator new(bytes_of(capacity))) block{0, 0, capacity};
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
    ++block_->last;
    return *place;
  }

  /// Moves the entries to the front where that frees half of the room, else into twice the room.
  [[gnu::noinline]] void make_room() {
    if (block_ == nullptr) {
      block_ = allocate(capacity_min);
      return;
    }
    const std::size_t held = size();
    block* const into = block_->first >= block_->capacity / 2 && block_->first > 0 ? block_ : allocate(2 * block_->capacity);
    Entry* const from = begin();
    Entry* const to = reinterpret_cast<Entry*>(reinterpret_cast<std::byte*>(into) + first_at_byte);
    for (std::size_t i = 0; i < held; ++i) {  // places before the first entry hold no object
      ::new (static_cast<void*>(to + i)) Entry(std::move(from[i]));
      std::destroy_at(from + i);
    }
    into->first = 0;
    into->last = static_cast<std::uint32_t>(held);
    if (into != block_) free(std::exchange(block_, into));
  }

  block* block_ = nullptr;
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
