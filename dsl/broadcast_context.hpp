#pragma once
// What process_broadcast_element of a broadcast_process sees of its surroundings: times, the way to change broadcast
// state, and the way to the keyed state of all keys. For functions, see broadcast_process.hpp.
#include <memory>
#include <optional>
#include <type_traits>

#include "weir/core/timestamp.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process_services.hpp"
#include "weir/dsl/stream.hpp"
#include "weir/state/broadcast_map_state.hpp"
#include "weir/state/state_kind.hpp"

namespace weir {
namespace detail {

template <class Context>
struct broadcast_record_has_no_key {
  static_assert(never<Context>,
                "weir: process_broadcast_element: a broadcast record has no key, and timers belong to keys; use "
                "context.apply_to_keyed_state(f) to look at the state of every key, and timers in process_element");
};
template <class Context>
struct apply_to_keyed_state_without_key {
  static_assert(
      never<Context>,
      "weir: context.apply_to_keyed_state(f): the stream beside the broadcast one has no key; put key_by(...) "
      "behind it in connect(stream | key_by(...), rules | broadcast())");
};
template <class Key, class Function>
struct apply_to_keyed_state_rejected {
  static_assert(
      never<Key, Function>,
      "weir: context.apply_to_keyed_state(f): f cannot be called; let it take const Key&, and use the states of "
      "the function, which are then those of that key");
};

/// An operator as a context knows it: `each_key(function, call)` calls `call(function, key)` for every key, with the
/// states of the operator's function at that key's row.
template <class Key>
class keyed_states {
 public:
  using apply = void (*)(void* function, const Key& key);
  virtual void each_key(void* function, apply call) = 0;

 protected:
  ~keyed_states() = default;
};
template <>
class keyed_states<no_key> {
 protected:
  ~keyed_states() = default;
};

}  // namespace detail

/// The surroundings of one call of `process_broadcast_element`; valid during that call.
template <class Key = no_key>
class broadcast_context {
 public:
  broadcast_context(weir::timestamp time, detail::operator_time& times, detail::keyed_states<Key>& states)
      : time_(time), times_(times), states_(states) {}
  broadcast_context(const broadcast_context&) = delete;
  broadcast_context& operator=(const broadcast_context&) = delete;

  /// The event time of the record; none on a stream without event time.
  std::optional<weir::timestamp> timestamp() const noexcept {
    return time_ == min_timestamp ? std::nullopt : std::optional(time_);
  }
  /// The least of both streams'; weir::min_timestamp before the first one.
  weir::timestamp current_watermark() const noexcept { return times_.watermark; }
  processing_clock::time_point processing_time() const { return times_.now(); }

  /// The map to be changed: put(k, v), [k], remove(k), clear(). Every subtask gets every broadcast record and changes
  /// its own copy, so what is written must follow from these records alone: not from the clock, the subtask or keyed
  /// state.
  template <class MapKey, class Value>
  broadcast_map_writer<MapKey, Value> write(broadcast_map_state<MapKey, Value>& state) const {
    return detail::state_access::writer(state);
  }

  /// Calls `function(key)` for each key of this subtask that has state or timers, in no order. The keyed states of the
  /// process function are those of that key during the call; they may be changed, and `out` may be used. All at once:
  /// with many keys the subtask is busy with nothing else for long.
  template <class Function>
  void apply_to_keyed_state(Function&& function) const {
    if constexpr (std::is_same_v<Key, no_key>) {
      static_cast<void>(detail::apply_to_keyed_state_without_key<broadcast_context>{});
    } else if constexpr (!std::is_invocable_v<Function&, const Key&>) {
      static_cast<void>(detail::apply_to_keyed_state_rejected<Key, Function>{});
    } else {
      using function_type = std::remove_reference_t<Function>;
      auto* const address = const_cast<std::remove_const_t<function_type>*>(std::addressof(function));
      states_.each_key(address, [](void* called, const Key& key) { (*static_cast<function_type*>(called))(key); });
    }
  }

  // What process_context has besides.
  template <class Context = broadcast_context>
  const Key& key() const {
    static_cast<void>(detail::broadcast_record_has_no_key<Context>{});
    return *static_cast<const Key*>(nullptr);
  }
  template <class Context = broadcast_context, class Time>
  void register_event_time_timer(const Time&) const {
    static_cast<void>(detail::broadcast_record_has_no_key<Context>{});
  }
  template <class Context = broadcast_context, class Time>
  void delete_event_time_timer(const Time&) const {
    static_cast<void>(detail::broadcast_record_has_no_key<Context>{});
  }
  template <class Context = broadcast_context, class Time>
  void register_processing_time_timer(const Time&) const {
    static_cast<void>(detail::broadcast_record_has_no_key<Context>{});
  }
  template <class Context = broadcast_context, class Time>
  void delete_processing_time_timer(const Time&) const {
    static_cast<void>(detail::broadcast_record_has_no_key<Context>{});
  }

 private:
  weir::timestamp time_;
  detail::operator_time& times_;
  detail::keyed_states<Key>& states_;
};

}  // namespace weir
