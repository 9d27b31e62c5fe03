#pragma once
// A vector that costs a pointer while it is empty: the lists and maps that hang off state rows are made of it.
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weir/state/bucket_array.hpp"
#include "weir/state/counted_memory.hpp"

namespace weir::detail {

/// Contiguous elements in one allocation, size and capacity in front of them. No allocation where there is no element,
/// so emptying it frees its memory. Elements stay valid until the next change. Move-only. Its allocation is counted
/// (counted_memory.hpp).
template <class Element>
class slim_vector {
  static_assert(std::is_nothrow_move_constructible_v<Element>, "elements move when there are more of them");

 public:
  slim_vector() = default;
  slim_vector(slim_vector&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  slim_vector& operator=(slim_vector&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~slim_vector() { clear(); }

  bool empty() const noexcept { return block_ == nullptr; }
  /// Loads the first elements into the cache.
  void prefetch() const noexcept { prefetch_line(block_); }
  std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }

  Element* begin() noexcept { return block_ == nullptr ? nullptr : elements(block_); }
  Element* end() noexcept { return begin() + size(); }
  const Element* begin() const noexcept { return const_cast<slim_vector*>(this)->begin(); }
  const Element* end() const noexcept { return begin() + size(); }
  Element& operator[](std::size_t index) noexcept { return elements(block_)[index]; }
  const Element& operator[](std::size_t index) const noexcept { return begin()[index]; }

  /// The arguments may refer to an element.
  template <class... Arguments>
  Element& emplace_back(Arguments&&... arguments) {
    if (size() == capacity()) return emplace_back_growing(std::forward<Arguments>(arguments)...);
    Element* const made = ::new (static_cast<void*>(end())) Element(std::forward<Arguments>(arguments)...);
    ++block_->size;
    return *made;
  }

  void pop_back() noexcept {
    std::destroy_at(end() - 1);
    if (--block_->size == 0) clear();
  }

  /// Keeps the first `size` elements.
  void truncate(std::size_t size) noexcept {
    if (size >= this->size()) return;
    std::destroy(begin() + size, end());
    block_->size = size;
    if (size == 0) clear();
  }

  void clear() noexcept {
    if (block_ == nullptr) return;
    std::destroy(begin(), end());
    count_freed(bytes_for(block_->capacity));
    free(std::exchange(block_, nullptr));
  }

  /// Bytes on the heap, without what elements own there.
  std::size_t memory_bytes() const noexcept { return block_ == nullptr ? 0 : heap_bytes(bytes_for(block_->capacity)); }

 private:
  struct block {
    std::size_t size;
    std::size_t capacity;
  };
  static constexpr std::size_t alignment = alignof(Element) > alignof(block) ? alignof(Element) : alignof(block);
  static constexpr std::size_t first_at = (sizeof(block) + alignment - 1) / alignment * alignment;
  static constexpr std::size_t capacity_min = sizeof(Element) <= 16 ? 4 : sizeof(Element) <= 64 ? 2 : 1;

  static constexpr std::size_t bytes_for(std::size_t capacity) noexcept { return first_at + capacity * sizeof(Element); }

  static Element* elements(block* of) noexcept {
    return std::launder(reinterpret_cast<Element*>(reinterpret_cast<std::byte*>(of) + first_at));
  }

  static void* allocate(std::size_t bytes) {
    if constexpr (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      return ::operator new(bytes, std::align_val_t{alignment});
    } else {
      return ::operator new(bytes);
    }
  }
  static void free(block* unused) noexcept {
    if constexpr (alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(unused, std::align_val_t{alignment});
    } else {
      ::operator delete(unused);
    }
  }

  std::size_t capacity() const noexcept { return block_ == nullptr ? 0 : block_->capacity; }

  template <class... Arguments>
  [[gnu::noinline]] Element& emplace_back_growing(Arguments&&... arguments) {
    const std::size_t wanted = empty() ? capacity_min : 2 * block_->capacity;
    const auto release = [](block* unused) { free(unused); };
    std::unique_ptr<block, decltype(release)> grown(::new (allocate(bytes_for(wanted))) block{0, wanted});
    auto* const room = reinterpret_cast<Element*>(reinterpret_cast<std::byte*>(grown.get()) + first_at);
    Element* const made = ::new (static_cast<void*>(room + size())) Element(std::forward<Arguments>(arguments)...);
    std::uninitialized_move(begin(), end(), room);
    grown->size = size() + 1;
    clear();
    block_ = grown.release();
    count_allocated(bytes_for(wanted));
    return *made;
  }

  block* block_ = nullptr;
};

}  // namespace weir::detail
