#include "weir/dsl/session_writer.hpp"

#include "weir/runtime/restored_snapshot.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::detail {

timestamp receivers_wait_from(std::string_view uid, const operator_restore& from) {
  timestamp highest = min_timestamp;
  for (const auto& [subtask, bytes] : from.whole().snapshot->parts_of(uid.substr(0, uid.find('\0')), "time")) {
    if (watermark_valve::leaves_one_behind_in(bytes)) return max_timestamp;
    highest = std::max(highest, watermark_valve::highest_in(bytes));
  }
  return highest;
}

}  // namespace weir::detail
