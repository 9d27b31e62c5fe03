#include "weir/connectors/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/error.hpp"
#include "weir/core/sanitizer.hpp"

namespace weir {
namespace {

/// How far beyond the end of its split a reader looks at a time for the end of the last line.
constexpr std::uint64_t lookahead_bytes = 4 << 10;

}  // namespace

line_reader::line_reader(std::unique_ptr<readable_file> file, std::string path, std::uint64_t begin, std::uint64_t end,
                         line_reader_options options)
    : file_(std::move(file)), path_(std::move(path)), begin_(begin), end_(end), options_(options) {
  options_.block_bytes = std::max<std::size_t>(options_.block_bytes, 1);
  finished_ = begin_ >= end_;
}

/// Finds the next whole lines of the split, reading as far as needed. Called when `cursor_` is at `chunk_end_`.
bool line_reader::next_block() {
  if (!started_) start();
  while (!finished_) {
    if (cursor_offset() >= end_) break;
    const std::size_t owned = owned_bytes();
    if (owned > 0) {
      chunk_end_ = cursor_ + owned;
      searched_ = 0;
      return true;
    }
    searched_ = static_cast<std::size_t>(read_end_ - cursor_);
    if (!fill()) break;
  }
  finished_ = true;
  line_ = chunk_end_ = cursor_;
  return false;
}

/// Places the cursor at the first line of the split.
void line_reader::start() {
  started_ = true;
  block_offset_ = begin_ == 0 ? 0 : begin_ - 1;
  if (begin_ == 0) return;
  while (!finished_ && cursor_offset() < end_) {
    if (!fill()) {
      finished_ = true;
      return;
    }
    const auto rest = static_cast<std::size_t>(read_end_ - cursor_);
    const auto* newline = rest == 0 ? nullptr : static_cast<const char*>(std::memchr(cursor_, '\n', rest));
    cursor_ = chunk_end_ = newline == nullptr ? read_end_ : newline + 1;
    if (newline != nullptr) return;
  }
}

/// How many bytes from the cursor on are whole lines that begin before `end_`; the last line of a file is whole too.
std::size_t line_reader::owned_bytes() const {
  const auto rest = static_cast<std::size_t>(read_end_ - cursor_);
  const std::uint64_t before_end = end_ - cursor_offset();
  std::size_t search_back_to = rest;
  if (before_end <= rest) {  // the line that holds the byte before `end_` is the last one
    const auto last = static_cast<std::size_t>(before_end - 1);
    const std::size_t from = std::max(last, searched_);
    const auto* newline =
        from < rest ? static_cast<const char*>(std::memchr(cursor_ + from, '\n', rest - from)) : nullptr;
    if (newline != nullptr) return static_cast<std::size_t>(newline - cursor_) + 1;
    search_back_to = last;
  }
  if (end_of_file_) return rest;
  if (search_back_to <= searched_) return 0;
  const auto* newline = static_cast<const char*>(::memrchr(cursor_ + searched_, '\n', search_back_to - searched_));
  return newline == nullptr ? 0 : static_cast<std::size_t>(newline - cursor_) + 1;
}

/// Reads more bytes behind those from the cursor on; false if there is nothing at all from the cursor on.
bool line_reader::fill() {
  if (end_of_file_) return false;
  auto rest = static_cast<std::size_t>(read_end_ - cursor_);
  if (rest > options_.line_bytes_max) {
    throw error(fmt::format("{} has a line of more than {} bytes at offset {}; break its lines up, or check that it is a text file",
                            path_, options_.line_bytes_max, cursor_offset()));
  }
  const bool has_room = block_ && read_end_ < block_begin_ + block_.capacity();
  if (!has_room) move_rest_to_another_block(rest);

  const auto used = static_cast<std::size_t>(read_end_ - block_begin_);
  const std::uint64_t read_offset = block_offset_ + used;
  const std::uint64_t wanted = (end_ > read_offset ? end_ - read_offset : 0);
  std::size_t size = block_.capacity() - used;
  if (wanted < size) size = std::min<std::size_t>(size, wanted + lookahead_bytes);
  const std::size_t count = file_->read_at(read_offset, {block_.bytes() + used, size});
  read_end_ += count;
  rest += count;
  end_of_file_ = count == 0;
  return rest > 0;
}

/// Starts a block with the bytes from the cursor on. The address sanitizer sees every block only once, so that it
/// reports views that outlive their block.
void line_reader::move_rest_to_another_block(std::size_t rest) {
  const std::size_t capacity = rest < options_.block_bytes / 2 + 1 ? options_.block_bytes : 2 * rest;
  block_handle next;
  if (block_ && block_.capacity() == capacity && block_.sole() && !detail::address_sanitizer) {
    next = std::move(block_);
  }
  for (std::size_t i = 0; i < spare_.size() && !next; ++i) {
    if (!spare_[i].sole()) continue;
    if (spare_[i].capacity() == capacity && !detail::address_sanitizer) next = spare_[i];
    spare_[i] = std::move(spare_.back());
    spare_.pop_back();
    --i;
  }
  if (!next) next = block_handle(capacity);
  block_offset_ += static_cast<std::uint64_t>(cursor_ - block_begin_);
  if (rest > 0) std::memmove(next.bytes(), cursor_, rest);
  if (block_ && !block_.sole()) spare_.push_back(std::move(block_));
  block_ = std::move(next);
  block_begin_ = line_ = cursor_ = chunk_end_ = block_.bytes();
  read_end_ = block_begin_ + rest;
}

std::uint64_t line_number_at(storage& storage, const std::string& path, std::uint64_t offset) {
  const auto file = storage.open(path);
  std::vector<char> buffer(64 << 10);
  std::uint64_t number = 1;
  for (std::uint64_t position = 0; position < offset;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), offset - position));
    const std::size_t count = file->read_at(position, {buffer.data(), wanted});
    if (count == 0) break;
    number += static_cast<std::uint64_t>(std::count(buffer.data(), buffer.data() + count, '\n'));
    position += count;
  }
  return number;
}

}  // namespace weir
