#include "weir/runtime/blocks_ahead.hpp"

#include <utility>

namespace weir::detail {

blocks_ahead::blocks_ahead(snapshot_reader reader, std::vector<const block_place*> places, helper_starter start)
    : reader_(std::move(reader)), helpers_reader_(reader_.clone()), places_(std::move(places)) {
  std::uint64_t bytes = 0;
  for (const block_place* const each : places_) bytes += each->bytes;
  if (start == nullptr || bytes < helped_bytes_min || places_.size() < 2) return;
  blocks_.resize(blocks_max);
  helper_ = start([this] { run(); });
  helped_ = helper_ != nullptr;
}

blocks_ahead::~blocks_ahead() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  helper_.reset();
}

const snapshot_block* blocks_ahead::next() {
  if (next_ == places_.size()) return nullptr;
  const std::size_t number = next_++;
  if (!helped_) return read_here(number);
  std::unique_lock lock(mutex_);
  released_ = number;
  const bool is_begun = number < begun_;
  if (!is_begun) ++begun_;
  changed_.notify_all();
  if (is_begun) changed_.wait(lock, [&] { return reading_ != number; });
  if (is_begun && failed_ != number) return &place_for(number);
  lock.unlock();
  return read_here(number);
}

/// Of a block that the helper could not read: the same exception, where it is caught.
const snapshot_block* blocks_ahead::read_here(std::size_t number) {
  reader_.read_into(*places_[number], own_block_);
  return &own_block_;
}

void blocks_ahead::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || begun_ == places_.size() || begun_ < released_ + blocks_max; });
    if (ending_ || begun_ == places_.size()) return;
    const std::size_t number = reading_ = begun_++;
    lock.unlock();
    bool is_read = true;
    try {
      helpers_reader_.read_into(*places_[number], place_for(number));
    } catch (...) {
      is_read = false;
    }
    lock.lock();
    reading_ = none;
    if (!is_read) failed_ = number;
    changed_.notify_all();
    if (!is_read) return;
  }
}

}  // namespace weir::detail
