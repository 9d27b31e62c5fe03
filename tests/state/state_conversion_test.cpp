// State of older code becomes state of the present one, member by member; what cannot is refused by name.
#include "weir/state/state_conversion.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/state/parsed_schema.hpp"

namespace weir {
namespace {

enum class side : std::int8_t { buy = 1, sell = 2 };

struct v1 {
  BOOST_HANA_DEFINE_STRUCT(v1, (std::int32_t, amount), (std::string, item), (std::vector<double>, prices));
};
/// `item` is gone, `currency` and `hint` are new, and the rest has changed places.
struct v2 {
  v2() : currency("EUR"), amount(0) {}
  BOOST_HANA_DEFINE_STRUCT(v2, (std::string, currency), (std::vector<double>, prices), (std::int32_t, amount),
                           (std::optional<std::int64_t>, hint));
};
/// Amounts are cents now.
struct v3 {
  BOOST_HANA_DEFINE_STRUCT(v3, (std::int64_t, cents));
  static v3 migrate(const v1& older) { return {older.amount * std::int64_t{100}}; }
};
/// And have a unit since.
struct v4 {
  BOOST_HANA_DEFINE_STRUCT(v4, (std::int64_t, units), (std::string, unit));
  static v4 migrate(const v3& older) { return {older.cents, "cent"}; }
};
struct other_amount {
  BOOST_HANA_DEFINE_STRUCT(other_amount, (std::int64_t, amount));
};
struct nested_v1 {
  BOOST_HANA_DEFINE_STRUCT(nested_v1, (std::int8_t, tag), (std::vector<v1>, all), (std::optional<v1>, last));
};
struct nested_v3 {
  BOOST_HANA_DEFINE_STRUCT(nested_v3, (std::optional<v3>, last), (std::vector<v3>, all));
};

template <class Newer, class Older>
Newer converted(const Older& older) {
  std::string bytes;
  encode(older, bytes);
  bytes += "what follows";
  std::string_view in = bytes;
  std::string out;
  state_conversion(schema_text(describe<Older>()), describe<Newer>()).convert(in, out);
  EXPECT_EQ(in, "what follows");
  return decode_all<Newer>(out);
}

template <class Newer, class Older>
std::string refusal() {
  try {
    state_conversion(schema_text(describe<Older>()), describe<Newer>());
  } catch (const error& refused) {
    return refused.what();
  }
  return {};
}

const v1 sample{7, "pen", {1.5, 2.5}};

TEST(state_conversion, copies_what_is_equal) {
  const v1 same = converted<v1>(sample);
  EXPECT_EQ(same.amount, 7);
  EXPECT_EQ(same.item, "pen");
  EXPECT_EQ(same.prices, (std::vector<double>{1.5, 2.5}));
}

TEST(state_conversion, matches_members_by_name) {
  const v2 now = converted<v2>(sample);
  EXPECT_EQ(now.amount, 7);
  EXPECT_EQ(now.prices, (std::vector<double>{1.5, 2.5}));
  EXPECT_EQ(now.currency, "EUR");
  EXPECT_EQ(now.hint, std::nullopt);
}

TEST(state_conversion, migrates_records_also_in_several_steps) {
  EXPECT_EQ(converted<v3>(sample).cents, 700);
  EXPECT_EQ(converted<v4>(sample).units, 700);
  EXPECT_EQ(converted<v4>(v3{5}).units, 5);
  EXPECT_EQ(converted<v4>(v3{5}).unit, "cent");
}

TEST(state_conversion, reaches_into_vectors_and_optionals) {
  const nested_v3 now = converted<nested_v3>(nested_v1{1, {sample, {8, "ink", {}}}, v1{9, "", {}}});
  ASSERT_EQ(now.all.size(), 2u);
  EXPECT_EQ(now.all[1].cents, 800);
  EXPECT_EQ(now.last->cents, 900);
  EXPECT_EQ(converted<nested_v3>(nested_v1{1, {}, std::nullopt}).last.has_value(), false);
}

TEST(state_conversion, refuses_other_types_by_name) {
  EXPECT_EQ((refusal<other_amount, v1>()), "member 'amount' was int32 and is int64");
  EXPECT_EQ((refusal<std::string, std::int64_t>()), "it was int64 and is string");
  EXPECT_EQ((refusal<std::tuple<int, int>, std::tuple<int>>()), "it was tuple<int32> and is tuple<int32, int32>");
}

TEST(state_conversion, lets_enumerations_gain_names_and_keep_them) {
  const std::string older = "enum<int8 buy=1>";
  EXPECT_NO_THROW(state_conversion(older, describe<side>()));
}

// ---- rows -----------------------------------------------------------------------------------------------------------

row_description row_of(std::vector<row_description::state> states, bool timers = false, bool ttl = false) {
  return {std::move(states), timers, ttl};
}

struct row_bytes {
  std::string bytes;
  template <class... Values>
  explicit row_bytes(unsigned presence, const Values&... values) {
    bytes.push_back(static_cast<char>(presence));
    (encode(values, bytes), ...);
  }
};

std::string convert_row(std::string_view older, const row_description& newer, std::string_view bytes) {
  std::string out;
  state_conversion(older, newer).convert(bytes, out);
  EXPECT_TRUE(bytes.empty());
  return out;
}

constexpr std::string_view older_row = "sum: value<int64>; seen: list<string>; visits: map<string, int32>; timers";

TEST(row_conversion, keeps_adds_removes_and_moves_states) {
  // Present: seen and visits (bits 1 and 2) and timers (bit 3).
  std::string older = row_bytes(0b1110).bytes;
  detail::encode_varint(2, older);
  encode(std::string("a"), older);
  encode(std::string("b"), older);
  detail::encode_varint(1, older);
  encode(std::string("page"), older);
  encode(std::int32_t{3}, older);
  detail::encode_varint(1, older);
  encode(from_epoch_ms(50), older);
  detail::encode_varint(0, older);

  const row_description newer = row_of({{"visits", "map", {&describe<std::string>(), &describe<std::int32_t>()}, {}},
                                        {"fresh", "value", {&describe<double>()}, {}},
                                        {"sum", "value", {&describe<std::int64_t>()}, {}}},
                                       true);
  std::string expected = row_bytes(0b1001).bytes;  // visits and timers
  detail::encode_varint(1, expected);
  encode(std::string("page"), expected);
  encode(std::int32_t{3}, expected);
  detail::encode_varint(1, expected);
  encode(from_epoch_ms(50), expected);
  detail::encode_varint(0, expected);
  EXPECT_EQ(convert_row(older_row, newer, older), expected);
}

TEST(row_conversion, knows_former_names_and_migrations) {
  const std::string older = "small_seen: value<bool>; last: value<" + schema_text(describe<v1>()) + ">";
  const row_description newer = row_of({{"last", "value", {&describe<v3>()}, {}}, {"seen", "value", {&describe<bool>()}, {"small_seen"}}});
  EXPECT_EQ(convert_row(older, newer, row_bytes(0b11, true, sample).bytes), row_bytes(0b11, v3{700}, true).bytes);
  EXPECT_EQ(convert_row(older, newer, row_bytes(0b01, true).bytes), row_bytes(0b10, true).bytes);
}

TEST(row_conversion, carries_the_times_of_time_to_live) {
  const std::string older = "gone: value<bool>; sum: value<int64>; ttl";
  const row_description newer = row_of({{"sum", "value", {&describe<std::int64_t>()}, {}}}, false, true);
  EXPECT_EQ(convert_row(older, newer, row_bytes(0b11, from_epoch_ms(1), true, from_epoch_ms(2), std::int64_t{9}).bytes),
            row_bytes(0b1, from_epoch_ms(2), std::int64_t{9}).bytes);
}

TEST(row_conversion, refuses_what_has_no_counterpart) {
  const auto refused = [](std::string_view older, const row_description& newer) -> std::string {
    try {
      state_conversion(older, newer);
    } catch (const error& cause) {
      return cause.what();
    }
    return {};
  };
  EXPECT_EQ(refused("sum: value<int64>", row_of({{"sum", "value", {&describe<double>()}, {}}})),
            "state 'sum' was int64 and is float64");
  EXPECT_EQ(refused("sum: value<int64>", row_of({{"sum", "list", {&describe<std::int64_t>()}, {}}})),
            "state 'sum' was of kind value and is of kind list");
  EXPECT_EQ(refused("sum: value<int64>; ttl", row_of({{"sum", "value", {&describe<std::int64_t>()}, {}}})),
            "its state had a time to live and has none now");
  EXPECT_EQ(refused("timers", row_of({})), "it had timers and has no on_timer now");
  EXPECT_EQ(refused("s: value<" + schema_text(describe<nested_v1>()) + ">",
                    row_of({{"s", "value", {&describe<nested_v3>()}, {}}})),
            "");
}

TEST(row_conversion, refuses_bytes_that_are_cut_short) {
  const row_description newer = row_of({{"sum", "value", {&describe<std::int64_t>()}, {}}});
  const state_conversion conversion("gone: value<bool>; sum: value<int64>", newer);
  const std::string whole = row_bytes(0b11, true, std::int64_t{9}).bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view cut(whole.data(), size);
    std::string out;
    EXPECT_THROW(conversion.convert(cut, out), error) << size;
  }
}

// ---- schemas read back ----------------------------------------------------------------------------------------------

TEST(parsed_schema, is_what_was_written) {
  const std::string text = schema_text(describe<nested_v1>());
  const parsed_type parsed = parse_type_schema(text);
  EXPECT_EQ(parsed.text, text);
  EXPECT_EQ(parsed.names, (std::vector<std::string>{"tag", "all", "last"}));
  EXPECT_EQ(parsed.parts[1].parts[0].text, schema_text(describe<v1>()));
  const parsed_row row = parse_row_schema(older_row);
  ASSERT_EQ(row.states.size(), 3u);
  EXPECT_EQ(row.states[2].kind, "map");
  EXPECT_EQ(row.states[2].types[1].text, "int32");
  EXPECT_TRUE(row.timers);
  EXPECT_FALSE(row.ttl);
  EXPECT_TRUE(is_row_schema(older_row));
  EXPECT_FALSE(is_row_schema(text));
  EXPECT_FALSE(is_row_schema("int64"));
}

TEST(parsed_schema, refuses_other_texts) {
  for (const char* const text : {"", "int65", "{a: int64", "{a int64}", "vector<int64", "optional<>", "enum<int32 a>",
                                 "int64 and more", "tuple<int8,int8>"}) {
    EXPECT_THROW(parse_type_schema(text), error) << text;
  }
  for (const char* const text : {"a: value<int64>;", "a: nothing<int64>", "a: map<int64>", "a: value<int64> b: value<int8>",
                                 "timers; timers", "a"}) {
    EXPECT_THROW(parse_row_schema(text), error) << text;
  }
  std::string deep = "int8";
  for (int i = 0; i < 1000; ++i) deep = "vector<" + deep + ">";
  EXPECT_THROW(parse_type_schema(deep), error);
}

TEST(parsed_schema, shows_values_as_json) {
  struct shown {
    std::string operator()(std::string_view schema, const std::string& bytes) const {
      std::string_view in = bytes;
      std::string out;
      append_json(parse_type_schema(schema), in, out);
      EXPECT_TRUE(in.empty());
      return out;
    }
  } json;
  std::string bytes;
  encode(nested_v1{-1, {{7, "a \"pen\"\n\xff", {1.5, 1e300}}}, std::nullopt}, bytes);
  EXPECT_EQ(json(schema_text(describe<nested_v1>()), bytes),
            "{\"tag\": -1, \"all\": [{\"amount\": 7, \"item\": \"a \\\"pen\\\"\\u000a\xef\xbf\xbd\", \"prices\": [1.5, "
            "1e+300]}], \"last\": null}");
  bytes.clear();
  encode(std::tuple(std::uint64_t{18446744073709551615u}, true, from_epoch_ms(0), -std::numeric_limits<double>::infinity()), bytes);
  EXPECT_EQ(json("tuple<uint64, bool, timestamp, float64>", bytes),
            "[18446744073709551615, true, \"1970-01-01T00:00:00.000Z\", \"-inf\"]");
  EXPECT_EQ(json("enum<int8 buy=1 sell=2>", "\2"), "\"sell\"");
  EXPECT_EQ(json("enum<int8 buy=1>", "\2"), "2");
}

TEST(parsed_schema, shows_rows_as_json) {
  std::string bytes = row_bytes(0b1110).bytes;
  detail::encode_varint(1, bytes);
  encode(std::string("a"), bytes);
  detail::encode_varint(1, bytes);
  encode(std::string("page"), bytes);
  encode(std::int32_t{3}, bytes);
  detail::encode_varint(1, bytes);
  encode(from_epoch_ms(0), bytes);
  detail::encode_varint(0, bytes);
  std::string_view in = bytes;
  std::vector<std::pair<std::string, std::string>> columns;
  append_row_json(parse_row_schema(older_row), in, columns);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"sum", "null"},
      {"seen", "[\"a\"]"},
      {"visits", "[[\"page\", 3]]"},
      {"timers", "{\"event\": [\"1970-01-01T00:00:00.000Z\"], \"processing\": []}"}};
  EXPECT_EQ(columns, expected);
  EXPECT_TRUE(in.empty());
}

}  // namespace
}  // namespace weir
