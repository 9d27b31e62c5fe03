#include "weir/connectors/json_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "weir/core/equal.hpp"
#include "weir/core/error.hpp"

namespace weir {
namespace {

enum class side : std::uint8_t { buy = 1, sell = 2 };
enum class level : std::int16_t { low = -1, high = 1 };

struct place {
  BOOST_HANA_DEFINE_STRUCT(place, (std::string, city), (float, latitude));
};

struct flight {
  BOOST_HANA_DEFINE_STRUCT(flight, (std::string_view, origin), (std::int8_t, delay), (std::optional<double>, score),
                           (timestamp, at), (bool, cancelled), (side, direction), (level, severity), (place, home),
                           (std::vector<place>, stops), (std::uint64_t, id), (std::optional<place>, hub),
                           (std::tuple<int, std::string>, pair_like), (std::pair<int, double>, pair));
};

struct two {
  BOOST_HANA_DEFINE_STRUCT(two, (std::string_view, a), (std::optional<int>, b));
};

}  // namespace
}  // namespace weir

template <>
inline constexpr auto weir::enum_names<weir::side> =
    std::array{weir::enum_name{weir::side::buy, "buy"}, weir::enum_name{weir::side::sell, "sell \"all\""}};

namespace weir {
namespace {

using testing::HasSubstr;

template <class Record>
class reader {
 public:
  Record operator()(std::string_view line) {
    Record record{};
    parse_failure failure;
    EXPECT_TRUE(parser.parse(line, &record, scratch, failure)) << line << ": " << failure.message();
    return record;
  }

  parse_failure refused(std::string_view line) {
    Record record{};
    parse_failure failure;
    EXPECT_FALSE(parser.parse(line, &record, scratch, failure)) << line;
    return failure;
  }

  json_parser parser{describe<Record>()};
  arena scratch;
};

template <class Record>
std::string row(const Record& record) {
  std::string out;
  json_writer(describe<Record>()).row(&record, out);
  return out;
}

TEST(json_parser, reads_every_kind_of_member_in_any_order) {
  reader<flight> read;
  const flight value =
      read(R"( {"id": 18446744073709551615, "pair": {"second": 1e2, "first": 3}, "pair_like": [7, "x"], "hub": null,)"
           R"("stops":[{"city":"A","latitude":0.5},{"latitude":1,"city":""}], "home" : {"city":"B","latitude":-0.1},)"
           R"("severity":-1,"direction":"sell \"all\"","cancelled":true,"at":978307200000,"score":2,"delay":-128,)"
           R"("origin":"BOS"} )");
  EXPECT_EQ(value.origin, "BOS");
  EXPECT_EQ(value.delay, -128);
  EXPECT_EQ(value.score, 2.0);
  EXPECT_EQ(epoch_ms(value.at), 978307200000);
  EXPECT_TRUE(value.cancelled);
  EXPECT_EQ(value.direction, side::sell);
  EXPECT_EQ(value.severity, level::low);
  EXPECT_EQ(value.home.city, "B");
  EXPECT_EQ(value.home.latitude, -0.1f);
  ASSERT_EQ(value.stops.size(), 2u);
  EXPECT_EQ(value.stops[0].city, "A");
  EXPECT_EQ(value.stops[1].latitude, 1.0f);
  EXPECT_EQ(value.id, 18446744073709551615u);
  EXPECT_FALSE(value.hub.has_value());
  EXPECT_EQ(value.pair_like, std::tuple(7, "x"));
  EXPECT_EQ(value.pair, std::pair(3, 100.0));
}

TEST(json_parser, skips_unknown_keys_and_takes_the_last_of_equal_keys) {
  reader<two> read;
  const two value = read(R"({"x":{"a":[1,{"a":"no"}]},"a":"first","y":"\"","a":"last","aa":"no","":0})");
  EXPECT_EQ(value.a, "last");
  EXPECT_EQ(value.b, std::nullopt);
  EXPECT_EQ(read(R"({"a":"","b":1,"b":null})").b, std::nullopt);
}

TEST(json_parser, a_reused_record_keeps_nothing) {
  json_parser parser(describe<flight>());
  arena scratch;
  parse_failure failure;
  const std::string rest = R"("origin":"A","delay":0,"at":0,"cancelled":false,"direction":1,"severity":1,)"
                           R"("home":{"city":"","latitude":0},"id":0,"pair_like":[1,""],"pair":{"first":1,"second":1})";
  flight value{};
  value.score = 1.5;
  value.hub.emplace();
  value.stops.resize(5);
  ASSERT_TRUE(parser.parse("{" + rest + R"(,"stops":[]})", &value, scratch, failure)) << failure.message();
  EXPECT_FALSE(value.score.has_value());
  EXPECT_FALSE(value.hub.has_value());
  EXPECT_TRUE(value.stops.empty());
}

TEST(json_parser, borrows_plain_strings_and_decodes_escapes_into_the_arena) {
  reader<two> read;
  const std::string plain = R"({"a":"BOS"})";
  EXPECT_EQ(read(plain).a.data(), plain.data() + 6);
  EXPECT_EQ(read.scratch.bytes_used(), 0u);
  EXPECT_EQ(read(R"({"a":"\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00"})").a, "\"\\/\b\f\n\r\tA\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(read.scratch.bytes_used(), 15u);
  EXPECT_EQ(read(R"({"\u0061":"escaped key"})").a, "escaped key");
  EXPECT_EQ(read("{\"a\":\"\xc3\xa9\"}").a, "\xc3\xa9");
}

TEST(json_parser, reads_in_place_when_bytes_behind_the_line_may_be_read) {
  json_parser parser(describe<two>());
  arena scratch;
  parse_failure failure;
  const std::string first = R"({"a":"one","b":1})";
  const std::string second = R"({"a":"two","b":22})";
  const std::string block = first + "\n" + second + std::string(json_parser::padding_bytes, '"');
  two value;
  ASSERT_TRUE(parser.parse(std::string_view(block).substr(0, first.size()), &value, scratch, failure, 64));
  EXPECT_EQ(value.a, "one");
  EXPECT_EQ(value.a.data(), block.data() + 6);
  ASSERT_TRUE(parser.parse({block.data() + first.size() + 1, second.size()}, &value, scratch, failure, 64));
  EXPECT_EQ(value.a, "two");
  EXPECT_EQ(value.b, 22);
}

TEST(json_parser, says_what_was_expected_and_where) {
  reader<two> read;
  EXPECT_EQ(read.refused(R"({"a":"x","b":2147483648})").message(),
            "column 14: field \"b\": expected an integer from -2147483648 to 2147483647, found \"2147483648\"");
  EXPECT_EQ(read.refused(R"({"a":"x","b": 1.0 })").message(),
            "column 15: field \"b\": expected an integer from -2147483648 to 2147483647, found \"1.0\"");
  EXPECT_EQ(read.refused(R"({"a":7})").message(), "column 6: field \"a\": expected a string, found \"7\"");
  EXPECT_EQ(read.refused(R"({"a":null})").message(), "column 6: field \"a\": expected a string, found \"null\"");
  EXPECT_EQ(read.refused(R"({"b":1})").message(), "column 8: field \"a\": expected a string, found no such key");
  EXPECT_EQ(read.refused(R"({"a":"x"} 1)").message(),
            "column 12: expected a line with one JSON object, found no closing brace at its end");
  EXPECT_EQ(read.refused(R"({"a":"x"}{"a":"x"})").message(),
            "column 10: expected the end of the line after the object, found \"{\"a\":\"x\"}\"");
  EXPECT_EQ(read.refused("[1]").message(), "column 1: expected a JSON object, found \"[1]\"");
  EXPECT_EQ(read.refused("").message(), "column 1: expected a line with one JSON object, found an empty line");
  EXPECT_EQ(read.refused("  ").found, "an empty line");
  EXPECT_EQ(read.refused("{\"a\":\"\xff\"}").found, "bytes that are not UTF-8");
  EXPECT_EQ(read.refused("{\"a\":\"x").found, "a string that is not closed");
  EXPECT_EQ(read.refused("{\"a\":\"\x01\"}").found, "a control character in a string");
  EXPECT_EQ(read.refused(R"({"a":"\x"})").field, "a");
  EXPECT_EQ(read.refused(R"({"a":"\ud800"})").field, "a");
}

TEST(json_parser, refuses_broken_objects) {
  reader<two> read;
  for (const std::string_view line : {R"({"a":"x")",
                                      R"({"a":"x",})",
                                      R"({"a" "x"})",
                                      R"({"a":"x" "b":1})",
                                      R"({a:"x"})",
                                      "{",
                                      "}",
                                      "nul",
                                      R"({"a":"x","b":01})",
                                      R"({"a":"x","b":+1})",
                                      R"({"a":"x","b":1x})",
                                      R"({"a":"x","b":})",
                                      R"({"a":"x"}])",
                                      R"({"a":"x","c":[1})",
                                      R"({"a":"x","c":{"d":1})",
                                      R"("a")",
                                      R"({"a":"x"y})",
                                      R"({"a":"x","c":"1":"2","b":,3})",
                                      R"({"a":"x","c":[}]})",
                                      R"({"a":"x","c":{"d"}})",
                                      R"({"a":"x","c":01})",
                                      R"({"a":"x","c":1.})",
                                      R"({"a":"x","c":-})",
                                      R"({"a":"x","c":1e})",
                                      R"({"a":"x","c":tru})",
                                      R"({"a":"x","c":[1 2]})",
                                      R"({"a":"x","c":[1,]})",
                                      R"({"a":"x","c":})"}) {
    read.refused(line);
  }
}

TEST(json_parser, does_not_take_the_bytes_behind_a_broken_line_for_its_end) {
  using nested = std::tuple<std::vector<place>, int>;
  json_parser parser(describe<nested>());
  arena scratch;
  parse_failure failure;
  nested value;
  const std::string line = R"({"0":[{"city":"A","latitude":1})";
  for (const char behind : {',', ']', '}', '[', '{', '"', '1', 'n', ':', '\\', ' ', '\0'}) {
    const std::string block = line + std::string(json_parser::padding_bytes, behind);
    EXPECT_FALSE(parser.parse({block.data(), line.size()}, &value, scratch, failure, json_parser::padding_bytes));
    EXPECT_LE(failure.column_number, line.size() + 1) << behind;
  }
}

TEST(json_parser, skips_any_json_down_to_a_depth) {
  reader<two> read;
  EXPECT_EQ(
      read(R"({"c":[0,-0.5e+10,1E-2,99999999999999999999999,1e999,true,false,null,"\"",{},[],{"a":{"a":[]}}],"a":"x"})")
          .a,
      "x");
  EXPECT_EQ(read("{\"c\":" + std::string(256, '[') + std::string(256, ']') + ",\"a\":\"x\"}").a, "x");
  EXPECT_EQ(read.refused("{\"c\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}").expected,
            "at most 256 nested levels");
}

TEST(json_parser, names_the_path_of_a_nested_failure) {
  reader<std::tuple<std::vector<place>, std::tuple<int, int>>> read;
  EXPECT_EQ(read.refused(R"({"0":[{"city":"A","latitude":"x"}],"1":[1,2]})").field, "0.latitude");
  EXPECT_EQ(read.refused(R"({"0":[{"city":"A"}],"1":[1,2]})").field, "0.latitude");
  EXPECT_EQ(read.refused(R"({"0":[],"1":[1,"2"]})").field, "1.1");
  EXPECT_EQ(read.refused(R"({"0":[],"1":[1,2,3]})").expected, "an array of 2 values");
  EXPECT_EQ(read.refused(R"({"0":[],"1":[1]})").found, "1 values");
  EXPECT_EQ(read.refused(R"({"0":{},"1":[1,2]})").expected, "a list of values");
  reader<flight> wide;
  EXPECT_EQ(wide.refused(R"({"direction":"hold"})").expected, "one of buy, sell \"all\"");
  EXPECT_EQ(wide.refused(R"({"direction":256})").field, "direction");
  EXPECT_EQ(wide.refused(R"({"at":1.5})").field, "at");
  EXPECT_EQ(wide.refused(R"({"home":{"latitude":1e39}})").field, "home.latitude");
  EXPECT_EQ(wide.refused(R"({"id":-1})").field, "id");
  EXPECT_EQ(wide.refused(R"({"cancelled":1})").field, "cancelled");
}

TEST(json_parser, reads_iso_timestamps_and_bare_values) {
  reader<timestamp> read;
  EXPECT_EQ(epoch_ms(read(R"({"value":"2001-01-01T00:00:00.250Z"})")), 978307200250);
  EXPECT_EQ(epoch_ms(read(R"({"value":-5})")), -5);
}

TEST(json_parser, reads_the_nearest_double) {
  reader<double> read;
  for (const auto& [text, number] : std::vector<std::pair<std::string, double>>{
           {"0.95000000000000000000", 0.95},
           {"-0.47876143870753413239", -0.47876143870753413239},
           {"123456789012345", 123456789012345.0},
           {"0.1234567890123456", 0.1234567890123456},
           {"9007199254740993", 9007199254740992.0},
           {"1e23", 1e23},
           {"1e00000000000000000000003", 1e3},
           {"-0", -0.0},
           {"2.2250738585072011e-308", 2.2250738585072011e-308},
           {"1e-400", 0.0}}) {
    EXPECT_EQ(read("{\"value\":" + text + "}"), number) << text;
    EXPECT_EQ(read("{\"v\\u0061lue\":" + text + "}"), number) << text;  // a line for the full parser
    EXPECT_EQ(std::signbit(read("{\"value\":" + text + "}")), std::signbit(number)) << text;
  }
}

TEST(json_writer, writes_every_kind_of_member) {
  const flight value{
      "B\"\\\n\x01\x7f\xc3\xa9", -1, 0.1,          from_epoch_ms(12), true,    side::sell, level::high, {"c", 0.1f},
      {{"a", 1}, {"", 2}},       5,  std::nullopt, {1, "t"},          {2, 2.5}};
  EXPECT_EQ(row(value),
            R"({"origin":"B\"\\\n\u0001)"
            "\x7f\xc3\xa9"
            R"(","delay":-1,"score":0.1,"at":12,"cancelled":true,"direction":"sell \"all\"","severity":1,)"
            R"("home":{"city":"c","latitude":0.1},"stops":[{"city":"a","latitude":1},{"city":"","latitude":2}],)"
            R"("id":5,"hub":null,"pair_like":[1,"t"],"pair":{"first":2,"second":2.5}})"
            "\n");
}

TEST(json_writer, has_a_form_for_values_that_are_no_records) {
  EXPECT_EQ(row(5), "{\"value\":5}\n");
  EXPECT_EQ(row(std::tuple(1, std::string("x"))), "{\"0\":1,\"1\":\"x\"}\n");
  EXPECT_EQ(row(std::vector<int>{1, 2}), "{\"value\":[1,2]}\n");
  std::string out;
  const std::tuple pair(1, 2.5);
  json_writer(describe<std::tuple<int, double>>(), {"flights", "me\"an"}).row(&pair, out);
  EXPECT_EQ(out, "{\"flights\":1,\"me\\\"an\":2.5}\n");
  EXPECT_THROW(json_writer(describe<two>(), {"one"}), error);
}

TEST(json_writer, writes_null_for_what_json_cannot_say) {
  EXPECT_EQ(row(std::numeric_limits<double>::infinity()), "{\"value\":null}\n");
  EXPECT_EQ(row(std::numeric_limits<float>::quiet_NaN()), "{\"value\":null}\n");
  EXPECT_EQ(row(std::string("a\xff\xe2\x82z\xed\xa0\x80\xc3")),
            "{\"value\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n");
  EXPECT_EQ(row(static_cast<side>(9)), "{\"value\":9}\n");
}

RC_GTEST_PROP(json, what_was_written_is_read_back, ()) {
  const auto text = rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element('"', '\\', '\n', '/', 'u'), rc::gen::inRange<char>(0, 127)));
  const std::string origin = *text;
  flight value;
  value.origin = origin;
  value.delay = *rc::gen::arbitrary<std::int8_t>();
  if (*rc::gen::arbitrary<bool>()) value.score = *rc::gen::arbitrary<double>();
  value.at = from_epoch_ms(*rc::gen::arbitrary<std::int64_t>());
  value.cancelled = *rc::gen::arbitrary<bool>();
  value.direction = static_cast<side>(*rc::gen::arbitrary<std::uint8_t>());
  value.severity = static_cast<level>(*rc::gen::arbitrary<std::int16_t>());
  value.home = {*text, *rc::gen::arbitrary<float>()};
  value.stops.resize(*rc::gen::inRange<std::size_t>(0, 4));
  for (place& each : value.stops) each = {*text, *rc::gen::arbitrary<float>()};
  value.id = *rc::gen::arbitrary<std::uint64_t>();
  if (*rc::gen::arbitrary<bool>()) value.hub = place{*text, 0.5f};
  value.pair_like = {*rc::gen::arbitrary<int>(), *text};
  value.pair = {*rc::gen::arbitrary<int>(), *rc::gen::arbitrary<double>()};

  const std::string line = row(value);
  RC_ASSERT(line.find('\n') == line.size() - 1);
  flight read{};
  arena scratch;
  parse_failure failure;
  json_parser parser(describe<flight>());
  const bool parsed = parser.parse(std::string_view(line).substr(0, line.size() - 1), &read, scratch, failure);
  RC_LOG() << line << failure.message();
  RC_ASSERT(parsed);
  RC_ASSERT(equal_values(read, value));
}

}  // namespace
TEST(json_writer, writes_nested_members_flat_when_each_column_has_a_name) {
  using figures = std::pair<std::string, std::tuple<std::int64_t, double>>;
  const weir::json_writer writer(weir::describe<figures>(), {"origin", "flights", "mean"});
  const figures written{"BOS", {3, 1.5}};
  std::string out;
  writer.row(&written, out);
  EXPECT_EQ(out, "{\"origin\":\"BOS\",\"flights\":3,\"mean\":1.5}\n");
}

}  // namespace weir
