#include "weir/dsl/bounded_keys.hpp"

namespace weir::detail {

std::string bound_text(bounded_keys bound) { return "at most " + std::to_string(bound.most()) + " keys"; }

}  // namespace weir::detail
