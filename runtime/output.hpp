#pragma once
// The producer's end of a channel: the batch being filled, and the spill that takes what one user call emits beyond
// the channel's room. A stage takes no input while any of its outputs is spilling, so a spill never grows by more
// than one call's own fan-out.
#include <cstddef>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "weir/runtime/channel.hpp"
#include "weir/runtime/metrics.hpp"
#include "weir/runtime/operator.hpp"

namespace weir::detail {

class output {
 public:
  /// What spills counts for `memory`; null: there is no budget.
  output(channel& target, stage_metrics& metrics, memory_budget* memory)
      : channel_(&target), open_(target.take_empty()), metrics_(&metrics), memory_(memory) {}

  /// `Batch` must be the type that the channel carries.
  template <class Batch, class Value>
  [[gnu::always_inline]] void append(Value&& value, const typename Batch::meta_type& meta) {
    auto* const open = static_cast<Batch*>(open_);
    open->append(std::forward<Value>(value), meta);
    if (open->full()) [[unlikely]] send_open();
  }

  void append_mark(mark_kind kind, timestamp time) {
    open_->append_mark(kind, time);
    if (open_->full()) send_open();
  }

  /// The batch being filled, for a writer that fills it directly: it then calls `send_if_full` or `send_open`.
  batch_base& open_batch() noexcept { return *open_; }
  void send_if_full() {
    if (open_->full()) send_open();
  }
  /// Throws memory_exceeded if the batch spills and the job has no room for it.
  void send_open();

  /// Records in a batch at most.
  std::size_t batch_records() const noexcept { return open_->capacity(); }

  /// Whether a step's worth of output fits: nothing spilled, and room for one batch beside the open one.
  bool ready();

  bool spilling() const noexcept { return !spill_.empty(); }

  bool is_empty() const noexcept { return open_->empty(); }

  /// Sends what is there although the batch is not full. Returns false when the channel has no room for it.
  bool flush();

  /// Whether the consumer has taken everything sent: a part-filled batch would be read at once.
  bool consumer_waits() const { return !channel_->has_batch(); }

 private:
  void send(batch_base* filled);
  void send_spilled();
  bool count_spilled(std::size_t added, std::size_t taken);

  channel* channel_;
  batch_base* open_;
  std::deque<batch_base*> spill_;
  stage_metrics* metrics_;
  memory_budget* memory_;
};

/// The outputs of one port: a batch open for every target of every edge that leaves it.
class output_set {
 public:
  output_set();
  output_set(const output_set&);
  output_set(output_set&&) noexcept;
  output_set& operator=(const output_set&) = delete;
  ~output_set();

  void open(operator_context& context, std::size_t port);

  /// Records in the smallest batch of these outputs; very many where there are none.
  std::size_t batch_records() const noexcept { return batch_records_; }

  std::size_t size() const noexcept { return outputs_.size(); }
  output& operator[](std::size_t index) noexcept { return outputs_[index]; }

  bool ready();
  bool spilling() const;
  bool holds_output() const;
  void mark(mark_kind kind, timestamp time);
  bool flush(flush_reason reason);

 private:
  std::vector<output> outputs_;
  std::size_t batch_records_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace weir::detail
