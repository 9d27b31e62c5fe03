#include "weir/runtime/checkpoint_mailbox.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t buffer_bytes = checkpoint_mailbox::block_bytes + checkpoint_mailbox::block_bytes / 4;

/// Its memory is touched: the first touch of a page can take 5 ms where a virtual machine's host has to find it first.
std::string make_touched_buffer() {
  std::string buffer(buffer_bytes, '\0');
  buffer.clear();
  return buffer;
}

}  // namespace

void checkpoint_mailbox::put(checkpoint_message&& message) {
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_.fetch_add(message.block.bytes.size(), std::memory_order_relaxed);
    messages_.push_back(std::move(message));
  }
  coordinator_.notify();
}

std::string checkpoint_mailbox::take_buffer() {
  {
    const std::lock_guard lock(mutex_);
    if (!buffers_.empty()) {
      std::string buffer = std::move(buffers_.back());
      buffers_.pop_back();
      return buffer;
    }
  }
  std::string buffer;
  buffer.reserve(buffer_bytes);
  return buffer;
}

void checkpoint_mailbox::keep_ready() {
  const std::size_t count = std::min(buffers_ready, buffers_max_);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (buffers_.size() >= count) return;
    }
    give_back(make_touched_buffer());
  }
}

void checkpoint_mailbox::request(checkpoint_id id, bool stop) {
  keep_ready();
  if (stop) stop_with_.store(id, std::memory_order_release);
  requested_.store(id, std::memory_order_release);
  if (wake_) wake_();
}

std::optional<checkpoint_message> checkpoint_mailbox::take() {
  std::optional<checkpoint_message> taken;
  std::size_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return taken;
    taken = std::move(messages_.front());
    messages_.pop_front();
    before = queued_bytes_.fetch_sub(taken->block.bytes.size(), std::memory_order_relaxed);
  }
  const bool more_to_come = taken->block.bytes.size() >= block_bytes;
  if (more_to_come) keep_ready();
  if (before >= queued_bytes_max_ && has_room() && wake_) wake_();
  return taken;
}

void checkpoint_mailbox::give_back(std::string&& buffer) {
  if (buffer.capacity() < block_bytes || buffer.capacity() > 2 * block_bytes) return;
  buffer.clear();
  const std::lock_guard lock(mutex_);
  if (buffers_.size() < buffers_max_) buffers_.push_back(std::move(buffer));
}

bool checkpoint_mailbox::empty() const {
  const std::lock_guard lock(mutex_);
  return messages_.empty();
}

}  // namespace weir::detail
