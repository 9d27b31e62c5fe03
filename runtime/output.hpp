#pragma once
// The producer's end of a channel: the batch being filled, and the spill that takes what one user call emits beyond
// the channel's room. A stage takes no input while any of its outputs is spilling, so a spill never grows by more
// than one call's own fan-out.
#include <deque>
#include <utility>

#include "weir/runtime/channel.hpp"
#include "weir/runtime/metrics.hpp"

namespace weir::detail {

template <class Batch>
class output {
 public:
  output(channel<Batch>& target, stage_metrics& metrics)
      : channel_(&target), open_(target.take_empty()), metrics_(&metrics) {}

  template <class Value>
  [[gnu::always_inline]] void append(Value&& value, const typename Batch::meta_type& meta) {
    open_->append(std::forward<Value>(value), meta);
    if (open_->full()) [[unlikely]] send_open();
  }

  void append_mark(mark_kind kind, timestamp time) {
    open_->append_mark(kind, time);
    if (open_->full()) send_open();
  }

  /// Records in a batch at most.
  std::size_t batch_records() const noexcept { return open_->capacity(); }

  /// Whether a step's worth of output fits: nothing spilled, and room for one batch beside the open one.
  bool ready() {
    while (!spill_.empty() && channel_->has_room()) {
      send(spill_.front());
      spill_.pop_front();
    }
    return spill_.empty() && channel_->has_room();
  }

  bool spilling() const noexcept { return !spill_.empty(); }

  bool has_open_records() const noexcept { return !open_->empty(); }

  /// Sends what is there although the batch is not full. Returns false when the channel has no room for it.
  bool flush() {
    if (!ready()) return open_->empty() && spill_.empty();
    if (!open_->empty()) send_open();
    return true;
  }

  /// Whether the consumer has taken everything sent: a part-filled batch would be read at once.
  bool consumer_waits() const { return !channel_->has_batch(); }

 private:
  [[gnu::noinline]] void send_open() {
    if (spill_.empty() && channel_->has_room()) {
      send(open_);
    } else {
      spill_.push_back(open_);
      metrics_->spilled_batches.add(1);
    }
    open_ = channel_->take_empty();
  }

  void send(Batch* filled) {
    metrics_->batches_out.add(1);
    metrics_->bytes_out.add(filled->size() * Batch::bytes_per_record);
    channel_->send(filled);
  }

  channel<Batch>* channel_;
  Batch* open_;
  std::deque<Batch*> spill_;
  stage_metrics* metrics_;
};

}  // namespace weir::detail
