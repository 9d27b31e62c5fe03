#include "weir/dsl/broadcast_process.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void throw_keyed_state_of_broadcast() {
  throw error(
      "weir: process_broadcast_element changed keyed state, but a broadcast record has no key; change it in "
      "process_element(...), or for every key in context.apply_to_keyed_state(f)");
}

}  // namespace weir::detail
