#pragma once
// Many stacks that fill and empty in turn and share their memory: the buckets of timer_queue.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace weir::detail {

/// Room for some values, and what lies below it in its stack. About a KiB: few enough bytes for a stack of one value,
/// enough that nearly all steps go from one value to its neighbour.
template <class Value>
struct chunk {
  static constexpr std::size_t wanted = (1024 - sizeof(void*)) / sizeof(Value);
  static constexpr std::uint32_t capacity = wanted < 16 ? 16 : static_cast<std::uint32_t>(wanted);

  void* room(std::uint32_t index) noexcept { return bytes + index * sizeof(Value); }
  Value& operator[](std::uint32_t index) noexcept { return *std::launder(static_cast<Value*>(room(index))); }

  chunk* below = nullptr;
  alignas(Value) std::byte bytes[capacity * sizeof(Value)];
};

/// Lends chunks to stacks. It keeps as many for later as are lent, and a few.
template <class Value>
class chunk_pool {
 public:
  chunk_pool() = default;
  chunk_pool(chunk_pool&&) = delete;
  ~chunk_pool() {
    while (spare_ != nullptr) delete std::exchange(spare_, spare_->below);
  }

  chunk<Value>* take() {
    if (spare_ == nullptr) {
      chunk<Value>* const made = new chunk<Value>;
      ++lent_;
      return made;
    }
    --spares_;
    ++lent_;
    return std::exchange(spare_, spare_->below);
  }

  void give_back(chunk<Value>* unused) noexcept {
    --lent_;
    if (spares_ > lent_ + spares_min) {
      delete unused;
      return;
    }
    ++spares_;
    unused->below = std::exchange(spare_, unused);
  }

  std::size_t memory_bytes() const noexcept { return (lent_ + spares_) * sizeof(chunk<Value>); }

  void swap(chunk_pool& other) noexcept {
    std::swap(spare_, other.spare_);
    std::swap(spares_, other.spares_);
    std::swap(lent_, other.lent_);
  }

 private:
  static constexpr std::size_t spares_min = 16;

  chunk<Value>* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::size_t lent_ = 0;
};

/// A stack whose values never move while they are in it. All chunks below the top one are full. Its chunks come from
/// the pool that is handed in, always the same one.
template <class Value>
class chunked_stack {
 public:
  using pool_type = chunk_pool<Value>;
  static constexpr std::uint32_t chunk_values = chunk<Value>::capacity;

  chunked_stack() = default;
  chunked_stack(chunked_stack&& other) noexcept { swap(other); }
  chunked_stack& operator=(chunked_stack&& other) noexcept {
    chunked_stack(std::move(other)).swap(*this);
    return *this;
  }
  /// Frees its chunks; the pool does not hear of it and must not be asked for its size any more.
  ~chunked_stack() {
    while (top_ != nullptr) {
      destroy_values();
      delete std::exchange(top_, top_->below);
      size_ = chunk_values;
    }
  }

  bool empty() const noexcept { return top_ == nullptr; }
  Value& top() noexcept { return (*top_)[size_ - 1]; }
  const Value& top() const noexcept { return (*top_)[size_ - 1]; }

  /// All values, the top one last, if they lie in one chunk.
  bool has_one_chunk() const noexcept { return top_ != nullptr && top_->below == nullptr; }
  Value* begin_of_chunk() noexcept { return &(*top_)[0]; }
  std::uint32_t size_of_chunk() const noexcept { return size_; }

  /// The value `distance` below the top of a stack that is not empty, or null; distance <= chunk_values.
  const Value* below_top(std::uint32_t distance) const noexcept {
    if (distance < size_) return &(*top_)[size_ - 1 - distance];
    return top_->below == nullptr ? nullptr : &(*top_->below)[chunk_values + size_ - 1 - distance];
  }

  [[gnu::always_inline]] void push(pool_type& pool, Value&& value) {
    if (size_ == chunk_values) add_chunk(pool);
    ::new (top_->room(size_)) Value(std::move(value));
    ++size_;
  }

  void pop(pool_type& pool) noexcept {
    std::destroy_at(&top());
    if (--size_ == 0) drop_chunk(pool);
  }

  /// Calls `visitor(Value&&)` for all values and removes them. Those of one chunk come in the order in which they were
  /// pushed.
  template <class Visitor>
  void drain(pool_type& pool, Visitor&& visitor) {
    drain_chunks(pool, [&](chunk<Value>& from, std::uint32_t size) {
      for (std::uint32_t i = 0; i < size; ++i) visitor(std::move(from[i]));
    });
  }

  /// Keeps the values for which `is_kept(const Value&)` is true. Values of a stack with one chunk keep their order.
  /// `look_ahead(const Value&)` is called for each a little earlier.
  template <class IsKept, class LookAhead>
  void keep_if(pool_type& pool, IsKept&& is_kept, LookAhead&& look_ahead) {
    chunked_stack kept;
    drain_chunks(pool, [&](chunk<Value>& from, std::uint32_t size) {
      for (std::uint32_t i = 0; i < size; ++i) look_ahead(std::as_const(from[i]));
      for (std::uint32_t i = 0; i < size; ++i) {
        if (is_kept(std::as_const(from[i]))) kept.push(pool, std::move(from[i]));
      }
    });
    swap(kept);
  }

  void swap(chunked_stack& other) noexcept {
    std::swap(top_, other.top_);
    std::swap(size_, other.size_);
  }

 private:
  template <class Visitor>
  void drain_chunks(pool_type& pool, Visitor&& visitor) {
    while (top_ != nullptr) {
      visitor(*top_, size_);
      destroy_values();
      drop_chunk(pool);
    }
  }

  void destroy_values() noexcept { std::destroy_n(&(*top_)[0], size_); }

  [[gnu::noinline]] void add_chunk(pool_type& pool) {
    chunk<Value>* const added = pool.take();
    added->below = std::exchange(top_, added);
    size_ = 0;
  }

  void drop_chunk(pool_type& pool) noexcept {
    pool.give_back(std::exchange(top_, top_->below));
    size_ = chunk_values;
  }

  chunk<Value>* top_ = nullptr;
  std::uint32_t size_ = chunk_values;  ///< values in the top chunk: never 0; as if full while there is none
};

}  // namespace weir::detail
