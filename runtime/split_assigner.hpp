#pragma once
// Which subtask of a source reads which split, and how far all of them have come: what of it is in a snapshot, and how
// reading goes on from one.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/timestamp.hpp"
#include "weir/runtime/source.hpp"

namespace weir::detail {

class operator_restore;

/// A split as one subtask is given it.
struct assigned_split {
  source_split split;                 ///< begins where reading goes on
  std::size_t number = 0;             ///< among all splits of the source
  timestamp latest = min_timestamp;   ///< the latest event time in what was read of it before
  std::size_t since_watermark = 0;    ///< records of it since its last watermark
  std::string strategy{};             ///< what a user's watermark strategy keeps of it; else empty
};

/// How far one subtask of a source has come.
struct source_position {
  std::vector<std::size_t> finished{};      ///< splits that it has read to their ends, by number
  std::optional<assigned_split> current{};  ///< the one it is reading
  timestamp watermark = min_timestamp;    ///< the last that it emitted
};

std::string encode_position(const source_position& position);
/// Throws weir::error for bytes that are none.
source_position decode_position(std::string_view bytes);

/// Hands the splits of one source to its subtasks, in order. Splits of one file follow each other.
/// Subtask i begins with split i, whoever comes first: so it is known before the start which subtasks have nothing to
/// read. These never hold event time back, not even for a moment that would decide whether a record is late.
class split_assigner {
 public:
  split_assigner(std::vector<source_split> splits, std::size_t subtasks);

  /// Goes on where the subtasks in the snapshot were. A subtask reads its own split on where it can; the splits of those
  /// that are no more come first among the rest. Throws weir::error if a file has changed since.
  split_assigner(const operator_restore& from, storage& storage);
  ~split_assigner();

  /// Whether there is anything to read for a subtask at all.
  bool has_split_for(std::size_t subtask) const noexcept { return readers_[subtask].first.has_value(); }

  /// The next split for a subtask, or null when all are given out.
  const assigned_split* next(std::size_t subtask);

  /// The split that a subtask read before the restore and has not gone on with yet; null if there is none.
  const assigned_split* to_go_on_with(std::size_t subtask);

  /// The last watermark of a subtask before the restore.
  timestamp restored_watermark(std::size_t subtask) const noexcept { return readers_[subtask].restored; }

  /// All splits of the source, and how far they were read before the restore; for a snapshot. They are put into `buffer`.
  std::string encode_splits(std::string buffer) const;

  /// What a split reads: "orders.jsonl". Never changes, so any thread may ask.
  const std::string& path_of(std::size_t number) const { return all_.at(number).path; }

  /// How many files of a glob come after all those that were begun. (One that waits for its own subtask holds event
  /// time back by that subtask's watermark.)
  std::size_t files_unopened() const noexcept { return files_unopened_.load(std::memory_order_relaxed); }

  /// Progress in units of the splits; `total` is unlimited_split where it is unknown.
  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t consumed() const noexcept { return consumed_.load(std::memory_order_relaxed); }
  void add_consumed(std::uint64_t amount) noexcept { consumed_.fetch_add(amount, std::memory_order_relaxed); }

 private:
  struct waiting_split : assigned_split {
    bool reserved = false;  // some subtask begins with it
  };
  struct reader {
    std::optional<std::size_t> first{};  // which of the splits that wait it begins with
    bool begun = false;
    timestamp restored = min_timestamp;  // its last watermark before the restore
  };

  void give_first(std::size_t subtask, std::size_t waiting);
  void count_units();

  std::mutex mutex_;  // guards reader::begun and next_
  std::vector<source_split> all_;
  std::vector<std::size_t> finished_before_;        // by number, before the restore
  std::vector<assigned_split> begun_before_;        // as far as they were read before the restore
  std::vector<waiting_split> waiting_;              // to be read, in order
  std::vector<reader> readers_;                     // by subtask
  std::size_t next_ = 0;                            // of those that no subtask begins with
  std::uint64_t total_ = 0;
  std::atomic<std::size_t> files_unopened_{0};
  std::atomic<std::uint64_t> consumed_{0};
};

std::shared_ptr<split_assigner> make_split_assigner(std::vector<source_split> splits, std::size_t subtasks);
/// That of a source in the snapshot that its job is restored from; null where there is none.
std::shared_ptr<split_assigner> restored_assigner(const subtask_context& subtask);

}  // namespace weir::detail
