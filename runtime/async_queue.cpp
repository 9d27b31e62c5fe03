#include "weir/runtime/async_queue.hpp"

#include <utility>

namespace weir::detail {

void async_queue::add(std::shared_ptr<async_call> call) {
  call->number = end();
  call_bytes_ += call->bytes;
  items_.push_back({std::move(call), {}});
}

void async_queue::add_mark(const valve_output& mark) {
  marks_.push_back(end());
  items_.push_back({nullptr, mark});
}

async_call* async_queue::admit() {
  while (can_admit()) {
    const item& next = at(admitted_);
    ++admitted_;
    ++in_use_;
    if (next.call != nullptr) return next.call.get();
  }
  return nullptr;
}

async_call* async_queue::find(std::uint64_t number) noexcept {
  return number < first_ || number >= end() ? nullptr : at(number).call.get();
}

void async_queue::complete(async_call& call) {
  cancel_timers(call);
  call.done = true;
  if (!ordered_ && (marks_.empty() || call.number < marks_.front())) ready_.push_back(call.number);
}

const async_queue::item* async_queue::next() const noexcept {
  if (!ready_.empty()) return &at(ready_.front());
  if (items_.empty() || first_ >= admitted_) return nullptr;
  const item& oldest = items_.front();
  if (oldest.call == nullptr) return &oldest;
  return ordered_ && oldest.call->done ? &oldest : nullptr;
}

void async_queue::pop() {
  const bool is_oldest = ready_.empty();
  item& leaving = is_oldest ? items_.front() : at(ready_.front());
  const bool is_mark = leaving.call == nullptr;
  if (!is_mark) call_bytes_ -= leaving.call->bytes;
  leaving.call.reset();
  leaving.left = true;
  --in_use_;
  if (!is_oldest) ready_.pop_front();
  while (!items_.empty() && items_.front().left) {
    items_.pop_front();
    ++first_;
  }
  if (!is_mark) return;
  marks_.pop_front();
  if (!ordered_) make_ready_up_to_next_mark();
}

void async_queue::make_ready_up_to_next_mark() {
  const std::uint64_t stop = marks_.empty() ? end() : marks_.front();
  for (std::uint64_t number = first_; number < stop; ++number) {
    if (at(number).call != nullptr && at(number).call->done) ready_.push_back(number);
  }
}

void async_queue::clear() {
  first_ = admitted_ = end();
  in_use_ = 0;
  call_bytes_ = 0;
  items_.clear();
  marks_.clear();
  ready_.clear();
  timers_.clear();
}

void async_queue::time_out_at(async_call& call, processing_clock::time_point when) {
  call.timeout_at = when;
  timers_.emplace(when, call.number, timer_kind::timeout);
}

void async_queue::retry_at(async_call& call, processing_clock::time_point when) {
  call.waits_for_retry = true;
  call.retry_at = when;
  timers_.emplace(when, call.number, timer_kind::retry);
}

void async_queue::cancel_retry(async_call& call) {
  timers_.erase({call.retry_at, call.number, timer_kind::retry});
  call.waits_for_retry = false;
}

void async_queue::cancel_timers(async_call& call) {
  timers_.erase({call.timeout_at, call.number, timer_kind::timeout});
  cancel_retry(call);
}

processing_clock::time_point async_queue::next_timer() const noexcept {
  return timers_.empty() ? processing_clock::time_point::max() : std::get<0>(*timers_.begin());
}

async_call* async_queue::due(processing_clock::time_point now, timer_kind& kind) {
  if (next_timer() > now) return nullptr;
  const auto [when, number, which] = *timers_.begin();
  timers_.erase(timers_.begin());
  kind = which;
  return find(number);
}

}  // namespace weir::detail
