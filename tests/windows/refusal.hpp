#pragma once
// What a refused description says.
#include <string>

#include "weir/core/error.hpp"

namespace weir::testing {

/// The sentence that `make` throws; empty if it throws none.
template <class Make>
std::string refusal(Make make) {
  try {
    make();
  } catch (const weir::error& refused) {
    return refused.what();
  }
  return "";
}

}  // namespace weir::testing
