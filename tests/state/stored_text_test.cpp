#include "weir/state/stored_text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/error.hpp"

namespace {

using weir::detail::stored_text;

constexpr std::uint64_t hash = 0x0123456789abcdef;

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t at = 0; at < size; ++at) text += static_cast<char>('a' + at % 26);
  return text;
}

TEST(stored_text, is_a_copy) {
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string text = text_of(size);
    stored_text stored(text, hash);
    EXPECT_EQ(stored.is_allocated(), size > 12);
    text.assign(size, '?');
    EXPECT_EQ(stored.view(), text_of(size));
    const stored_text moved(std::move(stored));
    EXPECT_EQ(moved.view(), text_of(size));
  }
}

TEST(stored_text, differs_from_texts_that_differ_in_one_byte_or_in_size) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text = text_of(size);
    const stored_text stored(text, hash);
    EXPECT_TRUE(stored.equals(text, hash));
    EXPECT_FALSE(stored.equals(text + '\0', hash));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '?';
      EXPECT_FALSE(stored.equals(other, hash)) << size << " bytes, byte " << at;
    }
    if (size != 0) {
      EXPECT_FALSE(stored.equals(text.substr(1), hash));
    }
  }
}

TEST(stored_text, tells_the_part_of_the_hash_that_it_keeps) {
  const stored_text stored(text_of(13), hash);
  EXPECT_EQ(stored.allocated_hash(), hash & stored_text::hash_mask);
  EXPECT_FALSE(stored.equals(text_of(13), hash ^ stored_text::hash_mask));
}

TEST(stored_text, refuses_what_its_size_cannot_count) {
  if constexpr (sizeof(std::size_t) > 4) {
    const std::string_view huge("a", std::size_t{1} << 32);  // not read
    EXPECT_THROW(stored_text(huge, hash), weir::error);
  }
}

}  // namespace
