#include "weir/web/job_figures.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "weir/core/timestamp.hpp"

namespace weir::detail {
namespace {

using json = nlohmann::ordered_json;

/// Paths and names may hold any bytes: those that are no UTF-8 are replaced.
std::string text_of(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

json json_of(const operator_report& operation) {
  return {{"kind", operation.kind},
          {"uid", operation.uid},
          {"records_in", operation.records_in},
          {"records_out", operation.records_out},
          {"late_records", operation.late_records},
          {"malformed_records", operation.malformed_records},
          {"failed_refreshes", operation.failed_refreshes},
          {"event_timers", operation.event_timers},
          {"processing_timers", operation.processing_timers},
          {"state_bytes", operation.state_bytes},
          {"spilled_bytes", operation.spilled_bytes}};
}

/// Null where none has come and behind the last one.
json watermark_of(const stage_report& stage) {
  const bool none = stage.watermark_ms == epoch_ms(min_timestamp) || stage.watermark_ms == epoch_ms(max_timestamp);
  return none ? json() : json(stage.watermark_ms);
}

json json_of(const stage_report& stage) {
  json operators = json::array();
  for (const operator_report& each : stage.operators) operators.push_back(json_of(each));
  return {{"name", stage.name},
          {"parallelism", stage.parallelism},
          {"watermark_ms", watermark_of(stage)},
          {"batches_in", stage.batches_in},
          {"batches_out", stage.batches_out},
          {"bytes_in", stage.bytes_in},
          {"bytes_out", stage.bytes_out},
          {"spilled_bytes", stage.spilled_bytes},
          {"busy_ms", milliseconds(stage.busy)},
          {"idle_ms", milliseconds(stage.idle)},
          {"backpressured_ms", milliseconds(stage.backpressured)},
          {"checkpoint_pause_max_ms", milliseconds(stage.checkpoint_pause_max)},
          {"operators", std::move(operators)}};
}

json json_of(const std::optional<timestamp>& watermark) { return watermark ? json(epoch_ms(*watermark)) : json(); }

json json_of(const event_time_holder& holder) {
  json split;
  if (!holder.split.empty()) split = {{"path", holder.split}, {"consumed", holder.split_consumed}};
  return {{"stage", holder.stage},
          {"kind", holder.kind},
          {"uid", holder.uid},
          {"subtask", holder.subtask},
          {"subtasks", holder.subtasks},
          {"split", std::move(split)},
          {"watermark_ms", json_of(holder.watermark)},
          {"still_ms", milliseconds(holder.still)},
          {"why", holder.why},
          {"release", holder.release}};
}

// ---- Prometheus -----------------------------------------------------------------------------------------------------

/// A label's value: backslash, quote and line feed are escaped.
std::string label_text(std::string_view text) {
  std::string escaped = "\"";
  for (const char each : text) {
    if (each == '\\' || each == '"') escaped += '\\';
    if (each == '\n') {
      escaped += "\\n";
    } else {
      escaped += each;
    }
  }
  return escaped + '"';
}

class metrics_text {
 public:
  explicit metrics_text(const std::string& job) : job_(label_text(job)) {}

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP weir_{} {}\n# TYPE weir_{} {}\n", name, help, name, type);
  }
  template <class Value>
  void add(const std::string& labels, Value value) {
    text_ += fmt::format("weir_{}{{job={}{}}} {}\n", name_, job_, labels, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string job_;
  std::string name_;
  std::string text_;
};

/// Calls `visitor(labels, operation)` for the operators that have a uid.
template <class Visitor>
void for_each_named(const job_report& report, Visitor&& visitor) {
  for (std::size_t stage = 0; stage < report.stages.size(); ++stage) {
    for (const operator_report& operation : report.stages[stage].operators) {
      if (operation.uid.empty()) continue;
      visitor(fmt::format(",stage=\"{}\",kind={},uid={}", stage + 1, label_text(operation.kind),
                          label_text(operation.uid)),
              operation);
    }
  }
}

/// Calls `visitor(labels, event_time)` for the stages whose event time may go on.
template <class Visitor>
void for_each_timed(const job_report& report, Visitor&& visitor) {
  for (std::size_t stage = 0; stage < report.stages.size(); ++stage) {
    const event_time_report& time = report.stages[stage].event_time;
    if (time.held_by) visitor(fmt::format(",stage=\"{}\"", stage + 1), time);
  }
}

}  // namespace

std::string json_of(const job_report& report, const std::string& state) {
  json last;
  if (report.last_checkpoint != 0) {
    last = {{"id", report.last_checkpoint},
            {"bytes", report.last_checkpoint_bytes},
            {"duration_ms", milliseconds(report.last_checkpoint_duration)}};
  }
  json stages = json::array();
  std::uint64_t state_bytes = 0;
  for (const stage_report& stage : report.stages) {
    for (const operator_report& each : stage.operators) state_bytes += each.state_bytes;
    stages.push_back(json_of(stage));
  }
  json memory = {{"budget_bytes", nullptr},
                 {"state_bytes", state_bytes},
                 {"in_flight_bytes_max", report.in_flight_bytes_max}};
  if (report.memory_budget != 0) memory["budget_bytes"] = report.memory_budget;
  return text_of(
      {{"name", report.name},
       {"state", state},
       {"duration_ms", milliseconds(report.duration)},
       {"checkpoints",
        {{"completed", report.checkpoints_completed}, {"failed", report.checkpoints_failed}, {"last", last}}},
       {"memory", std::move(memory)},
       {"stages", std::move(stages)},
       {"notes", report.notes}});
}

std::string json_of_watermarks(const job_report& report) {
  json stages = json::array();
  for (const stage_report& stage : report.stages) {
    const event_time_report& time = stage.event_time;
    stages.push_back({{"name", stage.name},
                      {"watermark_ms", time.ended ? json() : json_of(time.watermark)},
                      {"ended", time.ended},
                      {"still_ms", milliseconds(time.still)},
                      {"held_by", time.held_by ? json_of(*time.held_by) : json()}});
  }
  return text_of({{"stages", std::move(stages)}});
}

std::string json_of_list(const std::string& job, const std::string& state) {
  return text_of({{"jobs", json::array({{{"name", job}, {"state", state}}})}});
}

std::string json_of(const savepoint_report& taken) {
  return text_of({{"directory", taken.directory},
                  {"id", taken.id},
                  {"bytes", taken.bytes},
                  {"duration_ms", milliseconds(taken.duration)}});
}

std::string json_of_state(const std::string& state) { return text_of({{"state", state}}); }

std::string json_of_error(const std::string& sentence) { return text_of({{"error", sentence}}); }

std::string prometheus_text(const job_report& report) {
  metrics_text text(report.name);
  text.begin("up_seconds", "gauge", "Time since the process began to run the job.");
  text.add("", seconds(report.duration));
  text.begin("checkpoints_completed_total", "counter", "Complete checkpoints since the last restart.");
  text.add("", report.checkpoints_completed);
  text.begin("checkpoints_failed_total", "counter", "Checkpoints given up since the last restart.");
  text.add("", report.checkpoints_failed);
  text.begin("last_checkpoint_id", "gauge", "Number of the last complete checkpoint, 0 before the first.");
  text.add("", report.last_checkpoint);
  text.begin("last_checkpoint_bytes", "gauge", "Bytes of the last complete checkpoint.");
  text.add("", report.last_checkpoint_bytes);
  text.begin("last_checkpoint_seconds", "gauge",
             "From the request of the last complete checkpoint to its publication.");
  text.add("", seconds(report.last_checkpoint_duration));

  using operator_figure = std::uint64_t operator_report::*;
  struct described {
    std::string_view name;
    std::string_view help;
    operator_figure figure;
  };
  constexpr std::array<described, 5> figures{
      {{"records_in_total", "Records that an operator took.", &operator_report::records_in},
       {"records_out_total", "Records that an operator emitted.", &operator_report::records_out},
       {"late_records_total", "Records that no open window could take.", &operator_report::late_records},
       {"malformed_records_total", "Records that could not be read.", &operator_report::malformed_records},
       {"spilled_bytes_total", "What was written to disk for want of memory.", &operator_report::spilled_bytes}}};
  for (const described& each : figures) {
    text.begin(each.name, "counter", each.help);
    for_each_named(report, [&](const std::string& labels, const operator_report& operation) {
      text.add(labels, operation.*each.figure);
    });
  }

  text.begin("state_bytes", "gauge", "What the state of an operator takes in memory.");
  for_each_named(report, [&](const std::string& labels, const operator_report& operation) {
    text.add(labels, operation.state_bytes);
  });

  using stage_figure = std::chrono::nanoseconds stage_report::*;
  text.begin("stage_seconds_total", "counter", "What the subtasks of a stage spent their time on.");
  for (std::size_t stage = 0; stage < report.stages.size(); ++stage) {
    for (const auto& [what, figure] : {std::pair<const char*, stage_figure>{"busy", &stage_report::busy},
                                       {"idle", &stage_report::idle},
                                       {"backpressured", &stage_report::backpressured}}) {
      text.add(fmt::format(",stage=\"{}\",what=\"{}\"", stage + 1, what), seconds(report.stages[stage].*figure));
    }
  }

  text.begin("watermark_seconds", "gauge", "How far the event time of a stage has come, in seconds since 1970.");
  for_each_timed(report, [&](const std::string& labels, const event_time_report& time) {
    if (time.watermark) text.add(labels, static_cast<double>(epoch_ms(*time.watermark)) / 1e3);
  });
  text.begin("watermark_still_seconds", "gauge", "For how long the event time of a stage has not gone on.");
  for_each_timed(report, [&](const std::string& labels, const event_time_report& time) {
    text.add(labels, seconds(time.still));
  });
  text.begin("watermark_held_by", "gauge", "1 for what holds the event time of a stage back.");
  for_each_timed(report, [&](const std::string& labels, const event_time_report& time) {
    const event_time_holder& holder = *time.held_by;
    text.add(fmt::format("{},by_stage=\"{}\",kind={},uid={},subtask=\"{}\",split={},why={}", labels, holder.stage,
                         label_text(holder.kind), label_text(holder.uid), holder.subtask, label_text(holder.split),
                         label_text(holder.why)),
             1);
  });
  return text.take();
}

}  // namespace weir::detail
