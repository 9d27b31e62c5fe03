#pragma once
// What a function of async_map (async_map.hpp) may look like, and the sentences for one that does not.
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/dsl/async_options.hpp"
#include "weir/dsl/async_result.hpp"
#include "weir/dsl/async_task.hpp"
#include "weir/dsl/operator.hpp"

namespace weir::detail {

// ---- what it gives --------------------------------------------------------------------------------------------------

template <class Type>
inline constexpr bool is_async_task = false;
template <class Value>
inline constexpr bool is_async_task<async_task<Value>> = true;
template <class Type>
inline constexpr bool is_async_result = false;
template <class Output>
inline constexpr bool is_async_result<async_result<Output>> = true;

/// std::future, and what looks like it: <future> is a large header, which only who uses it should include.
template <class Type>
concept future_like = requires(Type& future) {
  future.get();
  { future.valid() } -> std::convertible_to<bool>;
  future.wait_for(std::chrono::nanoseconds{});
};

/// The type of the second parameter, where there is one function and it says so.
template <class Function>
struct second_parameter {
  using type = void;
};
template <class Result, class First, class Second>
struct second_parameter<Result (*)(First, Second)> {
  using type = std::remove_cvref_t<Second>;
};
template <class Class, class Result, class First, class Second>
struct second_parameter<Result (Class::*)(First, Second)> : second_parameter<Result (*)(First, Second)> {};
template <class Class, class Result, class First, class Second>
struct second_parameter<Result (Class::*)(First, Second) const> : second_parameter<Result (*)(First, Second)> {};
template <class Class, class Result, class First, class Second>
struct second_parameter<Result (Class::*)(First, Second) noexcept> : second_parameter<Result (*)(First, Second)> {};
template <class Class, class Result, class First, class Second>
struct second_parameter<Result (Class::*)(First, Second) const noexcept> : second_parameter<Result (*)(First, Second)> {
};
template <class Function>
  requires requires { &Function::operator(); }
struct second_parameter<Function> : second_parameter<decltype(&Function::operator())> {};

/// Of a function that calls back: what it gives, by its parameter or by a member type output_type; void: it does not.
template <class Function>
struct callback_output {
  using parameter = typename second_parameter<Function>::type;
  static constexpr auto find() {
    if constexpr (is_async_result<parameter>) {
      return std::type_identity<typename parameter::output_type>{};
    } else if constexpr (requires { typename Function::output_type; }) {
      return std::type_identity<typename Function::output_type>{};
    } else {
      return std::type_identity<void>{};
    }
  }
  using type = typename decltype(find())::type;
};

enum class async_form : std::uint8_t { none, at_once, future, task, callback };

/// How a function is called with an element, and what it gives.
template <class Function, class Element>
struct async_traits {
  static constexpr auto find_output() {
    if constexpr (std::is_invocable_v<Function&, const Element&>) {
      using returned = std::remove_cvref_t<std::invoke_result_t<Function&, const Element&>>;
      if constexpr (is_async_task<returned>) {
        return std::type_identity<typename returned::value_type>{};
      } else if constexpr (future_like<returned>) {
        return std::type_identity<std::remove_cvref_t<decltype(std::declval<returned&>().get())>>{};
      } else {
        return std::type_identity<void>{};
      }
    } else {
      return std::type_identity<typename callback_output<Function>::type>{};
    }
  }
  using output = typename decltype(find_output())::type;

  static constexpr async_form find_form() {
    if constexpr (std::is_invocable_v<Function&, const Element&>) {
      using returned = std::remove_cvref_t<std::invoke_result_t<Function&, const Element&>>;
      if constexpr (std::is_void_v<output>) {
        return async_form::at_once;
      } else if constexpr (is_async_task<returned>) {
        return async_form::task;
      } else {
        return async_form::future;
      }
    } else if constexpr (std::is_void_v<output>) {
      return async_form::none;
    } else if constexpr (std::is_invocable_v<Function&, const Element&, async_result<output>>) {
      return async_form::callback;
    } else {
      return async_form::none;
    }
  }
  static constexpr async_form form = find_form();
};

// ---- what the options may hold --------------------------------------------------------------------------------------

template <class Handler, class Element, class Output>
inline constexpr bool returns_timeout_result = [] {
  if constexpr (std::is_invocable_v<Handler&, const Element&>) {
    return std::is_constructible_v<Output, std::invoke_result_t<Handler&, const Element&>>;
  } else {
    return false;
  }
}();
template <class Handler, class Element, class Output>
inline constexpr bool handles_timeout_of =
    std::is_same_v<Handler, not_given> || returns_timeout_result<Handler, Element, Output> ||
    std::is_invocable_v<Handler&, const Element&, async_result<Output>>;

template <class Predicate, class Output>
inline constexpr bool judges_results =
    std::is_same_v<Predicate, not_given> || std::is_invocable_r_v<bool, const Predicate&, const std::vector<Output>&> ||
    std::is_invocable_r_v<bool, const Predicate&, const Output&>;
template <class Predicate>
inline constexpr bool judges_exceptions =
    std::is_same_v<Predicate, not_given> || std::is_invocable_r_v<bool, const Predicate&, const std::exception&>;

/// Whether an attempt that failed so should be followed by another one.
template <class Predicate>
bool is_retried(const Predicate& predicate, const std::exception_ptr& failure) {
  if constexpr (std::is_same_v<Predicate, not_given>) {
    return true;
  } else {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& cause) {
      return std::invoke(predicate, cause);
    } catch (...) {
      return false;
    }
  }
}

template <class Predicate, class Output>
bool is_retried(const Predicate& predicate, const std::vector<Output>& results) {
  if constexpr (std::is_same_v<Predicate, not_given>) {
    return false;
  } else if constexpr (std::is_invocable_r_v<bool, const Predicate&, const std::vector<Output>&>) {
    return std::invoke(predicate, results);
  } else {
    for (const Output& each : results) {
      if (std::invoke(predicate, each)) return true;
    }
    return false;
  }
}

// ---- misuse ---------------------------------------------------------------------------------------------------------

template <class... Facts>
struct async_map_without_uid {
  static_assert(never<Facts...>,
                "weir: async_map(f) keeps in snapshots what has no result yet, which needs a name; write "
                "async_map<\"uid\">(f)");
};
template <class Element, class Function>
struct async_map_rejected {
  static_assert(never<Element, Function>,
                "weir: async_map<\"uid\">(f): f must take const Element& and return an async_task<Output> or a "
                "std::future<Output>, or take const Element& and async_result<Output>");
};
template <class Element, class Function>
struct async_map_at_once {
  static_assert(never<Element, Function>,
                "weir: async_map<\"uid\">(f): f returns its result at once, or none; use map(f), or return an "
                "async_task<Output> or a std::future<Output>");
};
template <class Output>
struct async_map_gives_borrowed {
  static_assert(never<Output>,
                "weir: async_map<\"uid\">(f): results wait for their turn, but this type has std::string_view members, "
                "which point elsewhere; give a type with std::string");
};
template <class Element>
struct async_map_not_storable {
  static_assert(
      never<Element>,
      "weir: async_map<\"uid\">(f): inputs without a result are part of snapshots, but the element type has no "
      "binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or "
      "BOOST_HANA_DEFINE_STRUCT records of these");
};
template <class Options>
struct async_map_without_options {
  static_assert(
      never<Options>,
      "weir: async_map<\"uid\">(f, options): the options must be ordered(capacity) or unordered(capacity), with "
      ".timeout(...) and .retry(...) where you like");
};
template <class Element, class Output, class Handler>
struct async_timeout_rejected {
  static_assert(never<Element, Output, Handler>,
                "weir: .timeout(d, handler): the handler must take const Element& and return an Output, or take const "
                "Element& and async_result<Output>");
};
template <class Output, class Predicate>
struct async_if_result_rejected {
  static_assert(never<Output, Predicate>,
                "weir: .if_result(p): p must be callable as const with const Output& or const std::vector<Output>& and "
                "return a bool");
};
template <class Predicate>
struct async_if_exception_rejected {
  static_assert(never<Predicate>,
                "weir: .if_exception(p): p must be callable as const with const std::exception& and return a bool");
};

}  // namespace weir::detail
