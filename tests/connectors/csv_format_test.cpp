#include "weir/connectors/csv_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "weir/core/equal.hpp"
#include "weir/core/error.hpp"

namespace weir {
namespace {

enum class side : std::uint8_t { buy = 1, sell = 2 };

struct place {
  BOOST_HANA_DEFINE_STRUCT(place, (std::string, city), (float, latitude));
};

struct flight {
  BOOST_HANA_DEFINE_STRUCT(flight, (std::string_view, origin), (std::int8_t, delay), (std::optional<double>, score),
                           (timestamp, at), (bool, cancelled), (side, direction), (place, home),
                           (std::optional<std::string>, remark));
};

struct two {
  BOOST_HANA_DEFINE_STRUCT(two, (std::string_view, a), (std::optional<int>, b));
};

struct one {
  BOOST_HANA_DEFINE_STRUCT(one, (std::optional<std::string>, text));
};

struct with_vector {
  BOOST_HANA_DEFINE_STRUCT(with_vector, (int, a), (std::vector<int>, numbers));
};
struct with_optional_record {
  BOOST_HANA_DEFINE_STRUCT(with_optional_record, (std::optional<place>, spot));
};

}  // namespace
}  // namespace weir

template <>
inline constexpr auto weir::enum_names<weir::side> =
    std::array{weir::enum_name{weir::side::buy, "buy"}, weir::enum_name{weir::side::sell, "sell, all"}};

namespace weir {
namespace {

using testing::HasSubstr;

/// Parses `line` with a fresh arena; fails the test if that does not succeed.
template <class Record>
class reader {
 public:
  explicit reader(csv_options options = {}) : parser(describe<Record>(), options) {}

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

  csv_parser parser;
  arena scratch;
};

template <class Record>
std::string row(const Record& record, csv_options options = {}) {
  std::string out;
  csv_writer(describe<Record>(), options).row(&record, out);
  return out;
}

TEST(csv_parser, reads_every_kind_of_member_by_position) {
  reader<flight> read;
  const flight value = read("BOS,-5,1.25,978307200000,true,\"sell, all\",Springfield,-0.5,");
  EXPECT_EQ(value.origin, "BOS");
  EXPECT_EQ(value.delay, -5);
  EXPECT_EQ(value.score, 1.25);
  EXPECT_EQ(epoch_ms(value.at), 978307200000);
  EXPECT_TRUE(value.cancelled);
  EXPECT_EQ(value.direction, side::sell);
  EXPECT_EQ(value.home.city, "Springfield");
  EXPECT_EQ(value.home.latitude, -0.5f);
  EXPECT_EQ(value.remark, std::nullopt);
}

TEST(csv_parser, finds_columns_by_name_in_any_order_and_ignores_others) {
  reader<two> read;
  read.parser.bind_header("x,b,\"a\",y\r", "two.csv");
  const two value = read("\"1,1\",7,hello,2\r");
  EXPECT_EQ(value.a, "hello");
  EXPECT_EQ(value.b, 7);
}

TEST(csv_parser, a_missing_optional_column_is_empty_even_in_a_reused_record) {
  reader<two> read;
  read.parser.bind_header(
      "\xef\xbb\xbf"
      "a",
      "two.csv");
  two value{"old", 5};
  parse_failure failure;
  ASSERT_TRUE(read.parser.parse("new", &value, read.scratch, failure));
  EXPECT_EQ(value.a, "new");
  EXPECT_EQ(value.b, std::nullopt);
}

template <class Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no error";
}

TEST(csv_parser, refuses_headers_that_do_not_fit) {
  reader<flight> read;
  EXPECT_THAT(message_of([&] { read.parser.bind_header("origin,delay", "f.csv"); }),
              HasSubstr("f.csv has no column \"at\" (its header names origin, delay); add it"));
  reader<two> pair;
  EXPECT_THAT(message_of([&] { pair.parser.bind_header("a,b,a", "t.csv"); }), HasSubstr("t.csv has two columns \"a\""));
  EXPECT_THAT(message_of([&] { pair.parser.bind_header("a,\"b", "t.csv"); }),
              HasSubstr("t.csv has a header line that"));
}

TEST(csv_parser, refuses_types_without_a_csv_form) {
  EXPECT_THAT(message_of([] { csv_parser parser(describe<with_vector>()); }),
              HasSubstr("with_vector cannot be a CSV line: member \"numbers\" is a vector"));
  EXPECT_THAT(message_of([] { csv_writer writer(describe<with_optional_record>()); }),
              HasSubstr("member \"spot\" is a std::optional<place>"));
  EXPECT_THAT(message_of([] { csv_parser parser(describe<two>(), {.separator = ';', .quote = ';'}); }),
              HasSubstr("two different signs"));
  EXPECT_THAT(message_of([] { csv_parser parser(describe<two>(), {.separator = '1'}); }), HasSubstr("cannot be told"));
  EXPECT_THAT(message_of([] { csv_writer writer(describe<two>(), {}, {"only"}); }), HasSubstr("2 columns but 1 names"));
}

TEST(csv_parser, borrows_cells_and_decodes_doubled_quotes_into_the_arena) {
  reader<two> read;
  const std::string plain = "abc,1";
  EXPECT_EQ(read(plain).a.data(), plain.data());
  const std::string quoted = "\"a,c\",1";
  EXPECT_EQ(read(quoted).a, "a,c");
  EXPECT_EQ(read(quoted).a.data(), quoted.data() + 1);
  EXPECT_EQ(read.scratch.bytes_used(), 0u);
  EXPECT_EQ(read("\"say \"\"hi\"\"\"\"\",").a, "say \"hi\"\"");
  EXPECT_EQ(read.scratch.bytes_used(), 9u);
  EXPECT_EQ(read("\"\"\"\",").a, "\"");
  EXPECT_EQ(read("5\" pipe,").a, "5\" pipe");
}

TEST(csv_parser, an_empty_cell_differs_from_an_empty_string) {
  reader<one> read;
  EXPECT_EQ(read("").text, std::nullopt);
  EXPECT_EQ(read("\"\"").text, "");
  EXPECT_EQ(read("x").text, "x");
}

TEST(csv_parser, reads_lines_longer_than_a_scan_window) {
  reader<two> read;
  for (std::size_t size = 50; size < 200; ++size) {
    const std::string text(size, 'x');
    const std::string line = text + ",17";
    EXPECT_EQ(read(line).a, text);
    EXPECT_EQ(read(line).b, 17);
    const std::string quoted = "\"" + std::string(size, ',') + "\",17";
    EXPECT_EQ(read(quoted).a, std::string(size, ','));
    EXPECT_EQ(read(quoted).b, 17);
  }
}

TEST(csv_parser, says_what_was_expected_and_where) {
  reader<flight> read;
  const std::string rest = ",1.25,978307200000,true,buy,X,0.5,";
  EXPECT_EQ(read.refused("BOS,128" + rest).message(),
            "column 5: field \"delay\": expected an integer from -128 to 127, found \"128\"");
  EXPECT_EQ(read.refused("BOS," + rest).message(),
            "column 5: field \"delay\": expected an integer from -128 to 127, found nothing");
  EXPECT_EQ(read.refused("BOS, 1" + rest).field, "delay");
  EXPECT_EQ(read.refused("BOS,1,x,0,true,buy,X,0.5,").expected, "a number that fits into double");
  EXPECT_EQ(read.refused("BOS,1,1,yesterday,true,buy,X,0.5,").field, "at");
  EXPECT_EQ(read.refused("BOS,1,1,0,TRUE,buy,X,0.5,").expected, "true or false");
  EXPECT_EQ(read.refused("BOS,1,1,0,1,hold,X,0.5,").expected, "one of buy, sell, all");
  EXPECT_EQ(read.refused("BOS,1,1,0,1,300,X,0.5,").field, "direction");
  EXPECT_EQ(read.refused("BOS,1,1,0,1,1,X,1e60,").field, "home.latitude");
}

TEST(csv_parser, counts_columns) {
  reader<two> read;
  EXPECT_EQ(read.refused("a").message(), "column 2: expected 2 columns, found only 1");
  EXPECT_EQ(read.refused("").message(), "column 1: expected 2 columns, found only 1");
  EXPECT_EQ(read.refused("a,1,").message(), "column 4: expected 2 columns, found more columns");
}

TEST(csv_parser, refuses_broken_quotes) {
  reader<two> read;
  EXPECT_EQ(read.refused("\"ab").message(),
            "column 1: field \"a\": expected a closing quote in this line (cells with line breaks are not supported), "
            "found \"\"ab\"");
  EXPECT_EQ(read.refused("\"ab\"c,1").message(),
            "column 5: field \"a\": expected ',' or the end of the line after a closing quote, found \"c,1\"");
  EXPECT_EQ(read.refused("\"").column_number, 1u);
  EXPECT_EQ(read.refused("\"\"\"").column_number, 1u);
}

TEST(csv_parser, takes_timestamps_as_milliseconds_or_iso_8601) {
  struct moment {
    BOOST_HANA_DEFINE_STRUCT(moment, (timestamp, at));
  };
  reader<moment> read;
  const auto ms = [&](std::string_view text) { return epoch_ms(read(text).at); };
  EXPECT_EQ(ms("-1"), -1);
  EXPECT_EQ(ms("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(ms("1970-01-01"), 0);
  EXPECT_EQ(ms("2001-01-01T00:00Z"), 978307200000);
  EXPECT_EQ(ms("2001-01-01T23:59"), 978307200000 + 86340000);
  EXPECT_EQ(ms("2001-01-01 00:00:01Z"), 978307201000);
  EXPECT_EQ(ms("2001-01-01T00:00:01.5Z"), 978307201500);
  EXPECT_EQ(ms("2001-01-01T00:00:01.123456789Z"), 978307201123);
  EXPECT_EQ(ms("2000-02-29"), 951782400000);
  EXPECT_EQ(ms("0001-01-01"), -62135596800000);
  for (const std::string_view wrong : {"2001-02-29", "2001-13-01", "2001-01-01T24:00", "2001-01-01T", "2001-01-01T1:00",
                                       "2001-01-01T00:00:00.", "2001-01-01T00:00:00.0123456789", "2001-01-01T00:00ZZ",
                                       "2001-01-01Z", "20010101x", "9223372036854775808", ""}) {
    EXPECT_EQ(read.refused(wrong).field, "at") << wrong;
  }
}

TEST(csv_writer, writes_every_kind_of_member) {
  const flight value{"BOS", -5, 0.1, from_epoch_ms(12), false, side::sell, {"a\"b", 0.1f}, "x,y"};
  EXPECT_EQ(row(value), "BOS,-5,0.1,12,false,\"sell, all\",\"a\"\"b\",0.1,\"x,y\"\n");
  std::string out;
  csv_writer(describe<flight>()).header(out);
  EXPECT_EQ(out, "origin,delay,score,at,cancelled,direction,home.city,home.latitude,remark\n");
  out.clear();
  csv_writer(describe<two>(), {}, {"left", "right,er"}).header(out);
  EXPECT_EQ(out, "left,\"right,er\"\n");
  EXPECT_EQ(row(two{"a;b", 1}, {.separator = ';', .quote = '\''}), "'a;b';1\n");
  EXPECT_EQ(row(std::tuple(1, std::pair<std::string, bool>("x", true))), "1,x,true\n");
  EXPECT_EQ(row(std::uint64_t{7}), "7\n");
}

TEST(csv_writer, tells_empty_from_absent) {
  EXPECT_EQ(row(one{}), "\n");
  EXPECT_EQ(row(one{""}), "\"\"\n");
  EXPECT_EQ(row(two{"", std::nullopt}), ",\n");
  EXPECT_EQ(row(std::string()), "\"\"\n");
}

TEST(csv_writer, floating_point_is_shortest_and_exact) {
  EXPECT_EQ(row(1e300), "1e+300\n");
  EXPECT_EQ(row(0.1f), "0.1\n");
  EXPECT_EQ(row(-0.0), "-0\n");
  EXPECT_EQ(row(std::numeric_limits<double>::infinity()), "inf\n");
}

RC_GTEST_PROP(csv, what_was_written_is_read_back, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::element(',', '"', ' ', 'x', '\'', '\r'), rc::gen::distinctFrom(rc::gen::arbitrary<char>(), '\n')));
  const std::string origin = *text;
  flight value;
  value.origin = origin;
  value.delay = *rc::gen::arbitrary<std::int8_t>();
  if (*rc::gen::arbitrary<bool>()) value.score = *rc::gen::arbitrary<double>();
  value.at = from_epoch_ms(*rc::gen::arbitrary<std::int64_t>());
  value.cancelled = *rc::gen::arbitrary<bool>();
  value.direction = static_cast<side>(*rc::gen::arbitrary<std::uint8_t>());
  value.home.city = *text;
  value.home.latitude = *rc::gen::arbitrary<float>();
  if (*rc::gen::arbitrary<bool>()) value.remark = *text;

  std::string line = row(value);
  RC_ASSERT(line.back() == '\n');
  line.pop_back();
  flight read{};
  arena scratch;
  parse_failure failure;
  csv_parser parser(describe<flight>());
  RC_ASSERT(parser.parse(line, &read, scratch, failure));
  RC_ASSERT(equal_values(read, value));
}

}  // namespace
}  // namespace weir
