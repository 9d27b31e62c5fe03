#pragma once
// A subtask's share of a checkpoint: what its operators write into, and how far it has got. At a barrier the operators
// put in their small state and mark their tables; the tables are then copied slice by slice between batches, while
// what a record is about to change is put in before (see state/keyed_table.hpp).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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

  /// Does `work()` for the snapshot at another time than in a slice; it counts as a pause, too.
  template <class Work>
  void pause_for(Work&& work) const;

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

/// Whose state is copied: the chain of a subtask (see chain.hpp).
class snapshot_source {
 public:
  virtual ~snapshot_source() = default;

  virtual void begin_snapshot(subtask_snapshot& snapshot) = 0;
  virtual bool snapshot_slice(subtask_snapshot& snapshot) = 0;
  virtual void abandon_snapshot() = 0;
  virtual void finish_snapshot(subtask_snapshot& snapshot) = 0;
};

/// One thread, that of the slot.
class subtask_snapshot {
 public:
  /// Of the subtask whose context this is, and which outlives it.
  explicit subtask_snapshot(const subtask_context& context);

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
  template <class PutParts>
  void begin(checkpoint_id id, snapshot_source& chain, PutParts&& put_parts) {
    const std::chrono::nanoseconds begun = begin_share(id, chain);
    put_parts();
    begin_tables(chain, begun);
  }

  /// Copies a little more, if there is anything to copy and room for it; returns whether it did. A record that changes
  /// what is not copied yet costs more, so copying takes a good part of the time until it is done.
  [[gnu::always_inline]] bool copy_slice(snapshot_source& chain) {
    if (!can_copy()) [[likely]]
      return false;
    copy_slices(chain);
    return true;
  }

  /// The subtask has ended: what its operators still have to say is its share of every later checkpoint.
  template <class PutParts>
  void finish(snapshot_source& chain, PutParts&& put_parts) {
    if (mailbox_ == nullptr) return;
    taken_ = 0;
    put_parts();
    finish_share(chain);
  }

  void part(std::size_t position, std::string name, std::string bytes);
  /// Empty, with room for a part of any usual size: taking memory may take long (checkpoint_mailbox::take_buffer).
  std::string take_buffer();

  /// The next row of a slice belongs there.
  void go_to(std::size_t position, std::string_view name, std::uint32_t key_group, std::uint64_t rows_in_group);
  bool has_rows() const noexcept { return sliced_.block.rows > 0; }
  template <class Append>
  [[gnu::always_inline]] void add_row(Append&& append) {
    add(sliced_, append);
  }

  template <class Append>
  void row_before_change(std::size_t position, std::string_view name, Append&& append) {
    if (logged_.block.rows == 0 || logged_.position != position || logged_.block.name != name) [[unlikely]]
      begin_log(position, name);
    add(logged_, append);
  }

  template <class Work>
  void pause_for(Work&& work) {
    const std::chrono::nanoseconds begun = clock_->monotonic();
    work();
    note_pause(begun);
  }

  bool has_room() const noexcept { return mailbox_->has_room(); }
  checkpoint_id taken() const noexcept { return taken_; }
  checkpoint_id completed() const noexcept { return mailbox_->completed(); }

 private:
  static constexpr std::size_t last_bytes_max = 4096;

  struct open_block {
    std::size_t position = 0;
    snapshot_block block{};
    byte_buffer last{};  // its last rows, which are not in its bytes yet

    std::size_t bytes() const noexcept { return block.bytes.size() + last.size(); }
    void take_in_last();
  };

  template <class Append>
  [[gnu::always_inline]] void add(open_block& into, Append& append) {
    append(into.last);
    ++into.block.rows;
    if (into.last.size() >= last_bytes_max) [[unlikely]]
      take_in_last(into);
  }

  std::chrono::nanoseconds begin_share(checkpoint_id id, snapshot_source& chain);
  void begin_tables(snapshot_source& chain, std::chrono::nanoseconds begun);
  void copy_slices(snapshot_source& chain);
  void finish_share(snapshot_source& chain);

  /// The next row before a change belongs there.
  void begin_log(std::size_t position, std::string_view name);
  void open(open_block& into, std::size_t position, std::string_view name, std::uint32_t key_group);
  void take_in_last(open_block& into);
  void send(open_block& filled);
  void put(std::size_t position, snapshot_block&& block);
  void note_pause(std::chrono::nanoseconds begun) noexcept;

  checkpoint_mailbox* mailbox_;  // null where no checkpoints are taken
  std::size_t subtask_;
  const clock* clock_;
  stage_metrics* metrics_;
  checkpoint_id taken_ = 0;
  bool copying_ = false;
  open_block sliced_;
  open_block logged_;
};

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
template <class Work>
void operator_snapshot::pause_for(Work&& work) const {
  whole_->pause_for(work);
}
inline bool operator_snapshot::has_room() const noexcept { return whole_->has_room(); }
inline checkpoint_id operator_snapshot::checkpoint() const noexcept { return whole_->taken(); }
inline checkpoint_id operator_snapshot::completed() const noexcept { return whole_->completed(); }

}  // namespace weir::detail
