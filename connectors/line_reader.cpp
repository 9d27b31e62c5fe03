#include "weir/connectors/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/error.hpp"
#include "weir/core/sanitizer.hpp"

namespace weir {
namespace {

/// How far beyond the end of its split a reader looks at a time for the end of the last line.
constexpr std::uint64_t lookahead_bytes = 4 << 10;

/// Bytes up to and including the last '\n'; 0 if there is none.
std::size_t whole_lines(const char* bytes, std::size_t size) {
  const auto* newline = static_cast<const char*>(::memrchr(bytes, '\n', size));
  return newline == nullptr ? 0 : static_cast<std::size_t>(newline - bytes) + 1;
}

}  // namespace

line_reader::line_reader(std::unique_ptr<readable_file> file, std::string path, std::uint64_t begin, std::uint64_t end,
                         line_reader_options options)
    : file_(std::move(file)), path_(std::move(path)), begin_(begin), end_(end), options_(options) {
  options_.block_bytes = std::max<std::size_t>(options_.block_bytes, 1);
  finished_ = begin_ >= end_;
}

/// Leaves the block that is used up and finds the next whole lines of the split.
bool line_reader::next_block() {
  if (finished_) return false;
  if (block_begin_ == nullptr && begin_ > 0 && !skip_partial_line()) return false;
  std::size_t searched = 0;
  for (;;) {
    if (block_begin_ != nullptr && block_offset_ + static_cast<std::uint64_t>(cursor_ - block_begin_) >= end_) break;
    const std::size_t kept = block_begin_ == nullptr ? 0 : size_ - static_cast<std::size_t>(cursor_ - block_begin_);
    if (block_begin_ == nullptr || searched > 0 || kept == 0 || owned_bytes(0) == 0) {
      if (!fill(kept) && kept == 0) break;
    }
    const std::size_t owned = owned_bytes(0);
    if (owned > 0) {
      chunk_end_ = cursor_ + owned;
      return true;
    }
    searched = kept + 1;
  }
  finished_ = true;
  return false;
}

}  // namespace weir
