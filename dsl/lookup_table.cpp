#include "weir/dsl/lookup_table.hpp"

#include <limits>

#include "weir/core/error.hpp"

namespace weir::detail {

table_refresh::table_refresh(std::string operation, std::string table,
                             std::optional<std::chrono::milliseconds> interval)
    : operation_(std::move(operation)), table_(std::move(table)), interval_(interval) {}

std::string table_refresh::job_ended(job_outcome) {
  const std::lock_guard lock(failures_mutex_);
  if (failures_ == 0) return {};
  return operation_ + ": " + table_ + " could not be read again " + std::to_string(failures_) +
         (failures_ == 1 ? " time" : " times") + ", and the older table stayed in use; the last time: " + last_failure_;
}

void table_refresh::throw_not_loaded(const std::string& reason) const {
  throw error(operation_ + ": the table " + table_ + " cannot be read: " + reason);
}

void table_refresh::schedule(processing_clock::time_point now) noexcept {
  const auto next =
      interval_ ? (now + *interval_).time_since_epoch().count() : std::numeric_limits<std::int64_t>::max();
  next_ms_.store(next, std::memory_order_relaxed);
}

void table_refresh::note_failure(const std::string& reason) {
  const std::lock_guard lock(failures_mutex_);
  ++failures_;
  last_failure_ = reason;
}

void throw_table_without_end(const std::string& position) {
  throw error(position + ": the source waits for more input, and a table needs all its rows at once; give a file");
}

void require_refresh_interval(std::chrono::milliseconds interval) {
  if (interval > std::chrono::milliseconds::zero()) return;
  throw error("weir: refresh_every(" + std::to_string(interval.count()) +
              "ms): a table cannot be read so often; give a time of more than 0, or leave refresh_every out");
}

}  // namespace weir::detail
