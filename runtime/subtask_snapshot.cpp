#include "weir/runtime/subtask_snapshot.hpp"

#include <utility>

namespace weir::detail {
namespace {

/// A block of this size or less may be joined by rows of the next key group.
constexpr std::size_t shared_bytes_max = 32 * 1024;
/// How long copying goes on between two batches, if there are not that many slices before.
constexpr std::chrono::nanoseconds pause_long_enough{300'000};
constexpr std::size_t slices_max = 64;

}  // namespace

void operator_snapshot::part(std::string name, std::string bytes) const {
  whole_->part(position_, std::move(name), std::move(bytes));
}

subtask_snapshot::subtask_snapshot(const subtask_context& context)
    : mailbox_(context.checkpoints),
      subtask_(context.subtask_of_job),
      clock_(context.clock),
      metrics_(context.metrics) {}

std::chrono::nanoseconds subtask_snapshot::begin_share(checkpoint_id id, snapshot_source& chain) {
  const std::chrono::nanoseconds begun = clock_->monotonic();
  if (copying_) {
    chain.abandon_snapshot();
    sliced_ = {};
    logged_ = {};
  }
  taken_ = id;
  copying_ = true;
  return begun;
}

void subtask_snapshot::begin_tables(snapshot_source& chain, std::chrono::nanoseconds begun) {
  chain.begin_snapshot(*this);
  copy_slice(chain);
  note_pause(begun);
}

void subtask_snapshot::copy_slices(snapshot_source& chain) {
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

void subtask_snapshot::finish_share(snapshot_source& chain) {
  chain.finish_snapshot(*this);
  mailbox_->put({checkpoint_message::kind::finished, 0, subtask_, 0, {}});
}

void subtask_snapshot::part(std::size_t position, std::string name, std::string bytes) {
  snapshot_block block{};
  block.kind = block_kind::part;
  block.name = std::move(name);
  block.bytes = std::move(bytes);
  put(position, std::move(block));
}

std::string subtask_snapshot::take_buffer() { return mailbox_->take_buffer(); }

void subtask_snapshot::go_to(std::size_t position, std::string_view name, std::uint32_t key_group,
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

void subtask_snapshot::begin_log(std::size_t position, std::string_view name) {
  send(logged_);
  open(logged_, position, name, mixed_key_groups);
}

void subtask_snapshot::open_block::take_in_last() {
  block.bytes.append(last.view());
  last.clear();
}

void subtask_snapshot::open(open_block& into, std::size_t position, std::string_view name, std::uint32_t key_group) {
  into.position = position;
  into.block.kind = block_kind::rows;
  into.block.name = name;
  into.block.key_group = key_group;
  into.block.bytes = mailbox_->take_buffer();
}

void subtask_snapshot::take_in_last(open_block& into) {
  into.take_in_last();
  if (into.block.bytes.size() >= checkpoint_mailbox::block_bytes) send(into);
}

void subtask_snapshot::send(open_block& filled) {
  filled.take_in_last();
  if (filled.block.rows > 0) put(filled.position, std::move(filled.block));
  filled.block = {};
}

void subtask_snapshot::put(std::size_t position, snapshot_block&& block) {
  metrics_->operators[position].copied_bytes.add(block.bytes.size());
  mailbox_->put({checkpoint_message::kind::block, taken_, subtask_, position, std::move(block)});
}

void subtask_snapshot::note_pause(std::chrono::nanoseconds begun) noexcept {
  metrics_->checkpoint_pause_ns.raise_to(static_cast<std::uint64_t>((clock_->monotonic() - begun).count()));
}

}  // namespace weir::detail
