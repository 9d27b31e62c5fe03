#pragma once
// What may be asked of a running job: a savepoint, which is a snapshot that the user owns, and how to stop.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace weir {

/// What becomes of open windows and timers when a job is stopped before the end of its input.
enum class stop_mode : std::uint8_t {
  keep_open,  ///< no final watermark: they stay in the last checkpoint, from which the job can go on
  drain       ///< the final watermark is sent and all of them fire; the rest of the input counts as read
};

/// A savepoint that was taken.
struct savepoint_report {
  std::string directory;
  std::uint64_t id = 0;     ///< of the checkpoint with the same content
  std::uint64_t bytes = 0;  ///< written to the directory
  std::chrono::nanoseconds duration{0};
};

namespace detail {

struct savepoint_request {
  std::string directory;            ///< new or empty
  std::optional<stop_mode> stop{};  ///< the job stops with this savepoint; it goes on if none can be begun
  /// Called once, by any thread and perhaps before the request returns; `failure` is a sentence, empty on success.
  std::function<void(const savepoint_report& taken, const std::string& failure)> done;
};

}  // namespace detail
}  // namespace weir
