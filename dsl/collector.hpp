#pragma once
// Where a process function emits to. A function that takes `auto& out` gets the next operator itself; one that names
// its parameter, as in `collector<alert>& out`, gets a buffer that the operator empties right after the call. Both are
// used alike: `out(alert{...})`. For functions, see process.hpp.
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/runtime/record_meta.hpp"

namespace weir {

/// A value for the side output `Tag`, which `split<Tag>()` takes behind the operator. A function declares
///   using audit = side<"audit", audit_entry>;
///   using side_outputs = weir::side_outputs<audit>;
/// and emits `out(audit{entry})`. Where no split takes it the value is dropped.
template <fixed_string Tag, class Value>
struct side {
  using value_type = Value;
  static constexpr fixed_string tag = Tag;
  Value value;
};

/// The side outputs of a function.
template <class... Sides>
struct side_outputs {};

namespace detail {

template <class Type>
struct emitted_values {
  void operator()(Type value) { values.push_back(std::move(value)); }

  std::vector<Type> values;
};

}  // namespace detail

/// Takes what a call emits: values of type Output, and of each of its side outputs.
template <class Output, class... Sides>
class collector : detail::emitted_values<Output>, detail::emitted_values<Sides>... {
 public:
  collector() = default;
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;

  using detail::emitted_values<Output>::operator();
  using detail::emitted_values<Sides>::operator()...;

  /// For the operator: hands all values to `out`, first those of the main output, and keeps the memory.
  template <class Out>
  void drain(Out&& out) {
    drain_values<Output>(out);
    (drain_values<Sides>(out), ...);
  }

 private:
  template <class Type, class Out>
  void drain_values(Out& out) {
    auto& values = static_cast<detail::emitted_values<Type>&>(*this).values;
    for (std::size_t i = 0; i < values.size(); ++i) out(Type(std::move(values[i])));
    values.clear();
  }
};

namespace detail {

template <class Type>
inline constexpr bool is_side = false;
template <fixed_string Tag, class Value>
inline constexpr bool is_side<side<Tag, Value>> = true;

/// The type of the side output `Tag` among `Sides`; void if there is none.
template <fixed_string Tag, class... Sides>
struct side_value {
  using type = void;
};
template <fixed_string Tag, class First, class... Rest>
struct side_value<Tag, First, Rest...>
    : std::conditional_t<First::tag.view() == Tag.view(), std::type_identity<typename First::value_type>,
                         side_value<Tag, Rest...>> {};

/// How many values a call emitted.
struct emission {
  std::uint64_t main = 0;
  std::uint64_t sides = 0;
};

/// The stage's own emitter as a collector: everything goes on at once.
template <class Out, class Output, class... Sides>
class stage_collector {
 public:
  [[gnu::always_inline]] explicit stage_collector(const Out& out) : out_(out) {}
  stage_collector(const stage_collector&) = delete;
  stage_collector& operator=(const stage_collector&) = delete;

  template <class Value>
    requires(std::is_convertible_v<Value &&, Output> && !is_side<std::remove_cvref_t<Value>>)
  [[gnu::always_inline]] void operator()(Value&& value) {
    ++emitted_.main;
    out_(Output(std::forward<Value>(value)));
  }
  /// So that `out({...})` makes an Output.
  [[gnu::always_inline]] void operator()(Output&& value) {
    ++emitted_.main;
    out_(std::move(value));
  }
  template <class Side>
    requires(std::is_same_v<Side, Sides> || ...)
  void operator()(Side emitted) {
    ++emitted_.sides;
    if constexpr (Out::template has_side<Side::tag>()) out_.template side<Side::tag>(std::move(emitted.value));
  }

  /// The same with an event time of its own, where the stream has event time.
  template <class Value>
    requires(std::is_convertible_v<Value &&, Output> && !is_side<std::remove_cvref_t<Value>>)
  [[gnu::always_inline]] void at(Value&& value, timestamp time) {
    ++emitted_.main;
    if constexpr (has_time_column) {
      out_.at(Output(std::forward<Value>(value)), time);
    } else {
      out_(Output(std::forward<Value>(value)));
    }
  }
  template <class Side>
    requires(std::is_same_v<Side, Sides> || ...)
  void at(Side emitted, timestamp time) {
    ++emitted_.sides;
    if constexpr (Out::template has_side<Side::tag>()) {
      if constexpr (has_time_column) {
        out_.with(record_meta<columns{true, false}>{time}).template side<Side::tag>(std::move(emitted.value));
      } else {
        out_.template side<Side::tag>(std::move(emitted.value));
      }
    }
  }

  emission emitted() const noexcept { return emitted_; }

 private:
  static constexpr bool has_time_column = columns_of<std::remove_cvref_t<decltype(std::declval<const Out&>().meta())>>.time;

  const Out& out_;
  emission emitted_;
};

/// Stands for a stage_collector while a function is checked.
template <class Output, class... Sides>
struct collector_probe {
  collector_probe() = delete;
  template <class Value>
    requires(std::is_convertible_v<Value &&, Output> && !is_side<std::remove_cvref_t<Value>>)
  void operator()(Value&&) {}
  void operator()(Output&&) {}
  template <class Side>
    requires(std::is_same_v<Side, Sides> || ...)
  void operator()(Side) {}
};

}  // namespace detail
}  // namespace weir
