#pragma once
// The description that most aggregates share: which aggregate, of which value, in which column.
#include <string>
#include <string_view>
#include <utility>

#include "weir/windows/selector.hpp"

namespace weir::detail {

/// `Kind` distinguishes the aggregates that read a value: their word, the values they accept, their function.
template <class Kind, class Selector>
class selected_aggregate : public named_column<selected_aggregate<Kind, Selector>> {
 public:
  using kind = Kind;

  constexpr explicit selected_aggregate(Selector selector) : selector_(std::move(selector)) {}

  constexpr const Selector& selector() const noexcept { return selector_; }

  std::string column_name() const {
    const std::string_view given = this->given_name();
    return given.empty() ? column_of(Kind::name, selector_) : std::string(given);
  }

  template <class Element>
    requires selects_from<Selector, Element> && (Kind::template accepts<selected_t<Selector, Element>>)
  constexpr auto bind() const {
    return typename Kind::template function<Selector, Element>{selector_};
  }

 private:
  Selector selector_;
};

}  // namespace weir::detail
