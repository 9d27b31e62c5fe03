#pragma once
// The memory that lines are views of: a large block with readable padding behind it, counted by those who still look at
// it, so that a reader can recycle it as soon as nobody does.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace weir {

/// A block of bytes. It is held through `block_handle` only.
struct line_block {
  /// Bytes behind `capacity` that may always be read; their content does not matter.
  static constexpr std::size_t padding_bytes = 64;

  explicit line_block(std::size_t size) : capacity(size), bytes(new char[size + padding_bytes]{}) {}

  std::size_t capacity;
  std::unique_ptr<char[]> bytes;
  std::atomic<std::uint32_t> holders{0};
};

/// Keeps a block, and so every line in it, valid. Copies may be released on any thread.
class block_handle {
 public:
  block_handle() = default;
  explicit block_handle(std::size_t capacity) : block_(new line_block(capacity)) { block_->holders = 1; }
  block_handle(const block_handle& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  block_handle(block_handle&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  block_handle& operator=(block_handle other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~block_handle() {
    if (block_ != nullptr && block_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete block_;
  }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  char* bytes() const noexcept { return block_->bytes.get(); }
  std::size_t capacity() const noexcept { return block_->capacity; }

  /// True if no other handle refers to the block: it may be overwritten.
  bool sole() const noexcept { return block_->holders.load(std::memory_order_acquire) == 1; }

 private:
  line_block* block_ = nullptr;
};

}  // namespace weir
