#include "weir/runtime/watermark_strategy.hpp"

namespace weir::detail {

void refuse_other_strategy() {
  throw error(
      "the snapshot holds what another watermark strategy has kept; restore it with the strategy as it was, whose "
      "listed members are the same, or begin anew without --restore");
}

}  // namespace weir::detail
