#pragma once
// The hand-over between two slots: a single-producer single-consumer ring of batch pointers with cached indices on
// separate cache lines, and a list on which spent batches return.
#include <atomic>
#include <cstdint>
#include <memory>

#include "weir/runtime/channel.hpp"

namespace weir::detail {

class spsc_channel final : public channel {
 public:
  spsc_channel(const channel_config& config, batch_maker make)
      : capacity_(config.capacity),
        ring_(new batch_base*[config.capacity]),
        pool_(config, make) {}

  bool has_batch() const override {
    return head_.load(std::memory_order_relaxed) != tail_.load(std::memory_order_acquire);
  }

  bool has_room() const override {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ < capacity_) return true;
    head_seen_ = head_.load(std::memory_order_acquire);
    return tail - head_seen_ < capacity_;
  }

  batch_base* take_empty() override {
    if (free_ == nullptr) collect_returned();
    if (free_ == nullptr) return pool_.make();
    batch_base* const taken = free_;
    free_ = taken->next;
    return taken;
  }

  void send(batch_base* filled) override {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    ring_[tail % capacity_] = filled;
    tail_.store(tail + 1, std::memory_order_release);
    if (consumer_ != nullptr) consumer_->notify();
  }

  batch_base* receive() override {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return nullptr;
    }
    batch_base* const oldest = ring_[head % capacity_];
    head_.store(head + 1, std::memory_order_release);
    return oldest;
  }

  void give_back(batch_base* spent) override {
    spent->clear();
    batch_base* expected = returned_.load(std::memory_order_relaxed);
    do {
      spent->next = expected;
    } while (!returned_.compare_exchange_weak(expected, spent, std::memory_order_release, std::memory_order_relaxed));
    if (producer_ != nullptr) producer_->notify();
  }

 private:
  // The producer takes the whole list at once, so that a batch cannot come back to the head unseen (no ABA).
  void collect_returned() {
    batch_base* list = returned_.exchange(nullptr, std::memory_order_acquire);
    while (list != nullptr) {
      batch_base* const rest = list->next;
      if (!pool_.discard(list)) {
        list->next = free_;
        free_ = list;
      }
      list = rest;
    }
  }

  const std::size_t capacity_;
  const std::unique_ptr<batch_base*[]> ring_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;  // the consumer's
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  mutable std::uint64_t head_seen_ = 0;  // the producer's
  batch_base* free_ = nullptr;                // the producer's
  batch_pool pool_;               // the producer's
  alignas(64) std::atomic<batch_base*> returned_{nullptr};
};

}  // namespace weir::detail
