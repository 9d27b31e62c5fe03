#pragma once
// time_ordered_state: any number of values per key, each with a time, in the order of these times. Joins keep their
// records in it. In snapshots it is a list of {time, value}, or of {time, matched, value}.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/time_ordered_buffer.hpp"

namespace weir::detail {

template <class Entry>
struct time_ordered_cell {
  static constexpr bool has_presence_bit = false;
  time_ordered_buffer<Entry> entries;

  bool empty() const noexcept { return entries.empty(); }
  void clear() noexcept { entries.clear(); }
  static constexpr void drop_expired(const ttl_step&) noexcept {}
  beside_entry memory() const {
    return {.counted = entries.memory_bytes(),
            .owned = sum_over(entries.begin(), owns_memory<Entry> ? entries.size() : 0,
                              [](const Entry& each) { return owned_bytes(each); })};
  }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(entries.size(), out);
    for (const Entry& each : entries) weir::encode(each, out);
  }
  void decode(std::string_view& in) {
    entries.clear();
    for (std::uint64_t left = decode_count<Entry>(in); left > 0; --left) entries.insert(weir::decode<Entry>(in));
  }
};

/// The values of the current key. `Value` may borrow: its strings are copied. With `Marked` each has a mark. Without
/// time to live, because who uses it knows when a value is not needed any more.
template <class Value, bool Marked = false>
class time_ordered_state : state_tag {
 public:
  using entry_type = std::conditional_t<Marked, marked_value<owned_t<Value>>, timed_value<owned_t<Value>>>;
  static_assert(sizeof(storable_state<entry_type>) > 0);

  time_ordered_state() = default;
  time_ordered_state(const time_ordered_state&) = default;
  time_ordered_state& operator=(const time_ordered_state&) = delete;

  time_ordered_buffer<entry_type>& entries() const noexcept { return *entries_; }

  entry_type& insert(timestamp time, const Value& value) {
    entry_type added;
    added.time = time;
    added.value = owned_t<Value>(value);
    return entries_->insert(std::move(added));
  }

 private:
  friend state_access;
  template <bool WithTtl>
  using cell = time_ordered_cell<entry_type>;
  using schema_types = state_types<entry_type>;
  static constexpr std::string_view kind = "list";

  void configure(const state_setting&) noexcept {}
  [[gnu::always_inline]] void point_at(time_ordered_cell<entry_type>& cell) { entries_ = &cell.entries; }

  time_ordered_buffer<entry_type>* entries_ = nullptr;
};

}  // namespace weir::detail
