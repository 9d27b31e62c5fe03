#pragma once
// The elements of a window, as evictors and whole-window functions see them.
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/state_schema.hpp"

namespace weir {

/// An element that a window holds. `Stored` is owned_t of the stream's element type, which borrow<Element>(value) gives
/// back; `time` is weir::min_timestamp for an element without event time.
template <class Stored>
struct window_element {
  timestamp time;
  Stored value;
  friend bool operator==(const window_element&, const window_element&) = default;
};

template <class Stored>
struct record_fields<window_element<Stored>> {
  using of = window_element<Stored>;
  using type = field_list<field<&of::time, "time">, field<&of::value, "value">>;
};

/// In the order of their arrival.
template <class Element>
using window_buffer = std::vector<window_element<owned_t<Element>>>;

/// A window's elements to read: a range of const Element&, and their times. Valid during the call that gets it.
template <class Element>
class window_elements {
 public:
  class iterator {
   public:
    using value_type = Element;
    using reference = decltype(borrow<Element>(std::declval<const owned_t<Element>&>()));
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = const Element*;

    iterator() = default;
    explicit iterator(const window_element<owned_t<Element>>* at) : at_(at) {}
    reference operator*() const { return borrow<Element>(at_->value); }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++at_;
      return before;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const window_element<owned_t<Element>>* at_ = nullptr;
  };

  explicit window_elements(const window_buffer<Element>& buffer) : buffer_(buffer) {}

  std::size_t size() const noexcept { return buffer_.size(); }
  bool empty() const noexcept { return buffer_.empty(); }
  iterator begin() const { return iterator(buffer_.data()); }
  iterator end() const { return iterator(buffer_.data() + buffer_.size()); }
  decltype(auto) operator[](std::size_t index) const { return borrow<Element>(buffer_[index].value); }
  timestamp time(std::size_t index) const { return buffer_[index].time; }

 private:
  const window_buffer<Element>& buffer_;
};

namespace detail {

template <class Stored>
struct written_type<window_element<Stored>> {
  using type = window_element<typename written_type<Stored>::type>;
};

}  // namespace detail
}  // namespace weir
