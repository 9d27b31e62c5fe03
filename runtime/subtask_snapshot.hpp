#pragma once
// A subtask's share of a checkpoint: what its operators write into, and how far it has got. At a barrier the operators
// put in their small state and mark their tables; the tables are then copied slice by slice between batches, while
// what a record is about to change is put in before (see state/keyed_table.hpp).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/byte_buffer.hpp"
#include "weir/core/clock.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/metrics.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {

class subtask_snapshot;

/// Rows of one table, one after the other.
class table_slice {
 public:
  table_slice(subtask_snapshot& whole, std::size_t position, std::string_view name)
      : whole_(whole), position_(position), name_(name) {}

  /// `append(byte_buffer&)` appends key and state; `rows_in_group()` says how many rows the key group has. Rows of
  /// small tables share blocks.
  template <class RowsInGroup, class Append>
  void row(std::uint32_t key_group, RowsInGroup&& rows_in_group, Append&& append);

 private:
  subtask_snapshot& whole_;
  std::size_t position_;
  std::string_view name_;
  std::uint32_t key_group_ = mixed_key_groups;  // of the last row
};

/// What one operator writes its share into.
class operator_snapshot {
 public:
  /// Of no operator: to be assigned.
  operator_snapshot() = default;
  operator_snapshot(subtask_snapshot& whole, std::size_t position) : whole_(&whole), position_(position) {}

  /// Small state of this subtask as one blob.
  void part(std::string name, std::string bytes) const;

  /// Rows of the table `name`, which outlives what is returned. One slice at a time.
  table_slice slice(std::string_view name) const { return {*whole_, position_, name}; }

  /// A row out of turn, because it is about to change: `append(byte_buffer&)` appends key and state.
  template <class Append>
  void row_before_change(std::string_view name, Append&& append) const;

  /// Whether a slice may be copied now.
  bool has_room() const noexcept;

  /// For operators that hold chains of their own.
  subtask_snapshot& whole() const noexcept { return *whole_; }

  /// The checkpoint that is being taken; 0 at the end of the subtask.
  checkpoint_id checkpoint() const noexcept;
  /// The last one whose results are visible.
  checkpoint_id completed() const noexcept;

 private:
  subtask_snapshot* whole_ = nullptr;
  std::size_t position_ = 0;
};

/// One thread, that of the slot.
class subtask_snapshot {
 public:
  /// Of the subtask whose context this is, and which outlives it.
  explicit subtask_snapshot(const subtask_context& context)
      : mailbox_(context.checkpoints),
        subtask_(context.subtask_of_job),
        clock_(context.clock),
        metrics_(context.metrics) {}

  /// A checkpoint that this subtask, a source, should begin now; 0: none.
  checkpoint_id due() const noexcept {
    if (mailbox_ == nullptr) return 0;
    const checkpoint_id requested = mailbox_->requested();
    return requested > taken_ ? requested : 0;
  }
  bool stops_with(checkpoint_id id) const noexcept { return mailbox_->stops_with(id); }
  bool enabled() const noexcept { return mailbox_ != nullptr; }
  bool copying() const noexcept { return copying_; }
  bool can_copy() const noexcept { return copying_ && mailbox_->has_room(); }

  /// The state at this moment becomes the share of checkpoint `id`; one that was not copied yet is given up.
  /// `put_parts` puts in what the subtask itself has to remember.
  template <class Chain, class PutParts>
  void begin(checkpoint_id id, Chain& chain, PutParts&& put_parts) {
    const std::chrono::nanoseconds begun = clock_->monotonic();
    if (copying_) {
      chain.abandon_snapshot();
      sliced_ = {};
      logged_ = {};
    }
    taken_ = id;
    copying_ = true;
    put_parts();
    chain.begin_snapshot(*this);
    copy_slice(chain);
    note_pause(begun);
  }

  /// Copies a little more, if there is anything to copy and room for it; returns whether it did. A record that changes
  /// what is not copied yet costs more, so copying takes a good part of the time until it is done.
  template <class Chain>
  [[gnu::always_inline]] bool copy_slice(Chain& chain) {
    if (!can_copy()) [[likely]]
      return false;
    copy_slices(chain);
    return true;
  }

  /// The subtask has ended: what its operators still have to say is its share of every later checkpoint.
  template <class Chain, class PutParts>
  void finish(Chain& chain, PutParts&& put_parts) {
    if (mailbox_ == nullptr) return;
    taken_ = 0;
    put_parts();
    chain.finish_snapshot(*this);
    mailbox_->put({checkpoint_message::kind::finished, 0, subtask_, 0, {}});
  }

  void part(std::size_t position, std::string name, std::string bytes) {
    snapshot_block block{};
    block.kind = block_kind::part;
    block.name = std::move(name);
    block.bytes = std::move(bytes);
    put(position, std::move(block));
  }

  /// The next row of a slice belongs there.
  [[gnu::noinline]] void go_to(std::size_t position, std::string_view name, std::uint32_t key_group,
                               std::uint64_t rows_in_group) {
    const bool other_table = sliced_.position != position || sliced_.block.name != name;
    const bool other_group = sliced_.block.key_group != key_group && sliced_.bytes() >= shared_bytes_max;
    if (sliced_.block.rows == 0 || other_table || other_group) {
      send(sliced_);
      open(sliced_, position, name, key_group);
      sliced_.block.rows_in_group = rows_in_group;
    } else if (sliced_.block.key_group != key_group) {
      sliced_.block.key_group = mixed_key_groups;
      sliced_.block.rows_in_group = 0;
    }
  }
  bool has_rows() const noexcept { return sliced_.block.rows > 0; }
  template <class Append>
  [[gnu::always_inline]] void add_row(Append&& append) {
    add(sliced_, append);
  }

  template <class Append>
  void row_before_change(std::size_t position, std::string_view name, Append&& append) {
    if (logged_.block.rows == 0 || logged_.position != position || logged_.block.name != name) {
      send(logged_);
      open(logged_, position, name, mixed_key_groups);
    }
    add(logged_, append);
  }

  bool has_room() const noexcept { return mailbox_->has_room(); }
  checkpoint_id taken() const noexcept { return taken_; }
  checkpoint_id completed() const noexcept { return mailbox_->completed(); }

 private:
  template <class Chain>
  [[gnu::noinline]] void copy_slices(Chain& chain) {
    const std::chrono::nanoseconds begun = clock_->monotonic();
    for (std::size_t slice = 0; slice < slices_max && can_copy(); ++slice) {
      if (chain.snapshot_slice(*this)) {
        send(sliced_);
        send(logged_);
        copying_ = false;
        mailbox_->put({checkpoint_message::kind::done, taken_, subtask_, 0, {}});
      }
      if (clock_->monotonic() - begun >= pause_long_enough) break;
    }
    note_pause(begun);
  }

  /// A block of this size or less may be joined by rows of the next key group.
  static constexpr std::size_t shared_bytes_max = 32 * 1024;
  /// How long copying goes on between two batches, if there are not that many slices before.
  static constexpr std::chrono::nanoseconds pause_long_enough{300'000};
  static constexpr std::size_t slices_max = 64;
  static constexpr std::size_t last_bytes_max = 4096;

  struct open_block {
    std::size_t position = 0;
    snapshot_block block{};
    byte_buffer last{};  // its last rows, which are not in its bytes yet

    std::size_t bytes() const noexcept { return block.bytes.size() + last.size(); }
    void take_in_last() {
      block.bytes.append(last.view());
      last.clear();
    }
  };

  void open(open_block& into, std::size_t position, std::string_view name, std::uint32_t key_group) {
    into.position = position;
    into.block.kind = block_kind::rows;
    into.block.name = name;
    into.block.key_group = key_group;
    into.block.bytes = mailbox_->take_buffer();
  }

  template <class Append>
  [[gnu::always_inline]] void add(open_block& into, Append& append) {
    append(into.last);
    ++into.block.rows;
    if (into.last.size() >= last_bytes_max) [[unlikely]]
      take_in_last(into);
  }

  [[gnu::noinline]] void take_in_last(open_block& into) {
    into.take_in_last();
    if (into.block.bytes.size() >= checkpoint_mailbox::block_bytes) send(into);
  }

  void send(open_block& filled) {
    filled.take_in_last();
    if (filled.block.rows > 0) put(filled.position, std::move(filled.block));
    filled.block = {};
  }

  void put(std::size_t position, snapshot_block&& block) {
    metrics_->operators[position].copied_bytes.add(block.bytes.size());
    mailbox_->put({checkpoint_message::kind::block, taken_, subtask_, position, std::move(block)});
  }

  void note_pause(std::chrono::nanoseconds begun) noexcept {
    metrics_->checkpoint_pause_ns.raise_to(static_cast<std::uint64_t>((clock_->monotonic() - begun).count()));
  }

  checkpoint_mailbox* mailbox_;  // null where no checkpoints are taken
  std::size_t subtask_;
  const clock* clock_;
  stage_metrics* metrics_;
  checkpoint_id taken_ = 0;
  bool copying_ = false;
  open_block sliced_;
  open_block logged_;
};

inline void operator_snapshot::part(std::string name, std::string bytes) const {
  whole_->part(position_, std::move(name), std::move(bytes));
}
template <class RowsInGroup, class Append>
[[gnu::always_inline]] inline void table_slice::row(std::uint32_t key_group, RowsInGroup&& rows_in_group,
                                                    Append&& append) {
  if (key_group != key_group_ || !whole_.has_rows()) [[unlikely]] {
    whole_.go_to(position_, name_, key_group, rows_in_group());
    key_group_ = key_group;
  }
  whole_.add_row(append);
}
template <class Append>
void operator_snapshot::row_before_change(std::string_view name, Append&& append) const {
  whole_->row_before_change(position_, name, append);
}
inline bool operator_snapshot::has_room() const noexcept { return whole_->has_room(); }
inline checkpoint_id operator_snapshot::checkpoint() const noexcept { return whole_->taken(); }
inline checkpoint_id operator_snapshot::completed() const noexcept { return whole_->completed(); }

}  // namespace weir::detail
