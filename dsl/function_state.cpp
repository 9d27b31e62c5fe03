#include "weir/dsl/function_state.hpp"

#include "weir/state/snapshot_block.hpp"

namespace weir::detail {

void require_end_of_operator_state(std::string_view rest, const operator_restore& from) {
  if (rest.empty()) return;
  throw snapshot_damaged(from.directory() + " is damaged: the operator state of a subtask holds more bytes than its lists "
                         "take; restore an older checkpoint");
}

}  // namespace weir::detail
