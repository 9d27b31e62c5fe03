#pragma once
// A batch: what a channel carries. A contiguous run of records of one type, their event times and key hashes beside
// them where the stream has these, and marks (watermarks, idleness, end of input) between them. Batches are recycled:
// slots keep constructed records, which the producer assigns over, so that no memory crosses threads.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weir/core/arena.hpp"
#include "weir/core/owned.hpp"
#include "weir/runtime/record_meta.hpp"

namespace weir::detail {

enum class mark_kind : std::uint8_t { watermark, idle, active, barrier, end_of_input, stopped };

/// Control between records: it applies after the first `position` records of its batch.
struct mark {
  mark_kind kind;
  std::uint32_t position;
  timestamp time;  ///< the watermark; of a barrier the number of its checkpoint; unused by the other kinds
};

/// One optional column beside the records of a batch.
template <class Value, bool Present>
class batch_column {
 public:
  explicit batch_column(std::size_t capacity) : values_(new Value[capacity]) {}
  Value& operator[](std::size_t index) noexcept { return values_[index]; }
  Value* data() noexcept { return values_.get(); }

 private:
  std::unique_ptr<Value[]> values_;
};
template <class Value>
class batch_column<Value, false> {
 public:
  explicit batch_column(std::size_t) noexcept {}
  Value* data() noexcept { return nullptr; }
};

/// What is the same for batches of every type: their size, their marks and their place in a channel's lists. Channels
/// know no more of a batch than this.
class batch_base {
 public:
  static constexpr std::size_t marks_max = 8;

  batch_base(const batch_base&) = delete;
  batch_base& operator=(const batch_base&) = delete;
  virtual ~batch_base() = default;

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool full() const noexcept { return size_ == capacity_ || mark_count_ == marks_max; }
  bool empty() const noexcept { return size_ == 0 && mark_count_ == 0; }
  /// Bytes of the records, their times and hashes; not what strings own elsewhere.
  std::size_t bytes() const noexcept { return size_ * record_bytes_; }

  /// Puts a mark after the records appended so far. Watermarks with no record between them coalesce.
  /// Precondition: not full.
  void append_mark(mark_kind kind, timestamp time) noexcept {
    if (kind == mark_kind::watermark && mark_count_ > 0) {
      mark& last = marks_[mark_count_ - 1];
      if (last.kind == mark_kind::watermark && last.position == size_) {
        last.time = time;
        return;
      }
    }
    marks_[mark_count_++] = {kind, size_, time};
  }

  std::size_t mark_count() const noexcept { return mark_count_; }
  const mark& mark_at(std::size_t index) const noexcept { return marks_[index]; }

  /// Makes the batch empty for its next use.
  void clear() noexcept {
    clear_records();
    size_ = 0;
    mark_count_ = 0;
  }

  batch_base* next = nullptr;  ///< link in a channel's list of free batches

 protected:
  batch_base(std::size_t capacity, std::size_t record_bytes) noexcept
      : capacity_(static_cast<std::uint32_t>(capacity)), record_bytes_(static_cast<std::uint32_t>(record_bytes)) {}

  std::uint32_t size_ = 0;

 private:
  virtual void clear_records() noexcept = 0;

  std::uint32_t capacity_;
  std::uint32_t record_bytes_;
  std::uint32_t mark_count_ = 0;
  std::array<mark, marks_max> marks_;
};

/// Makes a batch of the type that an edge carries.
using batch_maker = std::unique_ptr<batch_base> (*)(std::size_t capacity);

struct no_arena {
  void clear() noexcept {}
};

template <class Element, columns Columns>
class batch final : public batch_base {
 public:
  using element_type = Element;
  using meta_type = record_meta<Columns>;
  static constexpr columns column_set = Columns;
  static constexpr std::size_t bytes_per_record =
      sizeof(Element) + (Columns.time ? sizeof(timestamp) : 0) + (Columns.hash ? sizeof(std::uint64_t) : 0);

  explicit batch(std::size_t capacity)
      : batch_base(capacity, bytes_per_record),
        records_(static_cast<Element*>(::operator new(capacity * sizeof(Element), std::align_val_t{alignment}))),
        times_(capacity),
        hashes_(capacity) {}

  ~batch() override {
    if constexpr (!std::is_trivially_destructible_v<Element>) std::destroy_n(records_, constructed_);
    ::operator delete(records_, std::align_val_t{alignment});
  }

  static std::unique_ptr<batch_base> make(std::size_t capacity) { return std::make_unique<batch>(capacity); }

  /// Precondition: fewer records than the capacity. Borrowed strings are copied into the batch's own arena.
  template <class Value>
  [[gnu::always_inline]] void append(Value&& value, const meta_type& meta) {
    Element* const slot = records_ + size_;
    if constexpr (std::is_trivially_copyable_v<Element>) {
      ::new (static_cast<void*>(slot)) Element(std::forward<Value>(value));
    } else if (size_ == constructed_) {
      ::new (static_cast<void*>(slot)) Element(std::forward<Value>(value));
      ++constructed_;
    } else if constexpr (std::is_assignable_v<Element&, Value&&>) {
      *slot = std::forward<Value>(value);
    } else if constexpr (assignable) {
      *slot = Element(std::forward<Value>(value));
    }
    if constexpr (has_borrowed<Element>) copy_borrowed(*slot, arena_);
    if constexpr (Columns.time) times_[size_] = meta.time;
    if constexpr (Columns.hash) hashes_[size_] = meta.hash;
    ++size_;
  }

  Element& record(std::size_t index) noexcept { return records_[index]; }

  /// For writers of trivially copyable records that fill the columns themselves and then say up to where. Columns that
  /// the batch has not are null.
  Element* records() noexcept { return records_; }
  timestamp* times() noexcept { return times_.data(); }
  std::uint64_t* hashes() noexcept { return hashes_.data(); }
  void set_size(std::size_t size) noexcept
    requires std::is_trivially_copyable_v<Element>
  {
    size_ = static_cast<std::uint32_t>(size);
  }

  [[gnu::always_inline]] meta_type meta(std::size_t index) noexcept {
    if constexpr (Columns.time && Columns.hash) {
      return {times_[index], hashes_[index]};
    } else if constexpr (Columns.time) {
      return {times_[index]};
    } else if constexpr (Columns.hash) {
      return {hashes_[index]};
    } else {
      return {};
    }
  }

 private:
  static constexpr bool assignable = std::is_trivially_copyable_v<Element> || std::is_move_assignable_v<Element>;
  static constexpr std::size_t alignment = alignof(Element) > 64 ? alignof(Element) : 64;

  // Records stay constructed, to be assigned over, where they can be.
  void clear_records() noexcept override {
    if constexpr (!assignable) std::destroy_n(records_, std::exchange(constructed_, 0));
    arena_.clear();
  }

  std::uint32_t constructed_ = 0;  // records that hold an object, spent or not; unused for trivially copyable ones
  Element* records_;
  [[no_unique_address]] batch_column<timestamp, Columns.time> times_;
  [[no_unique_address]] batch_column<std::uint64_t, Columns.hash> hashes_;
  [[no_unique_address]] std::conditional_t<has_borrowed<Element>, arena, no_arena> arena_;
};

}  // namespace weir::detail
