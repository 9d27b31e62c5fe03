#include "weir/windows/approx_quantiles.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void refuse_wrong_quantiles(const std::vector<double>& quantiles) {
  if (quantiles.empty()) {
    throw error("weir: approx_quantiles(...) is asked for no quantile; name some, as in {0.5, 0.99}");
  }
  for (const double each : quantiles) {
    if (!(each >= 0 && each <= 1)) {
      throw error("weir: approx_quantiles(...): " + std::to_string(each) + " is no quantile; give numbers from 0 to 1");
    }
  }
}

}  // namespace weir::detail
