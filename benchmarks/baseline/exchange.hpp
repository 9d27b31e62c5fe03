#pragma once
// A hand-over between two threads as one writes it with the standard library: a bounded queue of batches behind a mutex
// and two condition variables. Vectors are swapped in and out, so that nothing is allocated after the start, and
// notifications go out without the lock.
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::benchmarks {

template <std::size_t Bytes>
struct exchanged_record {
  std::uint64_t key;
  std::array<std::uint64_t, Bytes / 8 - 1> values;
};

/// Record `index` of the measurement.
template <std::size_t Bytes>
[[gnu::always_inline]] inline exchanged_record<Bytes> make_exchanged(std::uint64_t index) {
  exchanged_record<Bytes> made;
  made.key = index * 0x9e3779b97f4a7c15U;
  for (auto& value : made.values) value = index;
  return made;
}

struct add_exchanged {
  template <std::size_t Bytes>
  [[gnu::always_inline]] constexpr std::uint64_t operator()(std::uint64_t sum, const exchanged_record<Bytes>& r) const {
    return sum + (r.key ^ r.values.back());
  }
  constexpr std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }
};

template <class Record>
class locked_queue {
 public:
  locked_queue(std::size_t capacity, std::size_t batch_records) : batches_(capacity) {
    for (auto& batch : batches_) batch.reserve(batch_records);
  }

  /// Takes a full batch and leaves an empty one.
  void push(std::vector<Record>& batch) {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [this] { return size_ < batches_.size(); });
      batches_[(first_ + size_++) % batches_.size()].swap(batch);
    }
    filled_.notify_one();
  }

  /// Leaves the oldest batch in exchange for a spent one; false once the queue is closed and empty.
  bool pop(std::vector<Record>& batch) {
    batch.clear();
    {
      std::unique_lock lock(mutex_);
      filled_.wait(lock, [this] { return size_ > 0 || closed_; });
      if (size_ == 0) return false;
      batches_[first_].swap(batch);
      first_ = (first_ + 1) % batches_.size();
      --size_;
    }
    room_.notify_one();
    return true;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable room_;
  std::vector<std::vector<Record>> batches_;  // a ring
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
};

/// Sends `count` records from one thread to another, which adds them up.
template <std::size_t Bytes>
[[gnu::noinline]] std::uint64_t hand_exchange(std::size_t count, std::size_t capacity, std::size_t batch_records) {
  using record = exchanged_record<Bytes>;
  locked_queue<record> queue(capacity, batch_records);
  std::thread producer([&] {
    std::vector<record> batch;
    batch.reserve(batch_records);
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back(make_exchanged<Bytes>(i));
      if (batch.size() == batch_records) queue.push(batch);
    }
    if (!batch.empty()) queue.push(batch);
    queue.close();
  });
  std::vector<record> batch;
  batch.reserve(batch_records);
  std::uint64_t sum = 0;
  while (queue.pop(batch)) {
    for (const record& each : batch) sum = add_exchanged{}(sum, each);
  }
  producer.join();
  return sum;
}

}  // namespace weir::benchmarks
