#pragma once
// The lines of one split of a stored file, as views into large recycled blocks. Used by the text, CSV and JSON-lines
// sources.
//
// A split [begin, end) owns the lines whose first byte lies in it (the rule of Hadoop's LineRecordReader): unless it
// begins at 0 it reads from begin - 1 and skips through the first '\n', and it reads its last line to its end, beyond
// `end`. So every line of a file belongs to exactly one split however the file is cut, and `next_offset()`, put into a
// snapshot, is itself a valid `begin`.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/line_block.hpp"
#include "weir/core/storage.hpp"

namespace weir {

struct line_reader_options {
  std::size_t block_bytes = 256 << 10;
  std::size_t line_bytes_max = 64 << 20;  ///< a longer line is an error
};

/// Drops the '\r' of a line that ended with "\r\n".
inline std::string_view without_carriage_return(std::string_view line) noexcept {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Calls `visitor(line)` for every line of a run of whole lines, without its "\n" or "\r\n".
template <class Visitor>
void for_each_line(std::string_view chunk, Visitor&& visitor) {
  const char* cursor = chunk.data();
  const char* const end = cursor + chunk.size();
  while (cursor != end) {
    const auto* newline = static_cast<const char*>(std::memchr(cursor, '\n', static_cast<std::size_t>(end - cursor)));
    const char* const stop = newline == nullptr ? end : newline;
    visitor(without_carriage_return({cursor, static_cast<std::size_t>(stop - cursor)}));
    cursor = newline == nullptr ? end : newline + 1;
  }
}

/// Reads one split, forward, once. Not shared between threads.
/// Lines are views into the current block: valid until the call of `next_line` or `next_chunk` that leaves the block,
/// or as long as a handle from `pin` lives. Behind every line line_block::padding_bytes may be read.
class line_reader {
 public:
  static constexpr std::uint64_t to_the_end = std::numeric_limits<std::uint64_t>::max();

  /// `path` is for messages. Pipes have no size: begin 0, end `to_the_end`.
  line_reader(std::unique_ptr<readable_file> file, std::string path, std::uint64_t begin = 0,
              std::uint64_t end = to_the_end, line_reader_options options = {});

  /// The next line without its "\n" or "\r\n"; false at the end of the split. Throws weir::error if the file cannot be
  /// read or a line is longer than `line_bytes_max`.
  bool next_line(std::string_view& line) {
    if (cursor_ == chunk_end_ && !next_block()) return false;
    line_ = cursor_;
    const auto rest = static_cast<std::size_t>(chunk_end_ - cursor_);
    const auto* newline = static_cast<const char*>(std::memchr(cursor_, '\n', rest));
    const char* const stop = newline == nullptr ? chunk_end_ : newline;
    cursor_ = newline == nullptr ? chunk_end_ : newline + 1;
    line = without_carriage_return({line_, static_cast<std::size_t>(stop - line_)});
    return true;
  }

  /// The whole lines left in the current block, or else those of the next: each ends with '\n', except perhaps the last
  /// line of the file. Empty at the end of the split. See `for_each_line`.
  std::string_view next_chunk() {
    if (cursor_ == chunk_end_ && !next_block()) return {};
    line_ = cursor_;
    cursor_ = chunk_end_;
    return {line_, static_cast<std::size_t>(cursor_ - line_)};
  }

  /// Where in the file the line or chunk returned last begins.
  std::uint64_t offset() const noexcept { return block_offset_ + static_cast<std::uint64_t>(line_ - block_begin_); }

  /// Where in the file a position in the line or chunk returned last lies.
  std::uint64_t offset_of(const char* position) const noexcept {
    return block_offset_ + static_cast<std::uint64_t>(position - block_begin_);
  }

  /// The `begin` with which another reader goes on after the line or chunk returned last; before the first call the
  /// split's own begin.
  std::uint64_t next_offset() const noexcept { return started_ ? cursor_offset() : begin_; }

  /// Keeps the block of the line or chunk returned last valid, for a batch that borrows from it. The reader then takes
  /// another block; there is no limit to how many are pinned.
  block_handle pin() const { return block_; }

 private:
  bool next_block();
  void start();
  bool fill();
  void move_rest_to_another_block(std::size_t rest);
  std::size_t owned_bytes() const;

  std::uint64_t cursor_offset() const noexcept {
    return block_offset_ + static_cast<std::uint64_t>(cursor_ - block_begin_);
  }

  std::unique_ptr<readable_file> file_;
  std::string path_;
  std::uint64_t begin_;
  std::uint64_t end_;
  line_reader_options options_;

  block_handle block_;
  std::vector<block_handle> spare_;    ///< blocks that were pinned when the reader left them
  const char* block_begin_ = nullptr;  ///< first byte of `block_`; it lies at `block_offset_` in the file
  const char* line_ = nullptr;         ///< what was returned last
  const char* cursor_ = nullptr;       ///< where the next line begins
  const char* chunk_end_ = nullptr;    ///< end of the whole lines of this split in the block
  const char* read_end_ = nullptr;     ///< end of what was read into the block
  std::uint64_t block_offset_ = 0;
  std::size_t searched_ = 0;  ///< bytes from `cursor_` on that are known to hold no '\n'
  bool started_ = false;
  bool end_of_file_ = false;
  bool finished_ = false;
};

/// The number, from 1, of the line that begins at `offset`. It reads the file up to there: for messages only.
std::uint64_t line_number_at(storage& storage, const std::string& path, std::uint64_t offset);

}  // namespace weir
