#pragma once
// Lines from a file descriptor that may have nothing to read yet: standard input and sockets. It never waits, so that a
// slot can step other work meanwhile.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "weir/connectors/line_block.hpp"
#include "weir/connectors/line_reader.hpp"

namespace weir {

enum class line_status : std::uint8_t {
  line,         ///< a line was returned
  would_block,  ///< no whole line has arrived yet; try again later
  end,          ///< the other side has closed; there will be no more lines
};

/// Reads lines from a descriptor that it does not own and leaves in the mode that it has. Not shared between threads.
/// A line is a view that is valid until the next call of `next_line`, or as long as a handle from `pin` lives; behind
/// it line_block::padding_bytes may be read. What follows the last '\n' when the other side closes is a line too.
class fd_line_reader {
 public:
  /// `name` is for messages: "standard input", "localhost:9000".
  fd_line_reader(int fd, std::string name, line_reader_options options = {});

  /// Never waits. Throws weir::error if reading fails or a line is longer than `line_bytes_max`.
  line_status next_line(std::string_view& line) {
    const auto rest = static_cast<std::size_t>(read_end_ - cursor_);
    if (searched_ < rest) {
      const auto* newline = static_cast<const char*>(std::memchr(cursor_ + searched_, '\n', rest - searched_));
      if (newline != nullptr) {
        line = take_line(newline, newline + 1);
        return line_status::line;
      }
      searched_ = rest;
    }
    return read_more(line);
  }

  /// How many lines have been returned.
  std::uint64_t lines_read() const noexcept { return lines_read_; }

  /// True if a line has arrived in part.
  bool has_partial_line() const noexcept { return cursor_ != read_end_; }

  /// Keeps the line returned last valid.
  block_handle pin() const { return block_; }

 private:
  line_status read_more(std::string_view& line);
  void make_room();

  std::string_view take_line(const char* stop, const char* next) noexcept {
    const std::string_view line(cursor_, static_cast<std::size_t>(stop - cursor_));
    cursor_ = next;
    searched_ = 0;
    ++lines_read_;
    return without_carriage_return(line);
  }

  int fd_;
  std::string name_;
  line_reader_options options_;
  block_handle block_;
  const char* cursor_ = nullptr;    ///< where the next line begins
  const char* read_end_ = nullptr;  ///< end of what has arrived
  std::size_t searched_ = 0;        ///< bytes from `cursor_` on that hold no '\n'
  std::uint64_t lines_read_ = 0;
  bool ended_ = false;
};

}  // namespace weir
