#pragma once
// map_state: any number of values per key, each under a key of its own. See value_state.hpp for the rules of all
// states.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/dense_map.hpp"
#include "weir/state/list_state.hpp"
#include "weir/state/state_kind.hpp"

namespace weir {
namespace detail {

template <class Key, class Value>
beside_entry memory_of(const dense_map<Key, Value>& entries) {
  constexpr bool owns = owns_memory<Key> || owns_memory<Value>;
  return {.counted = entries.memory_bytes(),
          .owned = sum_over(entries.begin(), owns ? entries.size() : 0, [](const map_entry<Key, Value>& each) {
            return owned_bytes(each.key) + owned_bytes(each.value);
          })};
}

/// A map in a row: a pointer while it is empty.
template <class Key, class Value, bool WithTtl>
struct map_cell {
  static constexpr bool has_presence_bit = false;
  dense_map<Key, Value> entries;

  bool empty() const noexcept { return entries.empty(); }
  void clear() noexcept { entries.clear(); }
  static constexpr touch_times* touched_at() noexcept { return nullptr; }
  static constexpr void drop_expired(const ttl_step&) noexcept {}
  beside_entry memory() const { return memory_of(entries); }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(entries.size(), out);
    for (const auto& each : entries) {
      weir::encode(each.key, out);
      weir::encode(each.value, out);
    }
  }
  void decode(std::string_view& in) {
    entries.clear();
    for (std::uint64_t left = decode_count<Key>(in); left > 0; --left) {
      const Key key = weir::decode<Key>(in);
      if (entries.find(key) != dense_map<Key, Value>::npos) throw_damaged_row("a map with the same key twice");
      entries.append(key, weir::decode<Value>(in));
    }
  }
};

/// With time to live: when each entry was touched last, in the same order.
template <class Key, class Value>
struct map_cell<Key, Value, true> {
  static constexpr bool has_presence_bit = false;
  dense_map<Key, Value> entries;
  touch_times touched;

  bool empty() const noexcept { return entries.empty(); }
  void clear() noexcept {
    entries.clear();
    touched.clear();
  }
  touch_times* touched_at() noexcept { return &touched; }
  void drop_expired(const ttl_step& step) noexcept { drop_expired(entries, touched, step); }
  beside_entry memory() const { return memory_of(entries) += memory_of(touched); }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(entries.size(), out);
    std::size_t position = 0;
    for (const auto& each : entries) {
      weir::encode(each.key, out);
      weir::encode(touched[position++], out);
      weir::encode(each.value, out);
    }
  }
  void decode(std::string_view& in) {
    clear();
    for (std::uint64_t left = decode_count<Key>(in); left > 0; --left) {
      const Key key = weir::decode<Key>(in);
      if (entries.find(key) != dense_map<Key, Value>::npos) throw_damaged_row("a map with the same key twice");
      touched.emplace_back(weir::decode<processing_clock::time_point>(in));
      entries.append(key, weir::decode<Value>(in));
    }
  }

  static void erase(dense_map<Key, Value>& entries, touch_times& touched, std::size_t position) noexcept {
    entries.erase(position);
    touched[position] = touched[touched.size() - 1];
    touched.pop_back();
  }
  static void drop_expired(dense_map<Key, Value>& entries, touch_times& touched, const ttl_step& step) noexcept {
    for (std::size_t position = entries.size(); position-- > 0;) {
      if (step.expired(touched[position])) erase(entries, touched, position);
    }
  }
};

/// The keys of entries, as a range.
template <class Entry>
class keys_of_entries {
 public:
  class iterator {
   public:
    explicit iterator(const Entry* at) : at_(at) {}
    const auto& operator*() const { return at_->key; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(iterator, iterator) = default;

   private:
    const Entry* at_;
  };

  explicit keys_of_entries(std::span<const Entry> entries) : entries_(entries) {}
  iterator begin() const { return iterator(entries_.data()); }
  iterator end() const { return iterator(entries_.data() + entries_.size()); }

 private:
  std::span<const Entry> entries_;
};

}  // namespace detail

/// The map of the current key. What it gives is valid until it changes or the call ends. Iteration is in the same order
/// in every run: that of insertion, where nothing has been removed.
template <hashable_key Key, class Value>
class map_state : detail::state_tag {
  static_assert(sizeof(detail::storable_state<Key>) > 0);
  static_assert(sizeof(detail::storable_state<Value>) > 0);
  using entries_type = detail::dense_map<Key, Value>;
  using key_view = std::conditional_t<std::is_same_v<Key, std::string>, std::string_view, Key>;

 public:
  using key_type = Key;
  using mapped_type = Value;
  using value_type = map_entry<Key, Value>;

  map_state() = default;
  map_state(const map_state& other) : setting_(other.setting_) {}
  map_state& operator=(const map_state&) = delete;

  /// The value of `key`, or null.
  const Value* get(const key_view& key) const {
    const std::size_t position = entries_->find(key);
    if (position == entries_type::npos) return nullptr;
    if (setting_.ttl != nullptr) [[unlikely]]
      return read_with_ttl(position);
    return &(*entries_)[position].value;
  }
  bool contains(const key_view& key) const { return get(key) != nullptr; }

  /// Sets the value of `key`.
  void put(const key_view& key, Value value) { (*this)[key] = std::move(value); }
  /// The value of `key`, made by default if there is none; to be written to.
  Value& operator[](const key_view& key) {
    const std::size_t position = entries_->find(key);
    Value& value = position == entries_type::npos ? entries_->append(key).value : (*entries_)[position].value;
    if (setting_.ttl != nullptr) [[unlikely]]
      touch_written(position, value);
    return value;
  }

  /// Returns whether there was something to remove.
  bool remove(const key_view& key) {
    const std::size_t position = entries_->find(key);
    if (position == entries_type::npos) return false;
    const bool alive = setting_.ttl == nullptr || !setting_.ttl->expired((*touched_)[position]);
    erase(position);
    return alive;
  }

  /// Objects with the members `key` and `value`.
  std::span<const value_type> entries() const {
    if (setting_.ttl != nullptr) [[unlikely]]
      read_all_with_ttl();
    return {entries_->begin(), entries_->size()};
  }
  auto keys() const { return detail::keys_of_entries<value_type>(entries()); }
  bool empty() const { return entries().empty(); }
  std::size_t size() const { return entries().size(); }

  void clear() {
    entries_->clear();
    if (touched_ != nullptr) touched_->clear();
  }

 private:
  friend detail::state_access;
  template <bool WithTtl>
  using cell = detail::map_cell<Key, Value, WithTtl>;
  using schema_types = detail::state_types<Key, Value>;
  static constexpr std::string_view kind = "map";

  void configure(const detail::state_setting& setting) { setting_ = setting; }
  template <class Cell>
  [[gnu::always_inline]] void point_at(Cell& cell) {
    entries_ = &cell.entries;
    touched_ = cell.touched_at();
  }

  void erase(std::size_t position) const {
    if (touched_ != nullptr) {
      detail::map_cell<Key, Value, true>::erase(*entries_, *touched_, position);
    } else {
      entries_->erase(position);
    }
  }

  [[gnu::noinline]] void touch_written(std::size_t position, Value& value) {
    if (position == entries_type::npos) {
      touched_->emplace_back(setting_.ttl->now);
      return;
    }
    auto& touched = (*touched_)[position];
    if (setting_.ttl->expired(touched)) value = Value();
    touched = setting_.ttl->now;
  }
  [[gnu::noinline]] const Value* read_with_ttl(std::size_t position) const {
    const detail::ttl_step& step = *setting_.ttl;
    if (step.expired((*touched_)[position])) {
      if (step.returns_expired) expired_ = std::move((*entries_)[position].value);
      erase(position);
      return step.returns_expired ? &*expired_ : nullptr;
    }
    if (step.refreshes_on_read) (*touched_)[position] = step.now;
    return &(*entries_)[position].value;
  }
  [[gnu::noinline]] void read_all_with_ttl() const {
    const detail::ttl_step& step = *setting_.ttl;
    detail::map_cell<Key, Value, true>::drop_expired(*entries_, *touched_, step);
    if (!step.refreshes_on_read) return;
    for (auto& time : *touched_) time = step.now;
  }

  entries_type* entries_ = nullptr;
  detail::touch_times* touched_ = nullptr;
  detail::state_setting setting_{};
  mutable std::optional<Value> expired_;  // what the last read has returned and removed
};

}  // namespace weir
