#pragma once
// A place for strings that live exactly as long as a batch: decoded escapes, copies of borrowed bytes.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/sanitizer.hpp"

namespace weir {

/// A bump allocator for bytes. Stored views stay valid until `clear` or destruction, also when the arena is moved.
/// Blocks double from 4 KiB to 1 MiB and are kept by `clear`; strings above a quarter MiB get a block of their own,
/// which `clear` gives back. Under the address sanitizer `clear` poisons, so that a stale view is reported.
class arena {
 public:
  arena() = default;
  arena(arena&& other) noexcept { swap(other); }
  arena& operator=(arena&& other) noexcept {
    arena(std::move(other)).swap(*this);
    return *this;
  }

  /// Copies `bytes` and returns the copy.
  std::string_view store(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* place = allocate(bytes.size());
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }

  /// `size` uninitialised bytes.
  char* allocate(std::size_t size) {
    if (size > static_cast<std::size_t>(limit_ - next_)) return allocate_elsewhere(size);
    detail::unpoison(next_, size);
    bytes_used_ += size;
    return std::exchange(next_, next_ + size);
  }

  /// Returns the tail of the latest allocation: the `size` bytes at `unused` were not needed.
  void give_back(const char* unused, std::size_t size) {
    bytes_used_ -= size;
    if (unused + size != next_) return;  // it had a block of its own
    next_ -= size;
    detail::poison(next_, size);
  }

  /// Forgets all stored bytes and keeps the blocks.
  void clear() {
    for (const block& each : blocks_) detail::poison(each.bytes.get(), each.size);
    large_.clear();
    bytes_used_ = 0;
    bytes_large_ = 0;
    current_ = 0;
    next_ = blocks_.empty() ? nullptr : blocks_.front().bytes.get();
    limit_ = blocks_.empty() ? nullptr : next_ + blocks_.front().size;
  }

  /// Bytes handed out since the last `clear`.
  std::size_t bytes_used() const noexcept { return bytes_used_; }

  /// Bytes held from the heap, for the memory budget.
  std::size_t bytes_reserved() const noexcept { return bytes_in_blocks_ + bytes_large_; }

  void swap(arena& other) noexcept {
    std::swap(blocks_, other.blocks_);
    std::swap(large_, other.large_);
    std::swap(current_, other.current_);
    std::swap(next_, other.next_);
    std::swap(limit_, other.limit_);
    std::swap(bytes_used_, other.bytes_used_);
    std::swap(bytes_in_blocks_, other.bytes_in_blocks_);
    std::swap(bytes_large_, other.bytes_large_);
  }

 private:
  static constexpr std::size_t block_bytes_min = 4 << 10;
  static constexpr std::size_t block_bytes_max = 1 << 20;
  static constexpr std::size_t large_bytes = block_bytes_max / 4;

  /// Unpoisons what it frees: the allocator reuses the memory.
  struct free_block {
    std::size_t size = 0;
    void operator()(char* bytes) const {
      detail::unpoison(bytes, size);
      delete[] bytes;
    }
  };
  using owned_bytes = std::unique_ptr<char[], free_block>;
  struct block {
    owned_bytes bytes;
    std::size_t size = 0;
  };

  static block make_block(std::size_t size) { return {owned_bytes(new char[size], free_block{size}), size}; }

  char* allocate_elsewhere(std::size_t size) {
    if (size > large_bytes) {
      large_.push_back(make_block(size));
      bytes_large_ += size;
      bytes_used_ += size;
      return large_.back().bytes.get();
    }
    std::size_t chosen = next_ == nullptr ? 0 : current_ + 1;
    while (chosen < blocks_.size() && blocks_[chosen].size < size) ++chosen;
    if (chosen >= blocks_.size()) {
      std::size_t wanted = blocks_.empty() ? block_bytes_min : std::min(2 * blocks_.back().size, block_bytes_max);
      while (wanted < size) wanted *= 2;
      blocks_.push_back(make_block(wanted));
      bytes_in_blocks_ += wanted;
      detail::poison(blocks_.back().bytes.get(), wanted);
    }
    current_ = chosen;
    next_ = blocks_[chosen].bytes.get();
    limit_ = next_ + blocks_[chosen].size;
    return allocate(size);
  }

  std::vector<block> blocks_;
  std::vector<block> large_;
  std::size_t current_ = 0;  ///< the block that `next_` and `limit_` point into
  char* next_ = nullptr;
  char* limit_ = nullptr;
  std::size_t bytes_used_ = 0;
  std::size_t bytes_in_blocks_ = 0;
  std::size_t bytes_large_ = 0;
};

}  // namespace weir
