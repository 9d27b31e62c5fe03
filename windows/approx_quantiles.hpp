#pragma once
// approx_quantiles: median, 99th percentile and their like, within a known error and in bounded memory.
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/windows/arithmetic.hpp"
#include "weir/windows/quantile_sketch.hpp"
#include "weir/windows/selector.hpp"

namespace weir {
namespace detail {

/// Throws weir::error unless there is a quantile, and all of them are from 0 to 1.
void refuse_wrong_quantiles(const std::vector<double>& quantiles);

template <class Value>
concept sketchable = summable<Value> && !std::same_as<Value, bool>;

template <class Selector, class Element, std::size_t Size, bool Several>
struct approx_quantiles_function {
  using value_type = selected_t<Selector, Element>;
  using operations = quantile_sketch_operations<Size, value_type>;
  using accumulator_type = quantile_sketch<value_type>;
  using result_type = std::conditional_t<Several, std::vector<value_type>, value_type>;
  static constexpr bool is_commutative = true;
  static constexpr bool is_associative = true;
  static constexpr bool is_exact = false;  // in another order another value, within the same error
  static constexpr bool is_sketch = true;

  accumulator_type create() const { return operations::create(); }
  void add(accumulator_type& sketch, const Element& element) const {
    const value_type value = std::invoke(selector, element);
    if constexpr (std::floating_point<value_type>) {
      if (value != value) return;  // NaN
    }
    operations::add(sketch, value);
  }
  void merge(accumulator_type& sketch, const accumulator_type& later) const { operations::merge(sketch, later); }
  result_type result(const accumulator_type& sketch) const {
    std::vector<value_type> found = sketch.count == 0 ? std::vector<value_type>(wanted.size(), nothing)
                                                      : operations::quantiles(sketch, wanted);
    if constexpr (Several) {
      return found;
    } else {
      return found.front();
    }
  }

  [[no_unique_address]] Selector selector;
  std::vector<double> wanted;

 private:
  static constexpr value_type nothing =
      std::floating_point<value_type> ? std::numeric_limits<value_type>::quiet_NaN() : value_type{};
};

template <class Selector, std::size_t Size, bool Several>
class approx_quantiles_aggregate : public named_column<approx_quantiles_aggregate<Selector, Size, Several>> {
 public:
  approx_quantiles_aggregate(Selector selector, std::vector<double> wanted)
      : selector_(std::move(selector)), wanted_(std::move(wanted)) {
    refuse_wrong_quantiles(wanted_);
  }

  std::string column_name() const {
    if (!this->given_name().empty()) return std::string(this->given_name());
    return column_of(Several ? "approx_quantiles" : "approx_quantile", selector_);
  }

  template <class Element>
    requires selects_from<Selector, Element> && sketchable<selected_t<Selector, Element>>
  auto bind() const {
    return approx_quantiles_function<Selector, Element, Size, Several>{selector_, wanted_};
  }

 private:
  Selector selector_;
  std::vector<double> wanted_;
};

}  // namespace detail

/// Quantiles of numbers, about: `approx_quantiles(&visit::latency, {0.5, 0.99})` is a std::vector of the values that half
/// and 99 % of all are no larger than. The part of the values that is no larger than an answer differs from the one asked
/// for by 0.0165 at most, in 99 of 100 cases, for 200, the default Size, and by less for a larger one: about 2.4 /
/// Size^0.94. Exact up to Size values; 0 and 1 are always exact. Holds about 3 * Size values. NaN is left out.
template <std::size_t Size = 200, class Selector>
auto approx_quantiles(Selector selector, std::initializer_list<double> quantiles) {
  static_assert(Size >= 8, "weir: approx_quantiles<Size>(...) takes a size of 8 or more; 200 errs by 1.65 %");
  return detail::approx_quantiles_aggregate<Selector, Size, true>(std::move(selector), quantiles);
}

/// One of them, as a value: `approx_quantile(&visit::latency, 0.99)`.
template <std::size_t Size = 200, class Selector>
auto approx_quantile(Selector selector, double quantile) {
  static_assert(Size >= 8, "weir: approx_quantile<Size>(...) takes a size of 8 or more; 200 errs by 1.65 %");
  return detail::approx_quantiles_aggregate<Selector, Size, false>(std::move(selector), {quantile});
}

}  // namespace weir
