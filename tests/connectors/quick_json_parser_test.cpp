// What quick_json_parser takes, full_json_parser takes with the same values; and it takes what machines write.
#include "weir/connectors/quick_json_parser.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "weir/connectors/full_json_parser.hpp"
#include "weir/core/equal.hpp"

namespace weir {
namespace {

enum class color : std::uint8_t { red = 1, green = 2 };

struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::string_view, name), (std::optional<double>, x));
};

struct sample {
  BOOST_HANA_DEFINE_STRUCT(sample, (std::string_view, id), (std::string, text), (std::int64_t, count),
                           (std::optional<double>, score), (std::optional<float>, weight), (std::optional<bool>, open),
                           (std::optional<std::uint64_t>, large), (std::optional<std::int8_t>, small),
                           (std::optional<timestamp>, at), (std::optional<color>, tint), (std::optional<point>, home),
                           (std::vector<point>, path),
                           (std::optional<std::tuple<std::int32_t, std::string_view>>, pair),
                           (std::optional<std::string_view>, note));
};

}  // namespace
}  // namespace weir

template <>
inline constexpr auto weir::enum_names<weir::color> =
    std::array{weir::enum_name{weir::color::red, "red"}, weir::enum_name{weir::color::green, "gr\"een"}};

namespace weir::detail {
namespace {

/// Both parsers of one record type.
template <class Record>
class both {
 public:
  /// Whether the quick parser takes the line. If so, the full one must agree.
  bool quick_takes(const std::string& line) {
    static constexpr std::string_view behind = "\"}]1\\e,{";
    std::string padding(quick_json_parser::padding_bytes, ' ');
    for (std::size_t i = 0; i < padding.size(); ++i) padding[i] = behind[(i + turn_) % behind.size()];
    ++turn_;
    return quick_takes(line, padding);
  }

  /// The same, with these bytes behind the line: bytes that would go on with it. They end where their memory ends.
  bool quick_takes(const std::string& line, std::string padding) {
    padding.resize(quick_json_parser::padding_bytes, '"');
    const auto bytes = std::make_unique<char[]>(line.size() + padding.size());
    line.copy(bytes.get(), line.size());
    padding.copy(bytes.get() + line.size(), padding.size());
    Record found{};
    const bool taken = quick_.parse(bytes.get(), line.size(), bytes.get(), &found, scratch_);
    Record expected{};
    parse_failure failure;
    full_takes_ = full_.parse(bytes.get(), {bytes.get(), line.size()}, &expected, scratch_, failure);
    if (!taken) return false;
    EXPECT_TRUE(full_takes_) << line << "\n" << failure.message();
    EXPECT_TRUE(equal_values(found, expected)) << line;
    return true;
  }

  /// Whether the full parser took the last line.
  bool full_takes() const { return full_takes_; }

 private:
  const type_descriptor& type_ = describe<Record>();
  full_json_parser full_{type_, type_.fields};
  quick_json_parser quick_{type_.fields};
  arena scratch_;
  std::size_t turn_ = 0;
  bool full_takes_ = false;
};

TEST(quick_json_parser, takes_what_machines_write) {
  both<sample> parsers;
  for (int round = 0; round < 3; ++round) {  // unknown keys, learned keys
    for (const std::string& line : std::vector<std::string>{
             R"({"id":"a","text":"b","count":1,"path":[]})",
             R"({"id":"another","text":"","count":-12,"path":[]})",
             R"({"id":"","text":"caf\u00e9 \"x\"","count":9223372036854775807,"path":[],"note":"line\nbreak"})",
             R"( { "id" : "a" , "text" : "b" , "count" : 1 , "path" : [ ] } )",
             R"({"path":[{"name":"p","x":1.5},{"x":null,"name":"q"}],"count":0,"text":"t","id":"i"})",
             R"({"id":"1","text":"2","count":3,"path":[],"score":-0.25,"weight":1e-3,"open":true,"large":0})",
             R"({"id":"1","text":"2","count":3,"path":[],"score":1e22,"weight":16777217,"open":false,"small":-128})",
             R"({"id":"1","text":"2","count":3,"path":[],"score":null,"at":1700000000000,"tint":"red"})",
             R"({"id":"1","text":"2","count":3,"path":[],"at":"2001-01-31T23:59Z","tint":2,"home":{"name":"h"}})",
             R"({"id":"1","text":"2","count":3,"path":[],"home":{"name":"h","y":[1,{"z":[]}]},"pair":[7,"x"]})",
             R"({"x":{"a":[1,-2.5e+9,"\\",true,false,null,{}]},"id":"1","text":"2","count":3,"path":[],"y":"\""})",
             R"({"id":"1","text":"2","count":3,"path":[],"note":null,"x":null,"y":"z"})",
             R"({"id":"1","text":"2","count":3,"path":[],"a key that is longer than those that are learned":0})",
             "{\"id\":\"\xc3\xa9\xe2\x82\xac\",\"text\":\"\xf0\x9f\x98\x80\",\"count\":3,\"path\":[],\"\xc3\xa9\":1}",
             R"({"id":"first","text":"2","count":3,"path":[],"id":"last","score":1,"score":null})",
         }) {
      EXPECT_TRUE(parsers.quick_takes(line)) << line;
    }
  }
}

TEST(quick_json_parser, leaves_what_is_wrong_or_rare_to_the_full_parser) {
  both<sample> parsers;
  const std::string start = R"({"id":"a","text":"b","path":[],"count":)";
  ASSERT_TRUE(parsers.quick_takes(start + "1}"));
  ASSERT_TRUE(parsers.quick_takes(start + R"(1,"note":"x","large":1})"));
  ASSERT_TRUE(parsers.quick_takes(start + R"(1,"other":"x","score":1})"));
  for (const std::string& rest : std::vector<std::string>{"",
                                                          "1",
                                                          "1,",
                                                          "1,}",
                                                          "01}",
                                                          "-}",
                                                          "1.}",
                                                          "1e3}",
                                                          "1.0}",
                                                          "\"1\"}",
                                                          "null}",
                                                          "1}}",
                                                          "1}x",
                                                          "1} ]",
                                                          "9223372036854775808}",
                                                          "1 2}",
                                                          "1,,\"note\":\"x\"}",
                                                          "1\"note\":\"x\"}",
                                                          "1{\"note\":\"x\"}",
                                                          "1,{\"note\":\"x\"}",
                                                          "1,\"note\" \"x\"}",
                                                          "1\",\"score\":1}",
                                                          "1,\"other\":\"x\"{\"large\":1}",
                                                          "1,\"note\":\"x}",
                                                          "1,\"note\":\"x\"",
                                                          "1,\"note\":\"x\",",
                                                          "1,\"note\":\"x\"\"}",
                                                          "1,\"note\":\"x\"\"large\":1}",
                                                          "1,\"note\":\"x\x01\"}",
                                                          "1,\"note\":\"x\n,\"large\":1}",
                                                          "1,\"note\":\"x\\\"}",
                                                          "1,\"note\":\"\\x\"}",
                                                          "1,\"note\":\"\\ud800\"}",
                                                          "1,\"note\":\"\xff\"}",
                                                          "1,\"note\":\"\xe2\x82\"}",
                                                          "1,\"note\":\"\xed\xa0\x80\"}",
                                                          "1,\"other\":\"\xc0\xaf\"}",
                                                          "1,\"\xff\":1}",
                                                          "1,\"other\":\"x\t\"}",
                                                          "1,\"other\":tru}",
                                                          "1,\"other\":1.}",
                                                          "1,\"other\":-}",
                                                          "1,\"other\":1e}",
                                                          "1,\"other\":00}",
                                                          "1,\"other\":[1,]}",
                                                          "1,\"other\":[1 2]}",
                                                          "1,\"other\":{\"a\"}}",
                                                          "1,\"other\":{\"a\":1,}}",
                                                          "1,\"other\":[}}",
                                                          "1,\"other\":\"x\"y}",
                                                          "1,\"score\":1e400}",
                                                          "1,\"score\":.5}",
                                                          "1,\"score\":1.5.5}",
                                                          "1,\"score\":nan}",
                                                          "1,\"open\":1}",
                                                          "1,\"open\":truest}",
                                                          "1,\"small\":128}",
                                                          "1,\"large\":-1}",
                                                          "1,\"at\":\"soon\"}",
                                                          "1,\"at\":1.5}",
                                                          "1,\"tint\":\"blue\"}",
                                                          "1,\"tint\":256}",
                                                          "1,\"home\":{}}",
                                                          "1,\"home\":[]}",
                                                          "1,\"pair\":[1]}",
                                                          "1,\"pair\":[1,\"x\",2]}",
                                                          "1,\"pair\":{\"0\":1,\"1\":\"x\"}}",
                                                          "1,\"path\":[{}]}",
                                                          "1,\"path\":[,]}"}) {
    for (int round = 0; round < 2; ++round) {  // what a line taught does not let it pass
      EXPECT_FALSE(parsers.quick_takes(start + rest)) << rest;
    }
  }
  EXPECT_FALSE(parsers.quick_takes(""));
  EXPECT_FALSE(parsers.quick_takes(" "));
  EXPECT_FALSE(parsers.quick_takes("{"));
  EXPECT_FALSE(parsers.quick_takes("{}"));
  EXPECT_FALSE(parsers.quick_takes(R"({"id":"a","text":"b","count":1})"));  // no path
  EXPECT_FALSE(parsers.quick_takes(start + "1,\"deep\":" + std::string(100'000, '[')));
}

TEST(quick_json_parser, sees_that_a_line_is_cut_off_whatever_lies_behind_it) {
  both<sample> parsers;
  const std::string text(28, 'x');
  const std::string line = R"({"id":")" + text + R"(","other":")" + text + R"(","text":")" + text +
                           R"(","path":[{"name":"x"}],"count":12,"x":")" + text + R"(","tint":"red"})";
  for (int round = 0; round < 8; ++round) ASSERT_TRUE(parsers.quick_takes(line));
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(parsers.quick_takes(line.substr(0, size), line.substr(size))) << size;
    for (int turn = 0; turn < 8; ++turn) EXPECT_FALSE(parsers.quick_takes(line.substr(0, size))) << size;
  }
}

TEST(quick_json_parser, borrows_from_the_line_that_it_is_told_of) {
  const std::string line = R"({"name":"borrowed"})";
  const std::string copy = line + std::string(quick_json_parser::padding_bytes, ' ');
  quick_json_parser parser(describe<point>().fields);
  arena scratch;
  for (int round = 0; round < 2; ++round) {
    point found{};
    ASSERT_TRUE(parser.parse(copy.data(), line.size(), line.data(), &found, scratch));
    EXPECT_EQ(found.name.data(), line.data() + 9);
    EXPECT_EQ(found.name, "borrowed");
  }
  EXPECT_EQ(scratch.bytes_used(), 0U);
}

/// Lines that are JSON, or nearly so, with keys of `sample` and others in any order.
class line_generator {
 public:
  explicit line_generator(std::uint32_t seed) : random_(seed) {}

  std::string operator()() {
    odd_ = one_in(4);
    std::string line = space() + "{" + space();
    const char* separator = "";
    for (const std::size_t member : order()) {
      line += separator + key(member) + value(member) + space();
      separator = ",";
    }
    line += "}" + space();
    if (odd_ && one_in(2)) mutate(line);
    return line;
  }

 private:
  static constexpr std::size_t members = 19;

  bool one_in(std::uint32_t many) { return random_() % many == 0; }
  std::string space() { return one_in(16) ? std::string(1 + random_() % 3, " \t\r\n"[random_() % 4]) : std::string(); }

  /// Mostly all members in order; sometimes some are left out, some twice, some exchanged.
  std::vector<std::size_t> order() {
    std::vector<std::size_t> chosen;
    const bool sparse = one_in(2);
    for (std::size_t i = 0; i < members; ++i) {
      if (i >= 4 && (sparse ? !one_in(3) : one_in(8))) continue;
      chosen.push_back(i);
      if (one_in(32)) chosen.push_back(i);
    }
    if (one_in(4)) std::swap(chosen[random_() % chosen.size()], chosen[random_() % chosen.size()]);
    return chosen;
  }

  std::string key(std::size_t member) {
    static const char* const names[members] = {"id",
                                               "text",
                                               "count",
                                               "path",
                                               "score",
                                               "weight",
                                               "open",
                                               "large",
                                               "small",
                                               "at",
                                               "tint",
                                               "home",
                                               "pair",
                                               "note",
                                               "x",
                                               "other",
                                               "a long name that no one has learned",
                                               "\xc3\xa9",
                                               "bad"};
    if (odd_ && one_in(64)) return "\"b\\u0061d\":";
    return "\"" + std::string(names[member]) + "\"" + space() + ":" + space();
  }

  std::string string() {
    static const char* const pieces[] = {"a",
                                         "plain text",
                                         "0123456789abcdef0123456789abcdef",
                                         "\\n",
                                         "\\\"",
                                         "\\u00e9",
                                         "\\ud83d\\ude00",
                                         "\xc3\xa9",
                                         "\xf0\x9f\x98\x80",
                                         "'",
                                         "/",
                                         "\x7f"};
    static const char* const odd[] = {"\\ud800", "\\x", "\xff", "\xc3", "\t", "\x01", "\xed\xa0\x80"};
    std::string text = "\"";
    for (std::uint32_t i = random_() % 4; i > 0; --i) text += pieces[one_in(2) ? random_() % 3 : random_() % 12];
    if (odd_ && one_in(16)) text += odd[random_() % 7];
    return text + "\"";
  }

  std::string number() {
    static const char* const numbers[] = {"0",
                                          "1",
                                          "-1",
                                          "12",
                                          "127",
                                          "128",
                                          "-128",
                                          "255",
                                          "1.5",
                                          "-0.25",
                                          "1e3",
                                          "1E-2",
                                          "-0",
                                          "-0.0",
                                          "123456789012345",
                                          "1234567890123456",
                                          "12345678901234567.5",
                                          "1700000000000",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "-9223372036854775808",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "0.1234567890123456789",
                                          "1e22",
                                          "1e308",
                                          "1e309",
                                          "4.9e-324",
                                          "1e-400",
                                          "3.4028236e38",
                                          "16777217",
                                          "0.3",
                                          "123.456",
                                          "1.",
                                          ".5",
                                          "01",
                                          "+1",
                                          "1e",
                                          "--1",
                                          "1e+",
                                          "0x1"};
    if (one_in(2)) return decimal();
    return numbers[odd_ && one_in(4) ? random_() % 41 : random_() % 33];
  }

  /// Up to 30 digits, mostly with a point among them.
  std::string decimal() {
    std::string text = one_in(4) ? "-" : "";
    text += one_in(3) ? '0' : static_cast<char>('1' + random_() % 9);
    const std::uint32_t digits = random_() % 30;
    const std::uint32_t point = text.back() == '0' ? 0 : random_() % 20;
    for (std::uint32_t i = 0; i < digits; ++i) {
      if (i == point) text += '.';
      text += static_cast<char>('0' + random_() % 10);
    }
    return text;
  }

  std::string any(int depth) {
    switch (random_() % (depth > 3 ? 4 : 6)) {
      case 0:
        return string();
      case 1:
        return number();
      case 2:
        return one_in(2) ? "true" : "false";
      case 3:
        return odd_ && one_in(4) ? "nil" : "null";
      case 4: {
        std::string text = "[" + space();
        for (std::uint32_t i = random_() % 4; i > 0; --i)
          text += any(depth + 1) + space() + (i > 1 || (odd_ && one_in(8)) ? "," : "");
        return text + "]";
      }
      default: {
        std::string text = "{" + space();
        for (std::uint32_t i = random_() % 4; i > 0; --i) {
          text += string() + space() + ":" + space() + any(depth + 1) + (i > 1 || (odd_ && one_in(8)) ? "," : "");
        }
        return text + "}";
      }
    }
  }

  std::string place() {
    return "{\"name\":" + string() + (one_in(2) ? ",\"x\":" + (one_in(4) ? "null" : number()) : "") + space() + "}";
  }

  std::string value(std::size_t member) {
    if (odd_ && one_in(16)) return any(0);
    if (member >= 4 && member < 14 && one_in(8)) return "null";
    switch (member) {
      case 0:
      case 1:
      case 13:
        return string();
      case 2:
      case 8:
        return odd_ ? number() : std::to_string(random_() >> random_() % 32);
      case 7:
        return odd_ ? number() : std::to_string(static_cast<int>(random_() % 256) - 128);
      case 4:
      case 5:
        return number();
      case 3: {
        std::string text = "[";
        for (std::uint32_t i = random_() % 3; i > 0; --i) text += place() + (i > 1 ? "," : "");
        return text + space() + "]";
      }
      case 6:
        return one_in(2) ? "true" : "false";
      case 9:
        return one_in(2) ? "\"2001-01-31T23:59:00Z\"" : odd_ ? number() : "1700000000000";
      case 10:
        return one_in(2) ? "\"red\"" : "\"gr\\\"een\"";
      case 11:
        return place();
      case 12:
        return "[" + std::to_string(random_() % 99) + "," + space() + string() + "]";
      case 15:
        return string();
      default:
        return any(0);
    }
  }

  void mutate(std::string& line) {
    static constexpr std::string_view bytes("{}[]\",:\\ 0e-t\n\x01\x80\xff", 18);
    for (std::uint32_t i = 1 + random_() % 3; i > 0 && !line.empty(); --i) {
      const std::size_t where = random_() % line.size();
      switch (random_() % 4) {
        case 0:
          line[where] = bytes[random_() % bytes.size()];
          break;
        case 1:
          line.insert(where, 1, bytes[random_() % bytes.size()]);
          break;
        case 2:
          line.erase(where, 1 + random_() % 3);
          break;
        default:
          line.resize(where);
          break;
      }
    }
  }

  std::mt19937 random_;
  bool odd_ = false;  ///< whether the line may have mistakes
};

TEST(quick_json_parser, takes_nothing_that_the_full_parser_reads_otherwise) {
  constexpr std::uint32_t seed = 20010211;
  int taken = 0;
  int refused = 0;
  int left = 0;
  for (std::uint32_t round = 0; round < 200 && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed + round));
    line_generator next_line(seed + round);
    both<sample> parsers;  // with nothing learned yet
    for (int i = 0; i < 250; ++i) {
      const bool quick = parsers.quick_takes(next_line());
      ++(quick ? taken : parsers.full_takes() ? left : refused);
    }
  }
  EXPECT_GT(taken, 10'000);
  EXPECT_GT(refused, 10'000);
  EXPECT_LT(left, taken / 2);  // escaped keys, numbers beyond all types
}

}  // namespace
}  // namespace weir::detail
