#pragma once
// The hand-over between two stages of one slot: no thread, no atomics, only a pointer put down and taken up again.
#include <deque>

#include "weir/runtime/channel.hpp"

namespace weir::detail {

class local_channel final : public channel {
 public:
  local_channel(const channel_config& config, batch_maker make)
      : capacity_(config.capacity), pool_(config, make) {}

  bool has_batch() const override { return !held_ && !queue_.empty(); }
  bool has_room() const override { return queue_.size() < capacity_; }

  batch_base* take_empty() override {
    if (free_ == nullptr) return pool_.make();
    batch_base* const taken = free_;
    free_ = taken->next;
    return taken;
  }

  void send(batch_base* filled) override { queue_.push_back(filled); }

  batch_base* receive() override {
    if (held_ || queue_.empty()) return nullptr;
    batch_base* const oldest = queue_.front();
    queue_.pop_front();
    return oldest;
  }

  void give_back(batch_base* spent) override {
    if (pool_.discard(spent)) return;
    spent->clear();
    spent->next = free_;
    free_ = spent;
  }

 private:
  std::size_t capacity_;
  std::deque<batch_base*> queue_;
  batch_base* free_ = nullptr;
  batch_pool pool_;
};

}  // namespace weir::detail
