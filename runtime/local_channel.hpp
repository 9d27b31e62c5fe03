#pragma once
// The hand-over between two stages of one slot: no thread, no atomics, only a pointer put down and taken up again.
#include <deque>

#include "weir/runtime/channel.hpp"

namespace weir::detail {

template <class Batch>
class local_channel final : public channel<Batch> {
 public:
  explicit local_channel(const channel_config& config)
      : capacity_(config.capacity), pool_(config.batch_records, config.capacity + 2) {}

  bool has_batch() const override { return !this->held_ && !queue_.empty(); }
  bool has_room() const override { return queue_.size() < capacity_; }

  Batch* take_empty() override {
    if (free_ == nullptr) return pool_.make();
    Batch* const taken = free_;
    free_ = taken->next;
    return taken;
  }

  void send(Batch* filled) override { queue_.push_back(filled); }

  Batch* receive() override {
    if (this->held_ || queue_.empty()) return nullptr;
    Batch* const oldest = queue_.front();
    queue_.pop_front();
    return oldest;
  }

  void give_back(Batch* spent) override {
    if (pool_.discard(spent)) return;
    spent->clear();
    spent->next = free_;
    free_ = spent;
  }

 private:
  std::size_t capacity_;
  std::deque<Batch*> queue_;
  Batch* free_ = nullptr;
  batch_pool<Batch> pool_;
};

}  // namespace weir::detail
