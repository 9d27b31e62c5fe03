#pragma once
// list_state: any number of values per key, in the order of their arrival. See value_state.hpp for the rules of all
// states.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/slim_vector.hpp"
#include "weir/state/state_kind.hpp"

namespace weir {
namespace detail {

using touch_times = slim_vector<processing_clock::time_point>;

template <class Element>
beside_entry memory_of(const slim_vector<Element>& elements) {
  return {.counted = elements.memory_bytes(),
          .owned = sum_over(elements.begin(), owns_memory<Element> ? elements.size() : 0,
                            [](const Element& each) { return owned_bytes(each); })};
}

/// A list in a row: a pointer while it is empty.
template <class Element, bool WithTtl>
struct list_cell {
  static constexpr bool has_presence_bit = false;
  slim_vector<Element> elements;

  bool empty() const noexcept { return elements.empty(); }
  void prefetch() const noexcept { elements.prefetch(); }
  void clear() noexcept { elements.clear(); }
  static constexpr touch_times* touched_at() noexcept { return nullptr; }
  static constexpr void drop_expired(const ttl_step&) noexcept {}
  beside_entry memory() const { return memory_of(elements); }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(elements.size(), out);
    for (const Element& each : elements) weir::encode(each, out);
  }
  void decode(std::string_view& in) {
    elements.clear();
    for (std::uint64_t left = decode_count<Element>(in); left > 0; --left)
      elements.emplace_back(weir::decode<Element>(in));
  }
};

/// With time to live: when each element was touched last, in the same order. The lowest time of all stands for an
/// element that was returned after it had expired and must not be seen again.
template <class Element>
struct list_cell<Element, true> {
  static constexpr bool has_presence_bit = false;
  slim_vector<Element> elements;
  touch_times touched;

  bool empty() const noexcept { return elements.empty(); }
  void clear() noexcept {
    elements.clear();
    touched.clear();
  }
  touch_times* touched_at() noexcept { return &touched; }
  beside_entry memory() const { return memory_of(elements) += memory_of(touched); }
  void drop_expired(const ttl_step& step) noexcept {
    drop_elements(elements, touched, [&](processing_clock::time_point time) { return step.expired(time); });
  }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(elements.size(), out);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      weir::encode(touched[i], out);
      weir::encode(elements[i], out);
    }
  }
  void decode(std::string_view& in) {
    clear();
    for (std::uint64_t left = decode_count<Element>(in); left > 0; --left) {
      touched.emplace_back(weir::decode<processing_clock::time_point>(in));
      elements.emplace_back(weir::decode<Element>(in));
    }
  }

  /// Removes the elements for whose time `is_dropped` is true; the others keep their order.
  template <class IsDropped>
  static void drop_elements(slim_vector<Element>& elements, touch_times& touched, IsDropped&& is_dropped) noexcept {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (is_dropped(touched[i])) continue;
      if (kept != i) {
        elements[kept] = std::move(elements[i]);
        touched[kept] = touched[i];
      }
      ++kept;
    }
    elements.truncate(kept);
    touched.truncate(kept);
  }
};

}  // namespace detail

/// The list of the current key. Ranges that it gives are valid until it changes or the call ends.
template <class Element>
class list_state : detail::state_tag {
  static_assert(sizeof(detail::storable_state<Element>) > 0);

 public:
  using value_type = Element;

  list_state() = default;
  list_state(const list_state&) = default;
  list_state& operator=(const list_state&) = delete;

  void add(const Element& element) { append(element); }
  void add(Element&& element) { append(std::move(element)); }

  /// All elements in the order in which they were added.
  std::span<const Element> get() const {
    if (setting_.ttl != nullptr) [[unlikely]]
      read_with_ttl();
    return {elements_->begin(), elements_->size()};
  }
  bool empty() const { return get().empty(); }

  /// Replaces the list with the elements of any range that is no part of it.
  template <class Range>
  void update(Range&& elements) {
    clear();
    for (auto&& each : elements) append(Element(std::forward<decltype(each)>(each)));
  }

  void clear() {
    elements_->clear();
    if (touched_ != nullptr) touched_->clear();
  }

 private:
  friend detail::state_access;
  template <bool WithTtl>
  using cell = detail::list_cell<Element, WithTtl>;
  using schema_types = detail::state_types<Element>;
  static constexpr std::string_view kind = "list";

  void configure(const detail::state_setting& setting) { setting_ = setting; }
  template <class Cell>
  [[gnu::always_inline]] void point_at(Cell& cell) {
    elements_ = &cell.elements;
    touched_ = cell.touched_at();
  }

  template <class Value>
  void append(Value&& element) {
    elements_->emplace_back(std::forward<Value>(element));
    if (setting_.ttl != nullptr) [[unlikely]]
      touched_->emplace_back(setting_.ttl->now);
  }

  /// Removes what a read must not see, and touches the rest where reading touches. What has expired is returned as
  /// often as one likes where reading does not touch; otherwise once, unless all has expired.
  [[gnu::noinline]] void read_with_ttl() const {
    constexpr auto returned = processing_clock::time_point::min();
    const detail::ttl_step& step = *setting_.ttl;
    detail::list_cell<Element, true>::drop_elements(
        *elements_, *touched_, [&](auto time) { return step.returns_expired ? time == returned : step.expired(time); });
    if (!step.refreshes_on_read) return;
    bool any_alive = false;
    for (const auto time : *touched_) any_alive = any_alive || !step.expired(time);
    if (!any_alive) return;
    for (auto& time : *touched_) time = step.expired(time) ? returned : step.now;
  }

  detail::slim_vector<Element>* elements_ = nullptr;
  detail::touch_times* touched_ = nullptr;
  detail::state_setting setting_{};
};

}  // namespace weir
