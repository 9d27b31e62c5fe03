#pragma once
// What `window(...)` accepts: an object that says which windows a record belongs to. The assigners of weir are
// tumbling, sliding, session and global; a user's own needs nothing but the members listed here.
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/core/timestamp.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {

/// Assigns each point in time to one window: the simplest assigner, and the one with the fastest operator.
///
///   using clock                    event_clock or processing_clock: whose time it wants
///   time_window assign(timestamp)  the window that contains the argument; a pure function. Throws weir::error for
///                                  weir::min_timestamp, the mark of a record without event time, if it needs a time
///   bool fires()                   whether a window fires once its clock reaches its max_timestamp; a window that
///                                  never fires needs a trigger of its own
///   std::string describe()         as the user wrote it, for the plan: "tumbling(10s)"
///
/// Times of the processing clock are given as timestamps, too: both clocks count milliseconds.
template <class Assigner>
concept window_assigner = std::copyable<Assigner> && requires(const Assigner& assigner, timestamp time) {
  typename Assigner::clock;
  { assigner.assign(time) } -> std::same_as<time_window>;
  { assigner.fires() } -> std::same_as<bool>;
  { assigner.describe() } -> std::convertible_to<std::string>;
};

namespace detail {

/// Takes any window; for checking assigners.
struct any_window_visitor {
  constexpr void operator()(const time_window&) const noexcept {}
};

template <class Assigner, class Element>
concept assigns_one_by_element = requires(const Assigner& assigner, const Element& element, timestamp time) {
  { assigner.assign(element, time) } -> std::same_as<time_window>;
};
template <class Assigner>
concept assigns_one = requires(const Assigner& assigner, timestamp time) {
  { assigner.assign(time) } -> std::same_as<time_window>;
};
template <class Assigner, class Element>
concept assigns_many_by_element = requires(const Assigner& assigner, const Element& element, timestamp time,
                                           any_window_visitor visitor) { assigner.assign(element, time, visitor); };
template <class Assigner>
concept assigns_many = requires(const Assigner& assigner, timestamp time, any_window_visitor visitor) {
  { assigner.assign(time, visitor) } -> std::same_as<void>;
};

/// What every assigner says about itself, whatever its elements are.
template <class Assigner>
concept describes_windows = std::copyable<Assigner> && requires(const Assigner& assigner) {
  typename Assigner::clock;
  { assigner.fires() } -> std::same_as<bool>;
  { assigner.describe() } -> std::convertible_to<std::string>;
};

}  // namespace detail

/// The same in general: `assign` is one of
///
///   time_window assign(timestamp)                   one window per record
///   time_window assign(const Element&, timestamp)   one that depends on the record
///   void assign(timestamp, visitor)                 any number: calls visitor(time_window) for each, by ascending end
///   void assign(const Element&, timestamp, visitor)
///
///   static constexpr bool merges = true             windows of one key that overlap or touch become one (sessions)
template <class Assigner, class Element>
concept window_assigner_for =
    detail::describes_windows<Assigner> &&
    (detail::assigns_one<Assigner> || detail::assigns_many<Assigner> ||
     detail::assigns_one_by_element<Assigner, Element> || detail::assigns_many_by_element<Assigner, Element>);

/// Whether windows of one key that overlap or touch become one.
template <class Assigner>
inline constexpr bool merges_windows = [] {
  if constexpr (requires { Assigner::merges; }) {
    return Assigner::merges;
  } else {
    return false;
  }
}();

/// Calls `visitor(const time_window&)` for each window that `element` at `time` belongs to.
template <class Element, window_assigner_for<Element> Assigner, class Visitor>
constexpr void each_window(const Assigner& assigner, const Element& element, timestamp time, Visitor&& visitor) {
  if constexpr (detail::assigns_one<Assigner>) {
    visitor(assigner.assign(time));
  } else if constexpr (detail::assigns_many<Assigner>) {
    assigner.assign(time, visitor);
  } else if constexpr (detail::assigns_one_by_element<Assigner, Element>) {
    visitor(assigner.assign(element, time));
  } else {
    assigner.assign(element, time, visitor);
  }
}

namespace detail {

/// "tumbling" or "tumbling<processing_clock>", as the user wrote it.
std::string assigner_name(std::string_view name, bool by_processing_time);

/// Throws weir::error: `window` needs the event time that a record does not have.
[[noreturn]] void refuse_record_without_time(const std::string& window);

}  // namespace detail
}  // namespace weir
