#include "weir/core/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "weir/core/error.hpp"

namespace weir {
namespace {

enum class side : std::uint8_t { buy = 1, sell = 2 };

struct leg {
  BOOST_HANA_DEFINE_STRUCT(leg, (std::string, venue), (std::optional<std::int16_t>, lots), (side, direction));
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, id), (double, price), (float, fee), (bool, open), (timestamp, at),
                           (std::vector<leg>, legs), (std::vector<std::uint32_t>, marks),
                           (std::tuple<std::uint8_t, std::pair<std::string, std::int8_t>>, rest));
};
struct tick {
  BOOST_HANA_DEFINE_STRUCT(tick, (std::string_view, symbol), (std::uint16_t, size));
};

template <class Type>
std::string encoded(const Type& value) {
  std::string out;
  encode(value, out);
  return out;
}

std::string bytes(std::initializer_list<int> values) { return std::string(values.begin(), values.end()); }

TEST(codec, has_these_bytes_forever) {
  EXPECT_EQ(encoded(true), bytes({1}));
  EXPECT_EQ(encoded(std::int8_t{-2}), bytes({0xfe}));
  EXPECT_EQ(encoded(std::uint16_t{0x1234}), bytes({0x34, 0x12}));
  EXPECT_EQ(encoded(std::int32_t{-2}), bytes({0xfe, 0xff, 0xff, 0xff}));
  EXPECT_EQ(encoded(std::uint64_t{0x0102030405060708}), bytes({8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(encoded(1.5f), bytes({0, 0, 0xc0, 0x3f}));
  EXPECT_EQ(encoded(-2.0), bytes({0, 0, 0, 0, 0, 0, 0, 0xc0}));
  EXPECT_EQ(encoded(side::sell), bytes({2}));
  EXPECT_EQ(encoded(from_epoch_ms(258)), bytes({2, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(encoded(std::string("ab")), bytes({2, 'a', 'b'}));
  EXPECT_EQ(encoded(std::string_view("ab")), bytes({2, 'a', 'b'}));
  EXPECT_EQ(encoded(std::string(300, 'x')).substr(0, 3), bytes({0xac, 0x02, 'x'}));
  EXPECT_EQ(encoded(std::optional<std::int8_t>()), bytes({0}));
  EXPECT_EQ(encoded(std::optional<std::int8_t>(5)), bytes({1, 5}));
  EXPECT_EQ(encoded(std::vector<std::int16_t>{1, -1}), bytes({2, 1, 0, 0xff, 0xff}));
  EXPECT_EQ(encoded(std::pair(std::uint8_t{9}, false)), bytes({9, 0}));
  EXPECT_EQ(encoded(leg{"X", 3, side::buy}), bytes({1, 'X', 1, 3, 0, 1}));
  EXPECT_EQ(encoded(std::vector<leg>{{"", std::nullopt, side::sell}}), bytes({1, 0, 0, 2}));
  EXPECT_EQ(encoded(std::tuple<>()), "");
  EXPECT_EQ(encoded(owned<tick>(tick{"IBM", 1})), bytes({3, 'I', 'B', 'M', 1, 0}));
}

TEST(codec, limits_survive) {
  for (const double value : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min(), -0.0,
                             std::numeric_limits<double>::max()}) {
    const double read = decode_all<double>(encoded(value));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(read), std::bit_cast<std::uint64_t>(value));
  }
  EXPECT_TRUE(std::isnan(decode_all<double>(encoded(std::numeric_limits<double>::quiet_NaN()))));
  EXPECT_EQ(decode_all<timestamp>(encoded(min_timestamp)), min_timestamp);
  EXPECT_EQ(decode_all<timestamp>(encoded(max_timestamp)), max_timestamp);
  EXPECT_EQ(decode_all<std::uint64_t>(encoded(std::numeric_limits<std::uint64_t>::max())),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(codec, a_decoded_view_borrows_from_the_input_and_an_owned_one_does_not) {
  std::string input = encoded(tick{"IBM", 100});
  std::string_view in = input;
  const tick read = decode<tick>(in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(read.symbol, "IBM");
  EXPECT_EQ(read.symbol.data(), input.data() + 1);
  const auto kept = decode_all<owned<tick>>(input);
  input.assign(input.size(), '#');
  EXPECT_EQ(kept->symbol, "IBM");
}

TEST(codec, decoding_replaces_what_was_there) {
  std::string input = encoded(leg{"a", std::nullopt, side::buy}) + encoded(std::vector<std::uint32_t>{7});
  std::string_view in = input;
  leg value{"old", 5, side::sell};
  decode_into(in, value);
  EXPECT_FALSE(value.lots.has_value());
  std::vector<std::uint32_t> numbers{1, 2, 3};
  decode_into(in, numbers);
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{7}));
}

template <class Type>
std::string failure_of(std::string_view in) {
  try {
    decode_all<Type>(in);
  } catch (const error& failure) {
    return failure.what();
  }
  return "no failure";
}

TEST(codec, says_what_is_wrong_with_the_bytes) {
  EXPECT_NE(failure_of<std::int32_t>("abc").find("stored int needs 4 more bytes or elements but only 3 bytes follow"),
            std::string::npos);
  EXPECT_NE(failure_of<bool>("\2").find("stored bool begins with the byte 2"), std::string::npos);
  EXPECT_NE(failure_of<std::optional<int>>("\7").find("stored optional begins with the byte 7"), std::string::npos);
  EXPECT_NE(failure_of<std::string>("\5abc").find("stored string needs 5"), std::string::npos);
  EXPECT_NE(failure_of<std::string>(std::string(11, '\xff')).find("does not fit into 64 bits"), std::string::npos);
  EXPECT_NE(failure_of<std::string>("\xff").find("stored length needs 1"), std::string::npos);
  EXPECT_NE(failure_of<std::int8_t>("ab").find("followed by 1 bytes that do not belong to it"), std::string::npos);
  const std::string huge = bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  EXPECT_NE(failure_of<std::vector<leg>>(huge + "x").find("stored std::vector"), std::string::npos);
}

rc::Gen<leg> any_leg() {
  return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<std::string>(), rc::gen::arbitrary<std::int16_t>(),
                                     rc::gen::arbitrary<bool>(), rc::gen::element(side::buy, side::sell)),
                      [](const auto& drawn) {
                        const auto& [venue, lots, present, direction] = drawn;
                        return leg{venue, present ? std::optional(lots) : std::nullopt, direction};
                      });
}

rc::Gen<order> any_order() {
  return rc::gen::exec([] {
    order made;
    made.id = *rc::gen::arbitrary<std::int64_t>();
    made.price = *rc::gen::arbitrary<double>();
    made.fee = *rc::gen::arbitrary<float>();
    made.open = *rc::gen::arbitrary<bool>();
    made.at = from_epoch_ms(*rc::gen::arbitrary<std::int64_t>());
    made.legs = *rc::gen::container<std::vector<leg>>(any_leg());
    made.marks = *rc::gen::arbitrary<std::vector<std::uint32_t>>();
    made.rest = {*rc::gen::arbitrary<std::uint8_t>(),
                 {*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::int8_t>()}};
    return made;
  });
}

RC_GTEST_PROP(codec, what_was_written_is_read_back, ()) {
  const order first = *any_order();
  const order second = *any_order();
  std::string out;
  encode(first, out);
  encode(second, out);
  std::string_view in = out;
  RC_ASSERT(equal_values(decode<order>(in), first));
  RC_ASSERT(equal_values(decode<order>(in), second));
  RC_ASSERT(in.empty());
}

RC_GTEST_PROP(codec, every_cut_is_noticed, ()) {
  const std::string whole = encoded(*any_order());
  const std::size_t size = *rc::gen::inRange<std::size_t>(0, whole.size());
  RC_ASSERT_THROWS_AS(decode_all<order>(std::string_view(whole).substr(0, size)), error);
}

RC_GTEST_PROP(codec, damaged_bytes_give_a_value_or_an_error, ()) {
  std::string damaged = encoded(*any_order());
  const std::size_t place = *rc::gen::inRange<std::size_t>(0, damaged.size());
  damaged[place] = *rc::gen::arbitrary<char>();
  try {
    RC_ASSERT(encoded(decode_all<order>(damaged)).size() <= damaged.size());
  } catch (const error&) {
  }
}

}  // namespace
}  // namespace weir
