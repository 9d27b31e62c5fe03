#include "weir/runtime/past_cache_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace weir::detail {
namespace {

/// Whether writes go past the cache from now on; false where that cannot be had.
bool set_past_cache(int descriptor, bool past) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && ::fcntl(descriptor, F_SETFL, past ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

}  // namespace

void past_cache_writer::freed::operator()(char* memory) const noexcept { std::free(memory); }

std::unique_ptr<past_cache_writer> past_cache_writer::begin(int descriptor) {
  if (!set_past_cache(descriptor, true)) return nullptr;
  try {
    return std::unique_ptr<past_cache_writer>(new past_cache_writer(descriptor));
  } catch (const std::bad_alloc&) {
  } catch (const std::system_error&) {  // no thread
  }
  set_past_cache(descriptor, false);
  return nullptr;
}

past_cache_writer::past_cache_writer(int descriptor) : descriptor_(descriptor) {
  for (auto& piece : memory_) {
    piece.reset(static_cast<char*>(std::aligned_alloc(alignment, piece_bytes)));
    if (piece == nullptr) throw std::bad_alloc();
  }
  thread_ = std::jthread([this] { run(); });
}

past_cache_writer::~past_cache_writer() { finish(); }

int past_cache_writer::append(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_ != 0) return failed_;
  }
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), piece_bytes - filled_bytes_);
    std::memcpy(memory_[handed_over_ % pieces].get() + filled_bytes_, bytes.data(), count);
    filled_bytes_ += count;
    bytes.remove_prefix(count);
    if (filled_bytes_ < piece_bytes) break;
    if (const int code = hand_over()) return code;
  }
  return 0;
}

/// Gives the full piece to the thread and waits until there is one to fill.
int past_cache_writer::hand_over() {
  std::unique_lock lock(mutex_);
  ++handed_over_;
  filled_bytes_ = 0;
  changed_.notify_all();
  changed_.wait(lock, [this] { return handed_over_ - written_ < pieces || failed_ != 0; });
  return failed_;
}

int past_cache_writer::finish() {
  if (std::exchange(finished_, true)) return failed_;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
  set_past_cache(descriptor_, false);
  if (failed_ == 0) failed_ = write_all({memory_[handed_over_ % pieces].get(), filled_bytes_});
  return failed_;
}

void past_cache_writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || written_ < handed_over_; });
    if (written_ == handed_over_) return;
    const std::string_view piece(memory_[written_ % pieces].get(), piece_bytes);
    lock.unlock();
    const int code = write_all(piece);
    lock.lock();
    ++written_;
    failed_ = code;
    changed_.notify_all();
    if (code != 0) return;
  }
}

int past_cache_writer::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    const int code = errno;
    if (code == EINTR) continue;
    // It may also mean that the file system wants another alignment, or has taken a part of a piece before.
    const bool is_past_cache = (::fcntl(descriptor_, F_GETFL) & O_DIRECT) != 0;
    if (code == EINVAL && is_past_cache && set_past_cache(descriptor_, false)) continue;
    return code;
  }
  return 0;
}

}  // namespace weir::detail
