#pragma once
// What sort_by holds, whatever the type of its records: rows of the order's bytes, the record's bytes and how many the
// former are. They compare as bytes; what makes two records differ decides where the order does not.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/row_sorter.hpp"

namespace weir::detail {

/// Of one subtask.
class sorted_rows {
 public:
  void open(operator_context& context);

  /// The order's bytes are to be appended to what begin_row() returns, then end_key() called, then those of the record
  /// appended, then end_row() called.
  std::string& begin_row() noexcept {
    row_.clear();
    return row_;
  }
  void end_key() noexcept { key_bytes_ = row_.size(); }
  void end_row();

  /// After a batch: spills if it holds more than its share of the memory of the job, and goes on joining runs.
  void keep_to_share();

  /// The bytes of the next record in order, valid until the next call; false behind the last one.
  bool next(std::string_view& record);
  /// Behind the last one: frees some of the memory; false once nothing is left.
  bool forget_some() noexcept { return sorter_->forget_some(); }

  std::size_t memory_bytes() const noexcept { return sorter_->memory_bytes(); }
  void count_open() noexcept { metrics_->open_entries.set(sorter_->rows()); }

  /// Its share of a snapshot: none once all was taken out.
  void put_into(const operator_snapshot& out);
  /// Calls `take(record)` for every record that may be of this subtask's key groups. What `take` adds is spilled as
  /// above.
  void restore(const operator_restore& from, const std::function<void(std::string_view)>& take);

 private:
  static constexpr std::size_t length_bytes = 4;

  /// Makes `call()`, which writes, and says of an error of the disk whose rows it was about.
  template <class Call>
  void writing(Call&& call) const;

  storage* disk_ = nullptr;
  memory_budget* budget_ = nullptr;
  operator_metrics* metrics_ = nullptr;
  std::string_view uid_;
  std::optional<row_sorter> sorter_;
  std::string row_;
  std::size_t key_bytes_ = 0;
};

}  // namespace weir::detail
