#pragma once
// What a subtask takes up of a snapshot when its job is restored, operator by operator. States are found by uid; the
// subtasks that wrote them may have been more or fewer.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/key_group.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir {

class state_conversion;

namespace detail {

/// One subtask of the job that is being restored.
struct subtask_restore {
  const restored_snapshot* snapshot;
  const stage* of;
  std::size_t subtask;
  std::size_t parallelism;
  /// Called now and then while rows are taken up; may be empty. May throw.
  std::function<void()> taken_some;
};

/// The checkpoint that the job of a subtask is restored from; 0 where it begins anew.
std::uint64_t begins_after(const subtask_context& subtask);

/// Whether the snapshot that the job of a subtask is restored from holds any state of its stage, beside event time.
bool holds_restored_state(const subtask_context& subtask);

/// What the snapshot holds for one operator.
class operator_restore {
 public:
  /// `position` is that of the operator in its stage.
  operator_restore(const subtask_restore& whole, std::size_t position, timestamp watermark);

  /// Whether there is anything; where the snapshot knows no such uid there is not.
  bool has_state() const noexcept { return found_ != not_found; }

  /// The parts of this name, with the old subtasks that wrote them, in their order.
  std::vector<std::pair<std::size_t, std::string>> parts(std::string_view name) const;

  /// Calls `take(const snapshot_block&)` for every block of rows that may hold rows of this subtask's key groups. Blocks
  /// with `key_group == mixed_key_groups` also hold others.
  template <class Take>
  void each_block_of_rows(Take&& take) const {
    blocks_of_rows blocks(*this);
    while (const snapshot_block* const block = blocks.next()) {
      take(*block);
      taken_some();
    }
  }

  /// Who takes up very many rows at a time says so in between: they may be more than the job has memory for.
  void taken_some() const;

  /// What the states in rows go through before they are decoded; null: nothing, they are as this program writes them.
  const state_conversion* conversion() const noexcept;

  key_group_range groups() const noexcept { return groups_; }
  /// How many subtasks there were when the snapshot was taken, and which of how many this one is now.
  std::size_t old_parallelism() const;
  std::size_t subtask() const noexcept { return whole_->subtask; }
  std::size_t parallelism() const noexcept { return whole_->parallelism; }
  bool same_parallelism() const { return old_parallelism() == parallelism(); }
  const subtask_restore& whole() const noexcept { return *whole_; }
  /// Event time as far as it had come.
  timestamp watermark() const noexcept { return watermark_; }
  /// "checkpoints/chk-0000000003", for messages.
  const std::string& directory() const;

 private:
  static constexpr std::size_t not_found = static_cast<std::size_t>(-1);

  /// Reads one after the other.
  class blocks_of_rows {
   public:
    explicit blocks_of_rows(const operator_restore& of);
    blocks_of_rows(const blocks_of_rows&) = delete;
    blocks_of_rows& operator=(const blocks_of_rows&) = delete;
    ~blocks_of_rows();
    /// Null after the last one. Valid until the next call.
    const snapshot_block* next();

   private:
    struct reading;
    std::unique_ptr<reading> reading_;
  };

  const subtask_restore* whole_;
  std::size_t found_;
  key_group_range groups_;
  timestamp watermark_;
};

}  // namespace detail
}  // namespace weir
