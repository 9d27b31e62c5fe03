#pragma once
// The sentence for a function that tries to change broadcast state elsewhere than in process_broadcast_element
// (broadcast_map_state.hpp, and the context of process). A header of its own, which weir.hpp includes before others, so
// that the compiler lists few files before it.

namespace weir::detail {

template <class State>
struct broadcast_state_is_read_only {
  static_assert(
      sizeof(State) == 0,
      "weir: broadcast state is changed by broadcast records only; in process_broadcast_element(record, context, "
      "out) write context.write(state).put(key, value)");
};

}  // namespace weir::detail
