#include "weir/runtime/async_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"

namespace weir::detail {

std::chrono::milliseconds retry_schedule::after(std::uint32_t attempts) const {
  auto wait = static_cast<double>(delay.count());
  const auto most = static_cast<double>(std::max(delay, delay_max).count());
  for (std::uint32_t attempt = 1; attempt < attempts && wait < most; ++attempt) wait *= multiplier;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(wait, most))};
}

async_calls::async_calls(const async_settings& settings, std::string uid)
    : settings_(settings), uid_(std::move(uid)), queue_(settings.ordered, settings.capacity) {}

bool async_calls::work(processing_clock::time_point now) {
  now_ = now;
  bool worked = empty_mailbox();
  if (resume_delayed()) {
    empty_mailbox();
    worked = true;
  }
  worked = look_at_futures() || worked;
  worked = fire_timers() || worked;
  return start() || worked;
}

bool async_calls::start() {
  bool started = false;
  while (async_call* const next = queue_.admit()) {
    if (settings_.timeout.count() > 0) queue_.time_out_at(*next, now_ + settings_.timeout);
    begin_next_attempt(*next);
    started = true;
  }
  return started;
}

processing_clock::time_point async_calls::next_timer() const noexcept {
  return delayed_.empty() ? queue_.next_timer() : std::min(queue_.next_timer(), delayed_.begin()->first);
}

bool async_calls::empty_mailbox() {
  if (mailbox_->empty()) return false;
  async_mailbox::contents come = mailbox_->take();
  for (delayed_task& each : come.delayed) delayed_.emplace(now_ + each.delay, std::move(each.task));
  for (const auto& outcome : come.outcomes) {
    async_call* const call = queue_.find(outcome->number);
    if (call == nullptr || call->done) continue;
    // Of an attempt only the first completion counts, and none behind a timeout but what was done about that.
    const std::uint32_t awaited = call->timed_out ? 0 : call->attempts;
    if (outcome->attempt == awaited && !call->waits_for_retry) conclude(*call, *outcome);
  }
  return true;
}

bool async_calls::resume_delayed() {
  bool resumed = false;
  while (!delayed_.empty() && delayed_.begin()->first <= now_) {
    suspended_task due = std::move(delayed_.extract(delayed_.begin()).mapped());
    std::move(due).resume();
    resumed = true;
  }
  return resumed;
}

bool async_calls::fire_timers() {
  bool fired = false;
  async_queue::timer_kind kind{};
  while (async_call* const call = queue_.due(now_, kind)) {
    fired = true;
    if (kind == async_queue::timer_kind::timeout) {
      time_out(*call);
    } else {
      begin_next_attempt(*call);
    }
  }
  return fired;
}

void async_calls::begin_next_attempt(async_call& call) {
  call.waits_for_retry = false;
  ++call.attempts;
  begin(call);
}

void async_calls::time_out(async_call& call) {
  if (!settings_.handles_timeout) {
    throw error(
        fmt::format("async_map \"{}\": the call for an element had no result after {} ms and {} attempt{}; give "
                    "it more time with .timeout(d), or say with .timeout(d, handler) what counts instead",
                    uid_, settings_.timeout.count(), call.attempts, call.attempts == 1 ? "" : "s"));
  }
  queue_.cancel_timers(call);
  call.timed_out = true;
  handle_timeout(call);
}

void async_calls::conclude(async_call& call, async_outcome& outcome) {
  const bool may_retry = !ended_ && !call.timed_out && call.attempts < settings_.retry.attempts_max;
  if (may_retry && wants_retry(outcome)) {
    queue_.retry_at(call, now_ + settings_.retry.after(call.attempts));
    return;
  }
  if (outcome.failure) std::rethrow_exception(outcome.failure);
  keep_results(call, outcome);
  queue_.complete(call);
}

void async_calls::end_input() {
  ended_ = true;
  std::vector<async_call*> waiting;
  queue_.for_each([&](const async_queue::item& each) {
    if (each.call != nullptr && each.call->waits_for_retry) waiting.push_back(each.call.get());
  });
  for (async_call* const each : waiting) {
    queue_.cancel_retry(*each);
    begin_next_attempt(*each);
  }
}

void async_calls::close() {
  mailbox_->close();
  delayed_.clear();
}

}  // namespace weir::detail
