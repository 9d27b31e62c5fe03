// JSON lines from anywhere: parsing never fails otherwise than by `false`, gives the same answer in place and in a copy
// with other bytes behind the line, takes nothing that simdjson's validating parser refuses (escapes and the size of
// numbers in skipped values excepted), and what was parsed is written to a line that parses to the same record. What
// the quick parser takes, whatever it learned from the lines before, the full parser takes with the same values.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "weir/connectors/full_json_parser.hpp"
#include "weir/connectors/json_format.hpp"
#include "weir/connectors/quick_json_parser.hpp"
#include "weir/core/equal.hpp"

namespace {

enum class side : std::uint8_t { buy = 1, sell = 2 };

struct leg {
  BOOST_HANA_DEFINE_STRUCT(leg, (std::string_view, venue), (std::optional<std::uint64_t>, lots));
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::string_view, a), (std::optional<double>, b), (std::vector<leg>, legs),
                           (std::optional<weir::timestamp>, at), (std::optional<side>, c),
                           (std::optional<std::tuple<std::int8_t, std::string>>, d), (std::optional<float>, e),
                           (std::optional<bool>, f));
};

void require(bool holds) {
  if (!holds) std::abort();
}

bool parse(weir::json_parser& parser, std::string_view line, order& record, weir::arena& scratch, std::size_t padding) {
  weir::parse_failure failure;
  const bool parsed = parser.parse(line, &record, scratch, failure, padding);
  if (!parsed) {
    require(failure.column_number >= 1 && failure.column_number <= line.size() + 1);
    require(!failure.expected.empty() && !failure.found.empty());
  }
  return parsed;
}

}  // namespace

template <>
inline constexpr auto weir::enum_names<side> =
    std::array{weir::enum_name{side::buy, "buy"}, weir::enum_name{side::sell, "se\"ll"}};

namespace {

void test_line(weir::detail::quick_json_parser& quick, std::string_view line) {
  static weir::json_parser parser(weir::describe<order>());
  static weir::detail::full_json_parser full(weir::describe<order>(), weir::describe<order>().fields);
  weir::arena scratch;

  // One copy without a byte behind it, one with padding full of bytes that would go on with the line.
  const std::size_t size = line.size();
  const auto tight = std::make_unique<char[]>(size);
  line.copy(tight.get(), size);
  const auto padded = std::make_unique<char[]>(size + weir::json_parser::padding_bytes);
  line.copy(padded.get(), size);
  for (std::size_t i = 0; i < weir::json_parser::padding_bytes; ++i) padded[size + i] = "\"}]1\\e,{"[(size + i) % 8];

  order record{};
  order in_place{};
  const bool parsed = parse(parser, {tight.get(), size}, record, scratch, 0);
  require(parsed == parse(parser, {padded.get(), size}, in_place, scratch, weir::json_parser::padding_bytes));

  order by_quick{};
  const bool taken = quick.parse(padded.get(), size, padded.get(), &by_quick, scratch);
  require(parsed || !taken);
  order by_full{};
  weir::parse_failure failure;
  require(parsed == full.parse(padded.get(), {padded.get(), size}, &by_full, scratch, failure));
  if (!parsed) return;

  require(weir::equal_values(record, in_place));
  require(weir::equal_values(record, by_full));
  if (taken) require(weir::equal_values(record, by_quick));
  static simdjson::dom::parser validating;
  const auto code = validating.parse(line.data(), size).error();
  require(code == simdjson::SUCCESS || code == simdjson::STRING_ERROR || code == simdjson::NUMBER_ERROR);

  std::string written;
  weir::json_writer(weir::describe<order>()).row(&record, written);
  require(written.back() == '\n' && written.find('\n') == written.size() - 1);
  order again{};
  require(parse(parser, std::string_view(written).substr(0, written.size() - 1), again, scratch, 0));
  require(weir::equal_values(record, again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::detail::quick_json_parser quick(weir::describe<order>().fields);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const std::size_t newline = rest.find('\n');
    test_line(quick, rest.substr(0, newline));
    if (newline == rest.npos) return 0;
    rest.remove_prefix(newline + 1);
  }
}
