// What SIGUSR1 prints (dsl/job.hpp).
#include <fmt/format.h>

#include <chrono>

#include "weir/core/format_value.hpp"
#include "weir/dsl/job.hpp"

namespace weir {
namespace {

std::string text_of(const std::optional<timestamp>& watermark) {
  return watermark ? format_timestamp(epoch_ms(*watermark)) : "no watermark";
}

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::string name_of(const event_time_holder& holder) {
  const std::string kind = holder.kind.empty() ? "the exchange" : holder.kind;
  std::string name = holder.uid.empty() ? kind : fmt::format("{}<\"{}\">", kind, holder.uid);
  name += fmt::format(" in stage {}, subtask {} of {}", holder.stage, holder.subtask, holder.subtasks);
  if (!holder.split.empty()) name += fmt::format(", split {} after {}", holder.split, holder.split_consumed);
  return name;
}

}  // namespace

std::string explain_watermark(const job_report& report) {
  std::string text;
  for (std::size_t stage = 0; stage < report.stages.size(); ++stage) {
    const event_time_report& time = report.stages[stage].event_time;
    text += fmt::format("job '{}', stage {} '{}': ", report.name, stage + 1, report.stages[stage].name);
    if (!time.held_by) {
      text += "event time has ended\n";
      continue;
    }
    text += fmt::format("{} for {:.1f} s\n", text_of(time.watermark), seconds(time.still));
    const event_time_holder& holder = *time.held_by;
    text += fmt::format("  held by {}: {} for {:.1f} s, because {}\n", name_of(holder), text_of(holder.watermark),
                        seconds(holder.still), holder.why);
    text += fmt::format("  released by {}\n", holder.release);
  }
  return text;
}

}  // namespace weir
