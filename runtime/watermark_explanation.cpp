#include "weir/runtime/watermark_explanation.hpp"

#include <algorithm>

#include "weir/runtime/job_execution.hpp"

namespace weir::detail {
namespace {

timestamp applied(const running_subtask& at) {
  return from_epoch_ms(at.context.metrics->watermark.load(std::memory_order_relaxed));
}

/// What those behind it see.
timestamp sent(const running_subtask& at) {
  const stage_metrics& metrics = *at.context.metrics;
  if (!metrics.gives_time || applied(at) == max_timestamp) return applied(at);
  return from_epoch_ms(metrics.given_watermark.load(std::memory_order_relaxed));
}

/// Nobody waits for it.
bool does_not_count(const running_subtask& at) {
  const time_standing standing = at.context.metrics->stands();
  return at.empty || standing == time_standing::idle || sent(at) == max_timestamp;
}

std::optional<timestamp> shown(timestamp watermark) {
  return watermark == min_timestamp ? std::nullopt : std::optional(watermark);
}

/// The operator that a stage is best known by: its last that has a uid, else its last.
std::size_t best_known(const stage& of) {
  std::size_t found = of.operators.empty() ? 0 : of.operators.size() - 1;
  for (std::size_t position = 0; position < of.operators.size(); ++position) {
    if (!of.operators[position].uid.empty()) found = position;
  }
  return found;
}

}  // namespace

std::vector<event_time_report> watermark_explanation::reports() const {
  std::vector<event_time_report> all;
  for (std::size_t stage = 0; stage < graph_.stages.size(); ++stage) all.push_back(report(stage));
  return all;
}

event_time_report watermark_explanation::report(std::size_t stage) const {
  const auto begin = subtasks_.begin() + static_cast<std::ptrdiff_t>(first_subtask_[stage]);
  const running_subtask* least = nullptr;
  for (auto each = begin; each != subtasks_.end() && each->stage_index == stage; ++each) {
    // One that no record reaches does not count among its kind, unless there is no other.
    if (least == nullptr || (does_not_count(*least) && !does_not_count(*each))) {
      least = &*each;
    } else if (does_not_count(*each) == does_not_count(*least) && applied(*each) < applied(*least)) {
      least = &*each;
    }
  }
  event_time_report made;
  made.ended = applied(*least) == max_timestamp || least->context.metrics->stands() == time_standing::ended;
  made.watermark = shown(applied(*least));
  made.still = since(least->context.metrics->watermark_at_ns.get());
  if (!made.ended) made.held_by = holder(*least);
  return made;
}

event_time_holder watermark_explanation::holder(const running_subtask& from) const {
  if (from.of->inputs.empty()) return source(from);
  const running_subtask* slowest = nullptr;
  for (const running_subtask* producer : from.producers) {
    if (does_not_count(*producer)) continue;
    if (slowest == nullptr || sent(*producer) < sent(*slowest)) slowest = producer;
  }
  if (slowest != nullptr && sent(*slowest) <= applied(from)) {
    if (!slowest->context.metrics->gives_time) return holder(*slowest);
    event_time_holder made = place(*slowest, slowest->of->operators.size() - 1);
    made.watermark = shown(sent(*slowest));
    made.still = since(slowest->context.metrics->given_at_ns.get());
    made.why = "the records that reach it carry no later times";
    made.release = "a record with a later time, or idle_after(...) at its event_time(...)";
    return made;
  }
  event_time_holder made = place(from, best_known(*from.of));
  if (slowest == nullptr) {
    made.why = "all its inputs are idle or have ended";
    made.release = "a record at one of its inputs, or their end";
  } else if (from.context.metrics->stands() == time_standing::backpressured) {
    made.why = "its output is full";
    made.release = "the stages behind it, which take records more slowly than they come";
  } else {
    made.why = "it has not worked through what its inputs have sent";
    made.release = "time, or more slots: its inputs are ahead of it";
  }
  return made;
}

event_time_holder watermark_explanation::source(const running_subtask& at) const {
  event_time_holder made = place(at, 0);
  const stage_metrics& metrics = *at.context.metrics;
  const std::uint64_t split = metrics.split.get();
  const split_assigner* const splits = splits_[at.stage_index];
  if (split != 0 && splits != nullptr) made.split = splits->path_of(split - 1);
  made.split_consumed = metrics.split_consumed.get();
  switch (metrics.stands()) {
    case time_standing::waiting:
      made.why = "it has nothing to read";
      made.release = "a record with a later time, the end of the input, or idle_after(...) at its event_time(...)";
      break;
    case time_standing::paused:
      made.why = "it is ahead of its alignment group and pauses";
      made.release = "the slowest split of the group, or a larger drift in align(...)";
      break;
    case time_standing::unopened:
      made.why = "files that nobody reads yet may hold any time";
      made.release = "the opening of the last file, or time_ordered() if later files hold later times";
      break;
    case time_standing::backpressured:
      made.why = "its output is full";
      made.release = "the stages behind it, which take records more slowly than it reads";
      break;
    case time_standing::idle:
      made.why = "it is idle, and so are all others";
      made.release = "a record, or the end of the input";
      break;
    case time_standing::untimed:
      made.why = "its records have no event time";
      made.release =
          "the end of the input; event_time(...) at its from(...), or assign_event_time behind it, gives them one";
      break;
    case time_standing::working:
    case time_standing::ended:
      made.why = "it is being read, and no other has come less far";
      made.release = "more of its records";
      break;
  }
  return made;
}

event_time_holder watermark_explanation::place(const running_subtask& at, std::size_t position) const {
  event_time_holder made;
  made.stage = at.stage_index + 1;
  if (position < at.of->operators.size()) {
    made.kind = at.of->operators[position].kind;
    made.uid = at.of->operators[position].uid;
  }
  made.subtask = at.index + 1;
  made.subtasks = at.context.parallelism;
  made.watermark = shown(applied(at));
  made.still = since(at.context.metrics->watermark_at_ns.get());
  return made;
}

std::chrono::nanoseconds watermark_explanation::since(std::uint64_t at_ns) const {
  const std::chrono::nanoseconds at = at_ns == 0 ? begun_ : std::chrono::nanoseconds{at_ns};
  return std::max(now_ - at, std::chrono::nanoseconds{0});
}

}  // namespace weir::detail
