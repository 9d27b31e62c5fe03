#pragma once
// What a source is to the runtime. A source description is a copyable value; it lists its splits (fixed parts of the
// input, whatever the parallelism) and opens a reader for one of them:
//
//   using value_type = ...;                                   what its readers emit
//   std::vector<source_split> splits(source_context&) const   in reading order; throws weir::error
//   reader open(const source_split&, source_context&) const
//   template <class Out> read_result reader::read(std::size_t max, Out& out)
//                                                             emits up to `max` records, stops when out.full()
//   std::string reader::position() const                      for messages: "flights.jsonl, line 7"
//   std::uint64_t reader::consumed() const                    how much of the split is read, in the split's units
//
// A reader whose input holds event times and watermarks itself emits with out.at(value, time), stops before each mark,
// and has
//   std::optional<mark> reader::take_mark()                   the mark that comes next, a watermark, idle or active
// Its stream gets these marks and no others but the final watermark.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/record.hpp"
#include "weir/runtime/operator.hpp"

namespace weir::detail {

/// A part of an input that one subtask reads from begin to end.
struct source_split {
  std::string path;         ///< file, or a word for what is read
  std::uint64_t begin = 0;  ///< bytes of a file, index of a range
  std::uint64_t end = 0;    ///< exclusive; unlimited_split where the size is unknown
  std::size_t file = 0;     ///< which file of a glob
};

inline constexpr std::uint64_t unlimited_split = std::numeric_limits<std::uint64_t>::max();

struct source_context {
  weir::clock& clock;
  weir::storage& storage;
  operator_metrics& metrics;
  std::size_t subtask;
  std::size_t parallelism;
};

enum class read_status : std::uint8_t {
  more,     ///< the split has more records
  waiting,  ///< nothing to read just now
  end       ///< the split is read
};

struct read_result {
  std::size_t count;
  read_status status;
};

/// A record that a source could not read, as `split<"malformed">()` delivers it: the file it stood in, its line (from
/// 1; 0 where unknown), its text, and what was expected and found.
struct malformed_record {
  BOOST_HANA_DEFINE_STRUCT(malformed_record, (std::string, source), (std::uint64_t, line), (std::string, text),
                           (std::string, reason));
};

/// Hands the splits of one source to its subtasks, in order. Splits of one file follow each other.
/// Subtask i begins with split i, whoever comes first: so it is known before the start which subtasks have nothing to
/// read. These never hold event time back, not even for a moment that would decide whether a record is late.
class split_assigner {
 public:
  split_assigner(std::vector<source_split> splits, std::size_t subtasks)
      : splits_(std::move(splits)), begun_(subtasks), next_(std::min(subtasks, splits_.size())) {
    for (const source_split& split : splits_) {
      if (split.end == unlimited_split) {
        total_ = unlimited_split;
        break;
      }
      total_ += split.end - split.begin;
    }
  }

  /// Whether there is anything to read for a subtask at all.
  bool has_split_for(std::size_t subtask) const noexcept { return subtask < splits_.size(); }

  /// The next split for a subtask, or null when all are given out.
  const source_split* next(std::size_t subtask) {
    const std::lock_guard lock(mutex_);
    const source_split* assigned = nullptr;
    if (!begun_[subtask]) {
      begun_[subtask] = true;
      if (has_split_for(subtask)) assigned = &splits_[subtask];
    } else if (next_ < splits_.size()) {
      assigned = &splits_[next_++];
    }
    if (assigned != nullptr && splits_.back().file - assigned->file < files_unopened()) {
      files_unopened_.store(splits_.back().file - assigned->file, std::memory_order_relaxed);
    }
    return assigned;
  }

  /// How many files of a glob come after all those that were begun. (One that waits for its own subtask holds event
  /// time back by that subtask's watermark.)
  std::size_t files_unopened() const noexcept { return files_unopened_.load(std::memory_order_relaxed); }
  void announce_files() noexcept {
    files_unopened_.store(splits_.empty() ? 0 : splits_.back().file + 1, std::memory_order_relaxed);
  }

  /// Progress in units of the splits; `total` is unlimited_split where it is unknown.
  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t consumed() const noexcept { return consumed_.load(std::memory_order_relaxed); }
  void add_consumed(std::uint64_t amount) noexcept { consumed_.fetch_add(amount, std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::vector<source_split> splits_;
  std::vector<bool> begun_;  // by subtask
  std::size_t next_;         // of the splits that no subtask begins with
  std::uint64_t total_ = 0;
  std::atomic<std::size_t> files_unopened_{0};
  std::atomic<std::uint64_t> consumed_{0};
};

}  // namespace weir::detail
