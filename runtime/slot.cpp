#include "weir/runtime/slot.hpp"

#include <algorithm>

namespace weir::detail {
namespace {

constexpr std::chrono::nanoseconds spin_max{30'000};             // waking a sleeper takes as long
constexpr int looks_per_poll = 32;                               // about a microsecond
constexpr std::chrono::nanoseconds poll_pause_min{50'000};       // after input that cannot notify has run dry
constexpr std::chrono::nanoseconds poll_pause_max{2'000'000};    // the same, after a long while
constexpr std::chrono::nanoseconds sleep_max{50'000'000};        // a stop request is seen after this at the latest

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void slot::run() {
  next_flush_ = clock_.monotonic() + buffer_timeout_;
  for (;;) {
    if (execution_.failed()) return;
    if (execution_.stop_requested() && !stopped_) stop_all();
    if (execution_.drain_requested() && !drained_) drain_all();
    const round_result result = step_all();
    if (result == round_result::done) return;
    const std::chrono::nanoseconds now = clock_.monotonic();
    if (result == round_result::progress) {
      last_progress_ = now;
      poll_pause_ = poll_pause_min;
      if (now >= next_flush_) {
        flush_all(flush_reason::timeout);
        next_flush_ = now + buffer_timeout_;
      }
      continue;
    }
    flush_all(flush_reason::idle);
    if (!anything_runnable()) wait(now);
  }
}

slot::round_result slot::step_all() {
  bool progress = false;
  bool all_done = true;
  std::chrono::nanoseconds before = clock_.monotonic();
  for (auto subtask = subtasks_.rbegin(); subtask != subtasks_.rend(); ++subtask) {
    stage_metrics& metrics = *(*subtask)->context.metrics;
    metrics.step_begun_ns.set(static_cast<std::uint64_t>(before.count()));
    const step_status status = execution_.step(**subtask);
    metrics.step_begun_ns.set(0);
    if (status == step_status::done) continue;
    all_done = false;
    progress = progress || status == step_status::progress;
    const std::chrono::nanoseconds after = clock_.monotonic();
    const auto spent = static_cast<std::uint64_t>((after - before).count());
    switch (status) {
      case step_status::progress: metrics.busy_ns.add(spent); break;
      case step_status::idle: metrics.idle_ns.add(spent); break;
      case step_status::backpressured: metrics.backpressured_ns.add(spent); break;
      case step_status::done: break;
    }
    before = after;
  }
  if (all_done) return round_result::done;
  return progress ? round_result::progress : round_result::nothing;
}

void slot::flush_all(flush_reason reason) {
  for (running_subtask* subtask : subtasks_) {
    if (subtask->task->holds_output()) execution_.flush(*subtask, reason);
  }
}

void slot::stop_all() {
  stopped_ = true;
  for (running_subtask* subtask : subtasks_) subtask->task->stop();
}

void slot::drain_all() {
  drained_ = true;
  for (running_subtask* subtask : subtasks_) subtask->task->drain();
}

bool slot::anything_runnable() const {
  return std::any_of(subtasks_.begin(), subtasks_.end(), [](const auto* subtask) { return subtask->task->runnable(); });
}

void slot::wait(std::chrono::nanoseconds now) {
  if (spin_ && now - last_progress_ < spin_max) {
    for (int look = 0; look < looks_per_poll && !anything_runnable(); ++look) relax();
    return;
  }
  std::chrono::nanoseconds timeout = sleep_max;
  const bool holds = std::any_of(subtasks_.begin(), subtasks_.end(),
                                 [](const auto* subtask) { return subtask->task->holds_output(); });
  if (holds) {
    if (next_flush_ <= now) {
      flush_all(flush_reason::timeout);
      next_flush_ = now + buffer_timeout_;
    }
    timeout = std::min(timeout, next_flush_ - now);
  }
  const bool polls = std::any_of(subtasks_.begin(), subtasks_.end(),
                                 [](const auto* subtask) { return subtask->task->polls(); });
  if (polls) {
    poll_pause_ = std::clamp(poll_pause_ * 2, poll_pause_min, poll_pause_max);
    timeout = std::min(timeout, poll_pause_);
  }
  auto next_timer = processing_clock::time_point::max();
  for (running_subtask* subtask : subtasks_) next_timer = std::min(next_timer, subtask->task->next_timer());
  if (next_timer != processing_clock::time_point::max()) {
    const auto until = next_timer - clock_.now();
    if (until <= std::chrono::milliseconds{0}) return;
    if (until < sleep_max) timeout = std::min<std::chrono::nanoseconds>(timeout, until);
  }
  parker_.wait(timeout, [this] { return anything_runnable() || execution_.failed(); });
  const std::chrono::nanoseconds woken = clock_.monotonic();
  for (running_subtask* subtask : subtasks_) {
    subtask->context.metrics->idle_ns.add(static_cast<std::uint64_t>((woken - now).count()));
  }
}

}  // namespace weir::detail
