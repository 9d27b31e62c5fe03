#pragma once
// Evictors take elements out of a window each time it fires, before its function sees them or after that:
// `window(global()).trigger(count_trigger(2)).evictor(count_evictor(4))`. What they leave stays in the window. A window
// with an evictor keeps all of its elements, where otherwise an aggregate would keep an accumulator.
#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/windows/time_window.hpp"
#include "weir/windows/window_element.hpp"

namespace weir {

/// Whether `evict` is called before the function of the window or after it.
enum class evicts : bool { before, after };

/// An evictor has one or both of
///
///   void evict_before(window_buffer<Element>&, const time_window&) const
///   void evict_after(window_buffer<Element>&, const time_window&) const
///
/// which erase from the elements, given in the order of their arrival, and
///
///   std::string describe() const
template <class Evictor, class Element>
concept evictor_for =
    std::copy_constructible<Evictor> && requires(const Evictor& evictor) {
      { evictor.describe() } -> std::convertible_to<std::string>;
    } && (requires(const Evictor& evictor, window_buffer<Element>& elements, const time_window& window) {
            evictor.evict_before(elements, window);
          } || requires(const Evictor& evictor, window_buffer<Element>& elements, const time_window& window) {
            evictor.evict_after(elements, window);
          });

namespace detail {

[[noreturn]] void refuse_evictor(const std::string& evictor);
std::string evictor_text(std::string arguments, evicts when);

/// An evictor out of a rule that is applied before or after: `rule.evict(elements)`.
template <class Rule>
class one_sided_evictor {
 public:
  one_sided_evictor(Rule rule, evicts when) : rule_(std::move(rule)), when_(when) {}

  template <class Buffer>
    requires requires(const Rule& rule, Buffer& elements) { rule.evict(elements); }
  void evict_before(Buffer& elements, const time_window&) const {
    if (when_ == evicts::before) rule_.evict(elements);
  }
  template <class Buffer>
    requires requires(const Rule& rule, Buffer& elements) { rule.evict(elements); }
  void evict_after(Buffer& elements, const time_window&) const {
    if (when_ == evicts::after) rule_.evict(elements);
  }
  std::string describe() const { return evictor_text(rule_.describe(), when_); }

 private:
  Rule rule_;
  evicts when_;
};

struct count_eviction {
  std::int64_t count;
  template <class Stored>
  void evict(std::vector<window_element<Stored>>& elements) const {
    const auto kept = static_cast<std::size_t>(count);
    if (elements.size() <= kept) return;
    elements.erase(elements.begin(), elements.end() - static_cast<std::ptrdiff_t>(kept));
  }
  std::string describe() const;
};

struct time_eviction {
  std::chrono::milliseconds span;
  template <class Stored>
  void evict(std::vector<window_element<Stored>>& elements) const {
    if (elements.empty() || elements.front().time == min_timestamp) return;
    timestamp newest = min_timestamp;
    for (const auto& each : elements) newest = std::max(newest, each.time);
    const timestamp cutoff = saturating_add(newest, -span);
    std::erase_if(elements, [&](const auto& each) { return each.time <= cutoff; });
  }
  std::string describe() const;
};

template <class Distance>
struct delta_eviction {
  double threshold;
  [[no_unique_address]] Distance distance;
  /// What the distance function takes: elements that borrow nothing are stored as they are.
  template <class Stored>
  static const Stored& value_of(const Stored& stored) {
    return stored;
  }
  template <class Element>
  static const Element& value_of(const owned<Element>& stored) {
    return stored.get();
  }
  template <class Stored>
    requires requires(const Distance& f, const Stored& stored) {
      { f(value_of(stored), value_of(stored)) } -> std::convertible_to<double>;
    }
  void evict(std::vector<window_element<Stored>>& elements) const {
    if (elements.empty()) return;
    const Stored newest = elements.back().value;
    std::erase_if(elements, [&](const auto& each) {
      return static_cast<double>(distance(value_of(each.value), value_of(newest))) >= threshold;
    });
  }
  std::string describe() const { return "delta_evictor(f"; }
};

}  // namespace detail

/// Keeps the `count` elements that came last. Throws weir::error unless count > 0.
detail::one_sided_evictor<detail::count_eviction> count_evictor(std::int64_t count, evicts when = evicts::before);

/// Keeps the elements less than `span` older than the newest by event time; all, where the first has no time. Throws
/// weir::error unless span > 0.
detail::one_sided_evictor<detail::time_eviction> time_evictor(std::chrono::milliseconds span,
                                                              evicts when = evicts::before);

/// Keeps the elements x for which distance(x, last) < threshold, where `last` came last.
template <class Distance>
detail::one_sided_evictor<detail::delta_eviction<Distance>> delta_evictor(double threshold, Distance distance,
                                                                          evicts when = evicts::before) {
  return {{threshold, std::move(distance)}, when};
}

}  // namespace weir
