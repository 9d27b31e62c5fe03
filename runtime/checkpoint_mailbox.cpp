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

/// More than wait as a rule.
constexpr std::size_t messages_expected = 256;

}  // namespace

checkpoint_mailbox::checkpoint_mailbox() {
  put_in_.reserve(messages_expected);
  taken_out_.reserve(messages_expected);
}

void checkpoint_mailbox::put(checkpoint_message&& message) {
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_.fetch_add(message.block.bytes.size(), std::memory_order_relaxed);
    put_in_.push_back(std::move(message));
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
  if (next_ == taken_out_.size()) {
    taken_out_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    taken_out_.swap(put_in_);
  }
  if (taken_out_.empty()) return std::nullopt;
  std::optional<checkpoint_message> taken = std::move(taken_out_[next_++]);
  const std::size_t before = queued_bytes_.fetch_sub(taken->block.bytes.size(), std::memory_order_relaxed);
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
  if (next_ < taken_out_.size()) return false;
  const std::lock_guard lock(mutex_);
  return put_in_.empty();
}

}  // namespace weir::detail
