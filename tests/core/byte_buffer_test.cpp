#include "weir/core/byte_buffer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"

namespace {

using weir::byte_buffer;

TEST(byte_buffer, holds_what_was_appended) {
  byte_buffer buffer;
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.view(), "");
  buffer.append("ab");
  buffer.push_back('c');
  buffer.append(nullptr, 0);
  EXPECT_EQ(buffer.view(), "abc");
  buffer.clear();
  EXPECT_EQ(buffer.view(), "");
  buffer.push_back('d');
  EXPECT_EQ(buffer.view(), "d");
}

TEST(byte_buffer, grows_as_a_string_does) {
  std::mt19937 random(7);
  byte_buffer buffer;
  std::string expected;
  for (int round = 0; round < 3; ++round) {
    while (expected.size() < 100'000) {
      if (random() % 4 == 0) {
        const char byte = static_cast<char>(random());
        buffer.push_back(byte);
        expected.push_back(byte);
      } else {
        const bool is_long = random() % 8 == 0;
        std::string bytes(random() % (is_long ? 5000 : 20), ' ');
        for (char& each : bytes) each = static_cast<char>(random());
        buffer.append(bytes);
        expected.append(bytes);
      }
    }
    EXPECT_EQ(buffer.view(), expected);
    buffer.clear();
    expected.clear();
  }
}

TEST(byte_buffer, moves) {
  byte_buffer from;
  from.append("moved");
  byte_buffer to(std::move(from));
  EXPECT_EQ(to.view(), "moved");
  byte_buffer other;
  other.append("other");
  other = std::move(to);
  EXPECT_EQ(other.view(), "moved");
  other.push_back('!');
  EXPECT_EQ(other.view(), "moved!");
}

TEST(byte_buffer, takes_the_same_bytes_from_the_codec_as_a_string) {
  const std::pair<std::string, std::int32_t> value(std::string(300, 'x'), -5);
  byte_buffer buffer;
  std::string text;
  weir::encode(value, buffer);
  weir::encode(value, text);
  EXPECT_EQ(buffer.view(), text);
  EXPECT_EQ(text.size(), 2u + 300 + 4);
}

}  // namespace
