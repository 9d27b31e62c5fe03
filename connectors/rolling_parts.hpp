#pragma once
// The parts that one subtask writes into a directory, one after the other.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/directory.hpp"
#include "weir/connectors/part_directory.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/storage.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/runtime/sink.hpp"
#include "weir/runtime/transactions.hpp"

namespace weir::detail {

class rolling_parts {
 public:
  /// Every part begins with `header` and its name ends in `extension`.
  rolling_parts(const sink_context& context, const directory& how, std::string header, std::string_view extension,
                std::shared_ptr<part_directory> into);

  /// Rows will be appended that have come by now: the time of a part counts from its first row.
  void note_rows();
  /// Appends whole rows, and closes the part if it has its size. It is made with its first row.
  void append(std::string_view rows);
  /// When the part should be closed, with what was noted; max() where there is nothing.
  processing_clock::time_point due() const noexcept { return due_; }
  /// Closes the part that is open, if any, so that it cannot change any more. Without checkpoints it appears.
  void roll();
  /// Closes it, and says what is closed and not yet known to be visible.
  prepared_part prepare(const prepare_request& request);

 private:
  void open();
  void close();

  std::shared_ptr<part_directory> into_;
  storage& storage_;
  const clock* clock_;
  std::string uid_;
  std::string header_;
  std::string extension_;
  std::size_t subtask_;
  bool checkpoints_;
  std::uint64_t roll_bytes_;
  std::chrono::milliseconds roll_after_;
  processing_clock::time_point due_ = processing_clock::time_point::max();
  std::uint64_t number_ = 0;  // of the next part
  closed_part part_;          // that is open
  std::unique_ptr<writable_file> file_;
  std::uint64_t bytes_ = 0;
  std::vector<closed_part> closed_;  // since the last checkpoint
  pending_transactions<closed_part> pending_;
};

}  // namespace weir::detail
