#pragma once
// Measures a part of a running job: from the record number `first` of its source to the record number `last`.
#include <atomic>
#include <chrono>
#include <cstdint>

namespace weir::benchmarks {

inline std::int64_t steady_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// A generator calls `pass` for every record; with several slots from several threads.
class lap_watch {
 public:
  lap_watch(std::uint64_t first, std::uint64_t last) : first_(first), last_(last) {}

  [[gnu::always_inline]] void pass(std::uint64_t index) noexcept {
    if (index == first_) [[unlikely]]
      begun_.store(steady_ns(), std::memory_order_relaxed);
    if (index == last_) [[unlikely]]
      ended_.store(steady_ns(), std::memory_order_relaxed);
  }

  bool begun() const noexcept { return begun_.load(std::memory_order_relaxed) != 0; }
  double seconds() const noexcept { return 1e-9 * static_cast<double>(ended_.load() - begun_.load()); }

 private:
  std::uint64_t first_;
  std::uint64_t last_;
  std::atomic<std::int64_t> begun_{0};
  std::atomic<std::int64_t> ended_{0};
};

}  // namespace weir::benchmarks
