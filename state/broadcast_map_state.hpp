#pragma once
// broadcast_map_state: a map that every subtask of a broadcast_process holds alike, such as the rules that are now in
// force:
//   struct rule_check {
//     BOOST_HANA_DEFINE_STRUCT(rule_check, (broadcast_map_state<std::string, rule>, rules), (value_state<double>,
//     spent)); … void process_element(const payment& p, auto& context, auto& out) { if (const rule* r =
//     rules.get(p.kind)) … } void process_broadcast_element(const rule& r, auto& context, auto& out) {
//     context.write(rules).put(r.kind, r); }
//   };
// Flink: BroadcastState. docs/concepts/broadcast-state.md says how it is used, docs/decisions/0019 why it is as it is.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/broadcast_read_only.hpp"
#include "weir/state/dense_map.hpp"
#include "weir/state/map_state.hpp"
#include "weir/state/state_kind.hpp"

namespace weir {

template <hashable_key Key, class Value>
class broadcast_map_state;

/// What `context.write(state)` gives: the way to change a broadcast_map_state, for the call that it is given in.
template <class Key, class Value>
class broadcast_map_writer {
  using entries_type = detail::dense_map<Key, Value>;
  using key_view = std::conditional_t<std::is_same_v<Key, std::string>, std::string_view, Key>;

 public:
  explicit broadcast_map_writer(entries_type& entries) : entries_(entries) {}

  /// Sets the value of `key`.
  void put(const key_view& key, Value value) const { (*this)[key] = std::move(value); }
  /// The value of `key`, made by default if there is none; to be written to.
  Value& operator[](const key_view& key) const {
    const std::size_t position = entries_.find(key);
    return position == entries_type::npos ? entries_.append(key).value : entries_[position].value;
  }
  /// Returns whether there was something to remove.
  bool remove(const key_view& key) const {
    const std::size_t position = entries_.find(key);
    if (position == entries_type::npos) return false;
    entries_.erase(position);
    return true;
  }
  void clear() const { entries_.clear(); }

 private:
  entries_type& entries_;
};

/// The map of this subtask, to be read. Changed through the context of process_broadcast_element
/// (broadcast_context.hpp). It lies on the heap whatever the state backend, is copied whole into each snapshot, and
/// does not expire. What it gives is valid until it changes. Iteration is in the same order in every run: that of
/// insertion, where nothing has been removed.
template <hashable_key Key, class Value>
class broadcast_map_state : detail::operator_state_tag {
  static_assert(sizeof(detail::storable_state<Key>) > 0);
  static_assert(sizeof(detail::storable_state<Value>) > 0);
  using entries_type = detail::dense_map<Key, Value>;
  using key_view = std::conditional_t<std::is_same_v<Key, std::string>, std::string_view, Key>;

 public:
  using key_type = Key;
  using mapped_type = Value;
  using value_type = map_entry<Key, Value>;

  broadcast_map_state() = default;
  /// A copy of a function begins without entries.
  broadcast_map_state(const broadcast_map_state&) {}
  broadcast_map_state& operator=(const broadcast_map_state&) = delete;

  /// The value of `key`, or null.
  const Value* get(const key_view& key) const {
    const std::size_t position = entries_.find(key);
    return position == entries_type::npos ? nullptr : &entries_.begin()[position].value;
  }
  bool contains(const key_view& key) const { return entries_.find(key) != entries_type::npos; }
  /// Objects with the members `key` and `value`.
  std::span<const value_type> entries() const { return {entries_.begin(), entries_.size()}; }
  auto keys() const { return detail::keys_of_entries<value_type>(entries()); }
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }

  // What map_state has besides says here where it is to be found.
  template <class State = broadcast_map_state>
  void put(const key_view&, const Value&) const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
  }
  template <class State = broadcast_map_state>
  Value& operator[](const key_view& key) const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
    return const_cast<Value&>(*get(key));
  }
  template <class State = broadcast_map_state>
  bool remove(const key_view&) const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
    return false;
  }
  template <class State = broadcast_map_state>
  void clear() const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
  }

 private:
  friend detail::state_access;
  using schema_types = detail::state_types<std::pair<Key, Value>>;
  static constexpr std::string_view kind = "broadcast_map";

  void configure(const detail::state_setting& setting) { name_ = setting.name; }
  broadcast_map_writer<Key, Value> writer() {
    if (name_.empty()) [[unlikely]]
      detail::throw_broadcast_state_unlisted();
    return broadcast_map_writer<Key, Value>(entries_);
  }

  std::size_t owned() const {
    return detail::sum_over(entries_.begin(), entries_.size(), [](const value_type& each) {
      return detail::owned_bytes(each.key) + detail::owned_bytes(each.value);
    });
  }

  void encode(std::string& out) const {
    detail::encode_varint(entries_.size(), out);
    for (const value_type& each : entries_) {
      weir::encode(each.key, out);
      weir::encode(each.value, out);
    }
  }
  /// Takes the map of one old subtask from the front of `in`, and keeps it if `is_own.is_copy()`.
  template <class IsOwn>
  void decode(std::string_view& in, IsOwn& is_own) {
    for (std::uint64_t left = detail::decode_count<std::pair<Key, Value>>(in); left > 0; --left) {
      const Key key = weir::decode<Key>(in);
      Value value = weir::decode<Value>(in);
      if (!is_own.is_copy()) continue;
      if (contains(key)) detail::throw_damaged_row("a map with the same key twice");
      entries_.append(key, std::move(value));
    }
  }

  std::string_view name_;  ///< of the member; empty: the state of no subtask
  entries_type entries_;
};

namespace detail {

template <class State>
inline constexpr bool is_broadcast_state = false;
template <class Key, class Value>
inline constexpr bool is_broadcast_state<broadcast_map_state<Key, Value>> = true;

}  // namespace detail
}  // namespace weir
