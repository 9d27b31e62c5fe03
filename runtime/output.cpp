#include "weir/runtime/output.hpp"

#include <algorithm>

#include "weir/runtime/memory_budget.hpp"

namespace weir::detail {

bool output::ready() {
  while (!spill_.empty() && channel_->has_room()) send_spilled();
  return spill_.empty() && channel_->has_room();
}

bool output::flush() {
  if (!ready()) return open_->empty() && spill_.empty();
  if (!open_->empty()) send_open();
  return true;
}

void output::send_open() {
  const bool spills = !spill_.empty() || !channel_->has_room();
  const std::size_t bytes = open_->bytes();
  if (spills) {
    spill_.push_back(open_);
    metrics_->spilled_batches.add(1);
  } else {
    send(open_);
  }
  open_ = channel_->take_empty();
  if (spills && !count_spilled(bytes, 0)) throw memory_exceeded();
}

void output::send_spilled() {
  batch_base* const oldest = spill_.front();
  static_cast<void>(count_spilled(0, oldest->bytes()));
  spill_.pop_front();
  send(oldest);
}

/// False if the job has no room for what was added.
bool output::count_spilled(std::size_t added, std::size_t taken) {
  const std::size_t before = metrics_->spilled_bytes.get();
  const std::size_t now = before + added - taken;
  metrics_->spilled_bytes.set(now);
  return memory_ == nullptr || memory_->change(before, now);
}

void output::send(batch_base* filled) {
  metrics_->batches_out.add(1);
  metrics_->bytes_out.add(filled->bytes());
  channel_->send(filled);
}

output_set::output_set() = default;
output_set::output_set(const output_set&) = default;
output_set::output_set(output_set&&) noexcept = default;
output_set::~output_set() = default;

void output_set::open(operator_context& context, std::size_t port) {
  for (const auto& edge : context.subtask.outputs[port]) {
    for (channel* target : edge) {
      outputs_.emplace_back(*target, *context.subtask.metrics, context.subtask.memory);
      batch_records_ = std::min(batch_records_, outputs_.back().batch_records());
    }
  }
}

bool output_set::ready() {
  bool all = true;
  for (auto& out : outputs_) all = out.ready() && all;
  return all;
}

bool output_set::spilling() const {
  return std::any_of(outputs_.begin(), outputs_.end(), [](const output& out) { return out.spilling(); });
}

bool output_set::holds_output() const {
  return std::any_of(outputs_.begin(), outputs_.end(), [](const output& out) { return !out.is_empty(); });
}

void output_set::mark(mark_kind kind, timestamp time) {
  for (auto& out : outputs_) {
    out.append_mark(kind, time);
    // Nothing stands behind a barrier in its batch, so that a consumer that aligns holds whole batches back.
    if (kind == mark_kind::barrier && !out.is_empty()) out.send_open();
  }
}

bool output_set::flush(flush_reason reason) {
  bool all = true;
  for (auto& out : outputs_) {
    if (reason == flush_reason::idle && !out.consumer_waits()) continue;
    all = out.flush() && all;
  }
  return all;
}

}  // namespace weir::detail
