#pragma once
// The hand-over between two slots: a single-producer single-consumer ring of batch pointers with cached indices on
// separate cache lines, and a list on which spent batches return.
#include <atomic>
#include <cstdint>
#include <memory>

#include "weir/runtime/channel.hpp"

namespace weir::detail {

template <class Batch>
class spsc_channel final : public channel<Batch> {
 public:
  explicit spsc_channel(const channel_config& config)
      : capacity_(config.capacity),
        ring_(new Batch*[config.capacity]),
        pool_(config.batch_records, config.capacity + 2) {}

  bool has_batch() const override {
    return head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_acquire);
  }

  bool has_room() const override {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ < capacity_) return true;
    head_seen_ = head_.load(std::memory_order_acquire);
    return tail - head_seen_ < capacity_;
  }

  Batch* take_empty() override {
    if (free_ == nullptr) collect_returned();
    if (free_ == nullptr) return pool_.make();
    Batch* const taken = free_;
    free_ = taken->next;
    return taken;
  }

  void send(Batch* filled) override {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    ring_[tail % capacity_] = filled;
    tail_.store(tail + 1, std::memory_order_release);
    if (this->consumer_ != nullptr) this->consumer_->notify();
  }

  Batch* receive() override {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return nullptr;
    }
    Batch* const oldest = ring_[head % capacity_];
    head_.store(head + 1, std::memory_order_release);
    return oldest;
  }

  void give_back(Batch* spent) override {
    spent->clear();
    Batch* expected = returned_.load(std::memory_order_relaxed);
    do {
      spent->next = expected;
    } while (!returned_.compare_exchange_weak(expected, spent, std::memory_order_release, std::memory_order_relaxed));
    if (this->producer_ != nullptr) this->producer_->notify();
  }

 private:
  // The producer takes the whole list at once, so that a batch cannot come back to the head unseen (no ABA).
  void collect_returned() {
    Batch* list = returned_.exchange(nullptr, std::memory_order_acquire);
    while (list != nullptr) {
      Batch* const rest = list->next;
      if (!pool_.discard(list)) {
        list->next = free_;
        free_ = list;
      }
      list = rest;
    }
  }

  const std::size_t capacity_;
  const std::unique_ptr<Batch*[]> ring_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;  // the consumer's
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  mutable std::uint64_t head_seen_ = 0;  // the producer's
  Batch* free_ = nullptr;                // the producer's
  batch_pool<Batch> pool_;               // the producer's
  alignas(64) std::atomic<Batch*> returned_{nullptr};
};

}  // namespace weir::detail
