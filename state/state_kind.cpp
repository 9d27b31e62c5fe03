#include "weir/state/state_kind.hpp"

#include <string>

#include "weir/core/error.hpp"

namespace weir::detail {

void throw_no_value(std::string_view state_name) {
  throw error("weir: state '" + std::string(state_name) +
              "' has no value for this key; ask has_value() first, or use value_or(...)");
}

void throw_state_without_subtask() {
  throw error(
      "weir: an operator_list_state was filled that belongs to no running subtask; list it in "
      "BOOST_HANA_DEFINE_STRUCT, and fill it in open() or process(...), not before the job starts");
}

void throw_broadcast_state_unlisted() {
  throw error("weir: context.write(state) of a broadcast_map_state that no snapshot would hold; list it in "
              "BOOST_HANA_DEFINE_STRUCT of the function");
}

void throw_damaged_row(std::string_view what) {
  throw error("weir: a row of state cannot be read: it holds " + std::string(what) +
              "; the bytes are damaged or belong to another function");
}

}  // namespace weir::detail
