#include "weir/connectors/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> found;
  for (const std::string_view word : words(text)) found.emplace_back(word);
  return found;
}

bool is_white(char byte) { return std::string_view(" \t\n\v\f\r").find(byte) != std::string_view::npos; }

/// The words of a text, byte by byte.
std::vector<std::string> words_by_hand(std::string_view text) {
  std::vector<std::string> found;
  bool inside = false;
  for (const char byte : text) {
    if (is_white(byte)) {
      inside = false;
    } else {
      if (!inside) found.emplace_back();
      found.back() += byte;
      inside = true;
    }
  }
  return found;
}

static_assert(std::ranges::forward_range<word_range>);
static_assert(std::ranges::view<word_range>);
static_assert(std::ranges::borrowed_range<word_range>);

TEST(words, are_runs_between_white_space) {
  EXPECT_THAT(words_of("to be  or\tnot\r\n"), ElementsAre("to", "be", "or", "not"));
  EXPECT_THAT(words_of("one"), ElementsAre("one"));
  EXPECT_THAT(words_of("  lead and trail  "), ElementsAre("lead", "and", "trail"));
}

TEST(words, there_are_none_in_white_space_and_in_nothing) {
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of(std::string_view()), IsEmpty());
  EXPECT_THAT(words_of(" \t\n\v\f\r"), IsEmpty());
  EXPECT_THAT(words_of(std::string(200, ' ')), IsEmpty());
}

TEST(words, keep_case_punctuation_and_utf_8) {
  EXPECT_THAT(words_of("Don't STOP, na\xc3\xafve\xc2\xa0one"),
              ElementsAre("Don't", "STOP,", "na\xc3\xafve\xc2\xa0one"));
  EXPECT_THAT(words_of(std::string_view("a\0b c\x1f", 6)), ElementsAre(std::string_view("a\0b", 3), "c\x1f"));
}

TEST(words, every_byte_is_white_space_or_part_of_a_word) {
  for (int code = 0; code < 256; ++code) {
    const char byte = static_cast<char>(code);
    const std::string text = std::string("a") + byte + "b";
    EXPECT_EQ(words_of(text).size(), is_white(byte) ? 2u : 1u) << "byte " << code;
  }
}

TEST(words, point_into_the_text) {
  const std::string text = "borrow me";
  const auto range = words(text);
  EXPECT_EQ((*range.begin()).data(), text.data());
  EXPECT_EQ((*std::next(range.begin())).data(), text.data() + 7);
}

TEST(words, may_be_read_twice) {
  const auto range = words("a b c");
  auto place = ++range.begin();
  const auto kept = place++;
  EXPECT_EQ(*kept, "b");
  EXPECT_EQ(*place, "c");
  EXPECT_EQ(kept, ++range.begin());
  EXPECT_NE(kept, place);
}

TEST(words, of_every_length_and_place_around_the_64_bytes_looked_at) {
  for (std::size_t before = 0; before < 70; ++before) {
    for (std::size_t size = 1; size < 140; ++size) {
      // Exactly as long as its text, so that the address sanitizer sees a look behind it.
      std::vector<char> text(before + size, ' ');
      for (std::size_t i = 0; i < size; ++i) text[before + i] = static_cast<char>('a' + i % 26);
      const auto found = words_of({text.data(), text.size()});
      ASSERT_THAT(found, ElementsAre(std::string(text.begin() + static_cast<std::ptrdiff_t>(before), text.end())))
          << before << " blanks, then " << size << " letters";
    }
  }
}

TEST(words, are_those_found_byte_by_byte) {
  constexpr unsigned seed = 20010211;
  std::mt19937 random(seed);
  const std::string alphabet = "ab  \t\n\v\f\r,.\x7f\x80\xff";
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 400, ' ');
    const bool long_words = round % 2 == 0;
    for (char& byte : text) byte = long_words && random() % 8 != 0 ? 'x' : alphabet[random() % alphabet.size()];
    ASSERT_EQ(words_of(text), words_by_hand(text)) << "seed " << seed << ", round " << round;
  }
}

}  // namespace
}  // namespace weir
