#pragma once
// Bytes that are appended a few at a time: what the codec writes the rows of a snapshot into, millions of them. A
// std::string costs a call for each append; this is inlined to a comparison and a store.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace weir {

/// Grows as needed and keeps its memory when it is cleared. Move-only.
class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  void push_back(char byte) {
    if (size_ == capacity_) [[unlikely]]
      grow(1);
    bytes_[size_++] = byte;
  }
  /// `bytes` may be null if there are none, and must not lie in the buffer.
  void append(const char* bytes, std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    if (count != 0) std::memcpy(bytes_.get() + size_, bytes, count);
    size_ += count;
  }
  void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }

  /// What a value of few bytes is written through: a pointer in a register.
  class cursor {
   public:
    explicit cursor(char* at) noexcept : at_(at) {}
    void push_back(char byte) noexcept { *at_++ = byte; }
    void append(const char* bytes, std::size_t count) noexcept {
      std::memcpy(at_, bytes, count);
      at_ += count;
    }
    char* at() const noexcept { return at_; }

   private:
    char* at_;
  };
  /// Appends what `write(cursor&)` writes, which is at most `most` bytes.
  template <class Write>
  void append_up_to(std::size_t most, Write&& write) {
    if (capacity_ - size_ < most) [[unlikely]]
      grow(most);
    cursor end(bytes_.get() + size_);
    write(end);
    size_ = static_cast<std::size_t>(end.at() - bytes_.get());
  }

  std::size_t size() const noexcept { return size_; }
  /// Valid until the next change.
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  void clear() noexcept { size_ = 0; }

 private:
  static constexpr std::size_t capacity_min = 1024;

  [[gnu::noinline]] void grow(std::size_t count) {
    const std::size_t capacity = std::max({capacity_min, 2 * capacity_, size_ + count});
    std::unique_ptr<char[]> grown(new char[capacity]);
    if (size_ != 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace weir
