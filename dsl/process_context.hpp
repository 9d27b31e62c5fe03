#pragma once
// What a process function sees of its surroundings: key, times and timers. For functions, see process.hpp.
#include <cstdint>
#include <optional>

#include "weir/core/timestamp.hpp"
#include "weir/dsl/process_services.hpp"
#include "weir/dsl/stream.hpp"
#include "weir/state/broadcast_read_only.hpp"
#include "weir/state/timer_times.hpp"

namespace weir {
namespace detail {

[[noreturn]] void throw_no_on_timer(time_domain domain);

/// For functions of weir's own: the time of a context, min_timestamp where it has none, without the way through an
/// optional, which compilers put into memory.
struct context_access {
  template <class Context>
  [[gnu::always_inline]] static timestamp time(const Context& context) noexcept {
    return context.time_;
  }
};

}  // namespace detail

/// The surroundings of one call of `process` or `on_timer`; valid during that call.
template <class Key = no_key>
class process_context {
 public:
  process_context(const Key& key, std::uint64_t hash, weir::timestamp time, detail::timer_times* timers,
                  detail::keyed_services<Key>& services)
      : key_(key), hash_(hash), time_(time), timers_(timers), services_(services) {}
  process_context(const process_context&) = delete;
  process_context& operator=(const process_context&) = delete;

  const Key& key() const noexcept { return key_; }

  /// The event time of the element, or of the event-time timer; none on a stream without event time, for an element
  /// that has none, and in a processing-time timer.
  std::optional<weir::timestamp> timestamp() const noexcept {
    return time_ == min_timestamp ? std::nullopt : std::optional(time_);
  }
  /// weir::min_timestamp before the first one.
  weir::timestamp current_watermark() const noexcept { return services_.time.watermark; }
  /// Wall-clock time, the same for all calls of a batch.
  processing_clock::time_point processing_time() const { return services_.time.now(); }

  /// Calls `on_timer(at, ...)` for this key once the watermark has reached `at`; where it has already, with the next
  /// watermark. A time is registered once however often it is asked for. Throws weir::error if the function has no
  /// on_timer(timestamp, ...).
  void register_event_time_timer(weir::timestamp at) { add(detail::time_domain::event, at); }
  /// Does nothing if there is no such timer.
  void delete_event_time_timer(weir::timestamp at) { remove(detail::time_domain::event, at); }

  /// The earliest event-time timer of this key, if it has any.
  std::optional<weir::timestamp> next_event_time_timer() const { return next(detail::time_domain::event); }

  /// The same for the wall clock and on_timer(processing_clock::time_point, ...). A time in the past fires as soon as
  /// possible. Timers that are pending when the input ends do not fire.
  void register_processing_time_timer(processing_clock::time_point at) {
    add(detail::time_domain::processing, detail::as_timestamp(at));
  }
  void delete_processing_time_timer(processing_clock::time_point at) {
    remove(detail::time_domain::processing, detail::as_timestamp(at));
  }
  std::optional<processing_clock::time_point> next_processing_time_timer() const {
    const auto found = next(detail::time_domain::processing);
    return found ? std::optional(detail::as_processing_time(*found)) : std::nullopt;
  }

  /// Does not compile: broadcast state is changed through a broadcast_context.
  template <class State>
  void write(const State&) const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
  }

 private:
  friend detail::context_access;

  std::optional<weir::timestamp> next(detail::time_domain domain) const {
    return timers_ == nullptr ? std::nullopt : timers_->first(domain);
  }
  void add(detail::time_domain domain, weir::timestamp at) {
    auto& all = services_.timers(domain);
    if (!all.fires) detail::throw_no_on_timer(domain);
    if (!timers_->add(domain, at)) return;
    all.queue.push(at, key_, hash_);
    ++all.registered;
  }
  void remove(detail::time_domain domain, weir::timestamp at) {
    if (timers_ != nullptr && timers_->remove(domain, at)) --services_.timers(domain).registered;
  }

  const Key& key_;
  std::uint64_t hash_;
  weir::timestamp time_;
  detail::timer_times* timers_;  ///< of the key's row; null where the function has no on_timer
  detail::keyed_services<Key>& services_;
};

/// The same on a stream without key.
template <>
class process_context<no_key> {
 public:
  process_context(weir::timestamp time, detail::operator_time& times) : time_(time), times_(times) {}
  process_context(const process_context&) = delete;
  process_context& operator=(const process_context&) = delete;

  std::optional<weir::timestamp> timestamp() const noexcept {
    return time_ == min_timestamp ? std::nullopt : std::optional(time_);
  }
  weir::timestamp current_watermark() const noexcept { return times_.watermark; }
  processing_clock::time_point processing_time() const { return times_.now(); }

  /// Does not compile: broadcast state is changed through a broadcast_context.
  template <class State>
  void write(const State&) const {
    static_cast<void>(detail::broadcast_state_is_read_only<State>{});
  }

 private:
  weir::timestamp time_;
  detail::operator_time& times_;
};

}  // namespace weir
