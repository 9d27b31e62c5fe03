// Files of any content, cut into any splits and read through blocks of any size: every line is found once, in order,
// where it is.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/line_reader.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Reads from memory, a few bytes at a time, as a pipe does.
class text_file final : public weir::readable_file {
 public:
  text_file(std::string_view text, std::size_t bytes_max) : text_(text), bytes_max_(bytes_max) {}
  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    if (offset >= text_.size()) return 0;
    return text_.copy(into.data(), std::min(into.size(), bytes_max_), offset);
  }

 private:
  std::string_view text_;
  std::size_t bytes_max_;
};

using line_list = std::vector<std::pair<std::uint64_t, std::string>>;

line_list expected_lines(std::string_view text) {
  line_list lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t stop = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, stop - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(start, line);
    start = stop + 1;
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::size_t block_bytes = 1 + data[0];
  const std::size_t read_bytes = 1 + data[1];
  const std::size_t split_bytes = 1 + data[2] % 64u + size / 32;
  const bool by_chunk = data[3] % 2 != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);

  line_list found;
  for (std::uint64_t begin = 0; begin < text.size(); begin += split_bytes) {
    weir::line_reader reader(std::make_unique<text_file>(text, read_bytes), "text", begin, begin + split_bytes,
                             {.block_bytes = block_bytes});
    if (by_chunk) {
      for (std::string_view chunk = reader.next_chunk(); !chunk.empty(); chunk = reader.next_chunk()) {
        weir::for_each_line(chunk,
                            [&](std::string_view line) { found.emplace_back(reader.offset_of(line.data()), line); });
      }
    } else {
      for (std::string_view line; reader.next_line(line);) {
        found.emplace_back(reader.offset(), line);
        volatile char behind = line.data()[line.size() + weir::line_block::padding_bytes - 1];
        static_cast<void>(behind);
      }
    }
    require(reader.next_offset() >= begin);
  }
  require(found == expected_lines(text));
  return 0;
}
