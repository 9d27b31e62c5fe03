#pragma once
// Fires a window when an element is far from the one that fired it last.
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/windows/trigger.hpp"

namespace weir {

/// Remembers a window's first element; fires when distance(remembered, new) > threshold, and then remembers the new
/// one. Two remembered elements cannot be merged: windows that merge cannot have it.
template <class Distance>
class delta_trigger {
 public:
  template <class Element>
  using state_for = std::optional<owned_t<Element>>;

  delta_trigger(double threshold, Distance distance) : threshold_(threshold), distance_(std::move(distance)) {}

  template <class Element>
    requires std::is_invocable_r_v<double, const Distance&, const Element&, const Element&>
  trigger_result on_element(std::optional<owned_t<Element>>& last, const Element& element, timestamp,
                            trigger_context&) const {
    if (!last) {
      last.emplace(element);
      return trigger_result::continue_;
    }
    if (!(static_cast<double>(distance_(borrow<Element>(*last), element)) > threshold_)) {
      return trigger_result::continue_;
    }
    *last = element;
    return trigger_result::fire;
  }
  template <class Stored>
  void clear(std::optional<Stored>& last, trigger_context&) const noexcept {
    last.reset();
  }
  std::string describe() const { return "delta(f)"; }

 private:
  double threshold_;
  [[no_unique_address]] Distance distance_;
};

/// `distance(last, next)` is a number.
template <class Distance>
delta_trigger<Distance> delta(double threshold, Distance distance) {
  return delta_trigger<Distance>(threshold, std::move(distance));
}

}  // namespace weir
