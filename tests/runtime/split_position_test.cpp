// How far a source has come, as snapshots hold it: the same bytes as ever where readers have no state of their own.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "weir/core/codec.hpp"
#include "weir/runtime/split_assigner.hpp"

namespace weir::detail {
namespace {

source_position some_position(const std::string& state) {
  assigned_split current{.split = {.path = "in", .begin = 3, .end = 9, .file = 1, .file_bytes = 70, .modified_ns = 5},
                         .number = 2,
                         .latest = from_epoch_ms(40),
                         .since_watermark = 6};
  current.split.state = state;
  return {.finished = {0, 7}, .current = current, .watermark = from_epoch_ms(30)};
}

/// Written by hand, in the order of format 1.
std::string bytes_of_format_1() {
  std::string bytes;
  encode(from_epoch_ms(30), bytes);
  for (const std::uint64_t number : {2, 0, 7}) encode_varint(number, bytes);  // two splits are finished
  encode(true, bytes);
  encode(std::string("in"), bytes);
  for (const std::uint64_t number : {3, 9, 1, 70}) encode(number, bytes);
  encode(std::int64_t{5}, bytes);
  encode_varint(2, bytes);
  encode(from_epoch_ms(40), bytes);
  encode_varint(6, bytes);
  return bytes;
}

TEST(source_position, has_the_bytes_of_format_1_where_readers_have_no_state) {
  EXPECT_EQ(encode_position(some_position("")), bytes_of_format_1());
  const source_position read = decode_position(bytes_of_format_1());
  ASSERT_TRUE(read.current.has_value());
  EXPECT_EQ(read.current->split.begin, 3u);
  EXPECT_EQ(read.current->since_watermark, 6u);
  EXPECT_EQ(read.current->split.state, "");
}

TEST(source_position, ends_with_what_its_reader_says) {
  std::string expected = bytes_of_format_1();
  encode(std::string("a token"), expected);
  EXPECT_EQ(encode_position(some_position("a token")), expected);
  EXPECT_EQ(decode_position(expected).current->split.state, "a token");
}

TEST(source_position, holds_what_a_watermark_strategy_keeps) {
  for (const std::string state : {"", "a token"}) {
    source_position position = some_position(state);
    position.current->strategy = "kept";
    const source_position read = decode_position(encode_position(position));
    EXPECT_EQ(read.current->split.state, state);
    EXPECT_EQ(read.current->strategy, "kept");
  }
}

}  // namespace
}  // namespace weir::detail
