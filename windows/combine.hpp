#pragma once
// Several aggregates over the same window: combine(count(), avg(&trade::price)).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/by_arrival.hpp"

namespace weir {
namespace detail {

template <class... Functions>
class combined_function {
 public:
  using accumulator_type = std::tuple<typename Functions::accumulator_type...>;
  using result_type = std::tuple<typename Functions::result_type...>;
  static constexpr bool is_commutative = (Functions::is_commutative && ...);
  static constexpr bool is_associative = (Functions::is_associative && ...);
  static constexpr bool is_exact = (Functions::is_exact && ...);
  static constexpr bool is_invertible = (invertible_aggregate<Functions> && ...);
  static constexpr bool is_idempotent = (declares_idempotent<Functions> && ...);
  static constexpr bool takes_arrival = (numbering_aggregate<Functions> || ...);

  constexpr explicit combined_function(Functions... functions) : functions_(std::move(functions)...) {}

  constexpr accumulator_type create() const {
    return std::apply([](const auto&... function) { return accumulator_type(function.create()...); }, functions_);
  }
  template <class Element>
    requires(aggregate_function<Functions, Element> && ...)
  constexpr void add(accumulator_type& accumulators, const Element& element) const {
    for_each_function([&]<std::size_t Index>(const auto& function) {
      function.add(std::get<Index>(accumulators), element);
    });
  }
  template <class Element>
    requires takes_arrival
  constexpr void add(accumulator_type& accumulators, const Element& element, std::uint64_t arrival) const {
    for_each_function([&]<std::size_t Index>(const auto& function) {
      if constexpr (numbering_aggregate<std::remove_cvref_t<decltype(function)>>) {
        function.add(std::get<Index>(accumulators), element, arrival);
      } else {
        function.add(std::get<Index>(accumulators), element);
      }
    });
  }
  constexpr void merge(accumulator_type& accumulators, const accumulator_type& later) const
    requires(mergeable_aggregate<Functions> && ...)
  {
    for_each_function([&]<std::size_t Index>(const auto& function) {
      function.merge(std::get<Index>(accumulators), std::get<Index>(later));
    });
  }
  template <class Element>
  constexpr void retract(accumulator_type& accumulators, const Element& element) const
    requires is_invertible
  {
    for_each_function([&]<std::size_t Index>(const auto& function) {
      function.retract(std::get<Index>(accumulators), element);
    });
  }
  constexpr void unmerge(accumulator_type& accumulators, const accumulator_type& older) const
    requires is_invertible
  {
    for_each_function([&]<std::size_t Index>(const auto& function) {
      function.unmerge(std::get<Index>(accumulators), std::get<Index>(older));
    });
  }
  constexpr result_type result(const accumulator_type& accumulators) const {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return result_type(std::get<Index>(functions_).result(std::get<Index>(accumulators))...);
    }(std::index_sequence_for<Functions...>{});
  }

  /// Where the order of arrival matters to some of them, and can be kept for each of those: see made_for_slices().
  constexpr auto made_for_slices() const
    requires(!is_commutative && ((Functions::is_commutative || selective_aggregate<Functions>) && ...))
  {
    return std::apply(
        [](const auto&... function) {
          return combined_function<made_for_slices_t<Functions>...>(detail::made_for_slices(function)...);
        },
        functions_);
  }
  static constexpr std::uint64_t last_arrival(const accumulator_type& held) noexcept
    requires takes_arrival
  {
    std::uint64_t last = 0;
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((last = std::max(last, last_arrival_of<Functions>(std::get<Index>(held)))), ...);
    }(std::index_sequence_for<Functions...>{});
    return last;
  }

 private:
  template <class Function>
  static constexpr std::uint64_t last_arrival_of(const typename Function::accumulator_type& held) noexcept {
    if constexpr (numbering_aggregate<Function>) {
      return Function::last_arrival(held);
    } else {
      return 0;
    }
  }

  template <class Visitor>
  constexpr void for_each_function(Visitor&& visitor) const {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (visitor.template operator()<Index>(std::get<Index>(functions_)), ...);
    }(std::index_sequence_for<Functions...>{});
  }

  std::tuple<Functions...> functions_;
};

/// Throws weir::error where two of the names are the same.
void refuse_equal_columns(const std::vector<std::string>& names);

template <class... Aggregates>
class combined_aggregate {
 public:
  explicit combined_aggregate(Aggregates... aggregates) : aggregates_(std::move(aggregates)...) {
    refuse_equal_columns(column_names());
  }

  std::vector<std::string> column_names() const {
    std::vector<std::string> names;
    const auto append = [&](const auto& aggregate) {
      for (std::string& name : aggregate_column_names(aggregate)) names.push_back(std::move(name));
    };
    std::apply([&](const auto&... aggregate) { (append(aggregate), ...); }, aggregates_);
    return names;
  }

  template <class Element>
    requires(aggregate_for<Aggregates, Element> && ...)
  constexpr auto bind() const {
    return std::apply(
        [](const auto&... aggregate) {
          return combined_function<bound_aggregate_t<Aggregates, Element>...>(bind_aggregate<Element>(aggregate)...);
        },
        aggregates_);
  }

 private:
  std::tuple<Aggregates...> aggregates_;
};

}  // namespace detail

/// One result that holds the results of all `aggregates` as a std::tuple, in this order, each in its own column.
/// Throws weir::error where two columns have the same name.
template <class... Aggregates>
  requires(sizeof...(Aggregates) > 0)
auto combine(Aggregates... aggregates) {
  return detail::combined_aggregate<Aggregates...>(std::move(aggregates)...);
}

}  // namespace weir
