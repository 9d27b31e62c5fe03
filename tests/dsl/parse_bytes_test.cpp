#include "weir/dsl/parse_bytes.hpp"

#include <gtest/gtest.h>

namespace weir::detail {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

TEST(parse_bytes, takes_a_number_with_a_unit_or_of_the_unit_of_the_option) {
  EXPECT_EQ(parse_bytes("250", 1), 250U);
  EXPECT_EQ(parse_bytes("250", mebibyte), 250 * mebibyte);
  EXPECT_EQ(parse_bytes("0", 1), 0U);
  EXPECT_EQ(parse_bytes("7B", mebibyte), 7U);
  EXPECT_EQ(parse_bytes("7 b", 1), 7U);
  EXPECT_EQ(parse_bytes("3k", 1), 3072U);
  EXPECT_EQ(parse_bytes("512MB", 1), 536'870'912U);
  EXPECT_EQ(parse_bytes("512mb", 1), 536'870'912U);
  EXPECT_EQ(parse_bytes("512 MiB", 1), 536'870'912U);
  EXPECT_EQ(parse_bytes("2G", 1), 2'147'483'648U);
  EXPECT_EQ(parse_bytes("1.5GB", 1), 1'610'612'736U);
  EXPECT_EQ(parse_bytes("1TiB", 1), 1'099'511'627'776U);
}

TEST(parse_bytes, refuses_everything_else) {
  for (const char* wrong : {"",      "MB",    "-1MB", "+1MB", "1XB",   "1MM",  "1MBs", "1M2",  "much",          "1e3",
                            "0x10k", " 1MB",  "1MB ", "1 ",   "1  MB", "nan",  "inf",  ".5GB", "99999999999TB", "1iB",
                            "1..5G", "1Mi"}) {
    EXPECT_EQ(parse_bytes(wrong, 1), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace weir::detail
