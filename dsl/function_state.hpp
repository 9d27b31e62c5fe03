#pragma once
// The operator state of a process function in its subtask: opens the function when its lists are there, puts them into
// snapshots and takes them up again. Both process operators hold one beside their function.
#include <string>
#include <string_view>
#include <utility>

#include "weir/dsl/open_context.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/operator_state.hpp"
#include "weir/state/state_conversion.hpp"

namespace weir::detail {

/// Throws snapshot_damaged if the operator state of a subtask has `rest` behind it.
void require_end_of_operator_state(std::string_view rest, const operator_restore& from);

/// Calls `open` of a function that has it, after `prepare()`.
template <class Function, class Prepare>
void open_function(Function& function, const open_context& context, Prepare&& prepare) {
  if constexpr (requires { function.open(context); }) {
    prepare();
    function.open(context);
  } else if constexpr (requires { function.open(); }) {
    prepare();
    function.open();
  }
}

inline open_context open_context_of(const subtask_context& subtask) noexcept {
  return {.subtask = subtask.subtask, .parallelism = subtask.parallelism, .restored = subtask.restored != nullptr};
}

/// Opens a function when its operator begins, or, where its lists are about to be restored, behind that.
template <class Function, class Prepare>
void begin_function(Function& function, const operator_context& context, Prepare&& prepare) {
  if constexpr (has_operator_states<Function>) {
    attach_operator_states(function);
    if (context.subtask.restored != nullptr) return;
  }
  open_function(function, open_context_of(context.subtask), prepare);
}

/// At a barrier, and at the end of a subtask: the lists as they are now are copied.
template <class Function>
void put_operator_states(const Function& function, const operator_snapshot& out) {
  std::string bytes;
  encode_operator_states(function, bytes);
  out.part(std::string(operator_state_name), std::move(bytes));
}

/// Gives a function its share of the lists in a snapshot, those of older code converted, and opens it.
template <class Function, class Prepare>
void restore_function(Function& function, const operator_restore& from, Prepare&& prepare) {
  operator_state_share<Function> share(from.subtask(), from.parallelism(), from.old_parallelism());
  std::string converted;
  for (const auto& [old_subtask, bytes] : from.parts(operator_state_name)) {
    std::string_view in = bytes;
    if (from.conversion() != nullptr) {
      converted.clear();
      from.conversion()->convert_operator_states(in, converted);
      require_end_of_operator_state(in, from);
      in = converted;
    }
    share.take(function, old_subtask, in);
    require_end_of_operator_state(in, from);
  }
  open_function(function, {.subtask = from.subtask(), .parallelism = from.parallelism(), .restored = true}, prepare);
}

}  // namespace weir::detail
