#pragma once
// Reading a text file by hand: large blocks of whole lines, read into one buffer that stays in the cache.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

/// Calls `visit(text, size)` for runs of whole lines, in order: those that begin from `begin` on and before `end`.
/// `padding` bytes behind the text may be read.
template <class Visit>
void for_each_block(const std::string& path, std::size_t begin, std::size_t end, std::size_t padding, Visit&& visit) {
  constexpr std::size_t block_bytes = 256 * 1024;
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) throw error("cannot open " + path);
  std::vector<char> block(block_bytes + padding);
  // A line that begins before `begin` is another's: look for its end from the byte before, which may be that end.
  std::size_t offset = begin == 0 ? 0 : begin - 1;
  bool in_foreign_line = begin != 0;
  std::size_t rest = 0;
  for (;;) {
    const ssize_t count = ::pread(file, block.data() + rest, block_bytes - rest, static_cast<off_t>(offset));
    if (count < 0) throw error("cannot read " + path);
    offset += static_cast<std::size_t>(count);
    const char* text = block.data();
    const char* const filled = text + rest + count;
    const auto* last = static_cast<const char*>(::memrchr(text, '\n', static_cast<std::size_t>(filled - text)));
    if (last == nullptr) {
      if (count != 0) throw error(path + " has a line of more than 256 KiB or no newline at its end");
      break;
    }
    if (std::exchange(in_foreign_line, false)) {
      text = static_cast<const char*>(std::memchr(text, '\n', static_cast<std::size_t>(filled - text))) + 1;
    }
    const char* stop = last + 1;
    const std::size_t block_offset = offset - static_cast<std::size_t>(filled - block.data());
    const bool at_end = block_offset + static_cast<std::size_t>(stop - block.data()) >= end;
    if (at_end) {  // up to the end of the line that has the byte before `end`
      const char* const limit = std::max<const char*>(text, block.data() + (end - 1 - block_offset));
      stop = static_cast<const char*>(std::memchr(limit, '\n', static_cast<std::size_t>(filled - limit))) + 1;
    }
    const bool begins_here = block_offset + static_cast<std::size_t>(text - block.data()) < end;
    if (text < stop && begins_here) visit(text, static_cast<std::size_t>(stop - text));
    if (at_end || count == 0) break;
    rest = static_cast<std::size_t>(filled - (last + 1));
    std::memmove(block.data(), last + 1, rest);
  }
  ::close(file);
}

}  // namespace weir::benchmarks
