// Words from anywhere: joined they are the text without its white space, none is empty, all lie in the text between
// white space, and blanks before the text move them without changing them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "weir/connectors/words.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_white(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/// The words, checked against the bytes around them; `text` ends where its memory ends.
std::vector<std::string> words_of(const std::vector<char>& text) {
  std::vector<std::string> found;
  const char* const end = text.data() + text.size();
  for (const std::string_view word : weir::words({text.data(), text.size()})) {
    require(!word.empty());
    require(word.data() == text.data() || is_white(word.data()[-1]));
    require(word.data() + word.size() == end || is_white(word.data()[word.size()]));
    found.emplace_back(word);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> text(data, data + size);
  const std::vector<std::string> found = words_of(text);

  std::string joined;
  for (const std::string& word : found) joined += word;
  std::string expected;
  for (const char byte : text) {
    if (!is_white(byte)) expected += byte;
  }
  require(joined == expected);

  for (const std::size_t blanks : {std::size_t{1}, std::size_t{63}, size % 64}) {
    std::vector<char> moved(blanks, ' ');
    moved.insert(moved.end(), text.begin(), text.end());
    require(words_of(moved) == found);
  }
  return 0;
}
