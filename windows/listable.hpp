#pragma once
// What the aggregates that keep several values accept.
#include <concepts>

namespace weir::detail {

/// Values that an accumulator can hold in a vector: std::vector<bool> has no binary form.
template <class Value>
concept listable = !std::same_as<Value, bool>;

}  // namespace weir::detail
