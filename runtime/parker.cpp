#include "weir/runtime/parker.hpp"

#include <condition_variable>
#include <mutex>

namespace weir::detail {

struct parker::bed {
  std::mutex mutex;
  std::condition_variable wake;
};

parker::parker() : bed_(std::make_unique<bed>()) {}
parker::~parker() = default;

void parker::wake() noexcept {
  {
    const std::lock_guard lock(bed_->mutex);
    asleep_.exchange(0, std::memory_order_acq_rel);
  }
  bed_->wake.notify_one();
}

void parker::sleep(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(bed_->mutex);
  bed_->wake.wait_for(lock, timeout, [this] { return asleep_.load(std::memory_order_acquire) == 0; });
}

}  // namespace weir::detail
