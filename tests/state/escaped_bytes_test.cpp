// Any bytes go through a JSON string and come back.
#include "weir/state/escaped_bytes.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace weir::detail {
namespace {

using namespace std::string_literals;

/// What a JSON library and unescape_bytes make of the string.
std::string returned(std::string_view bytes) {
  auto text = nlohmann::json::parse(json_string(bytes)).get<std::string>();
  EXPECT_TRUE(unescape_bytes(text)) << json_string(bytes);
  return text;
}

TEST(escaped_bytes, leaves_text_readable_and_escapes_the_rest) {
  EXPECT_EQ(json_string("rows"), R"("rows")");
  EXPECT_EQ(json_string("é€😀 100%"), R"("é€😀 100%25")");
  EXPECT_EQ(json_string("say \"\\\""), R"("say \"\\\"")");
  EXPECT_EQ(json_string("\0\n\x7f"s), R"("%00%0A%7F")");
  EXPECT_EQ(json_string("\xff\xc3("), R"("%FF%C3(")");
}

TEST(escaped_bytes, every_one_and_two_bytes_come_back) {
  for (int first = 0; first < 256; ++first) {
    ASSERT_EQ(returned(std::string(1, static_cast<char>(first))), std::string(1, static_cast<char>(first)));
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(returned(bytes), bytes) << first << " " << second;
    }
  }
}

TEST(escaped_bytes, random_bytes_come_back) {
  // At the borders of what is UTF-8: overlong forms, surrogates, beyond U+10FFFF.
  constexpr std::string_view edges = "\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf4\xf5\xff%\"a";
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes(random() % 8, '\0');
    for (char& each : bytes) each = edges[random() % edges.size()];
    ASSERT_EQ(returned(bytes), bytes) << "seed " << seed;
  }
}

TEST(escaped_bytes, a_percent_sign_without_two_digits_is_refused) {
  for (std::string text : {"%", "a%", "%4", "%4g", "%g4", "%%41"}) EXPECT_FALSE(unescape_bytes(text)) << text;
  std::string lower = "%c3%a9";
  EXPECT_TRUE(unescape_bytes(lower));
  EXPECT_EQ(lower, "é");
}

TEST(escaped_bytes, hexadecimal_numbers_are_read) {
  std::uint64_t value = 1;
  EXPECT_TRUE(parse_hexadecimal("00fFA9ffffffffff", value));
  EXPECT_EQ(value, 0x00ffa9ffffffffffu);
  EXPECT_FALSE(parse_hexadecimal("0x12", value));
  EXPECT_FALSE(parse_hexadecimal("-1", value));
}

}  // namespace
}  // namespace weir::detail
