// CSV lines from anywhere: parsing never fails otherwise than by `false`, and what was parsed is written to a line that
// parses to the same record.
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>

#include "weir/connectors/csv_format.hpp"
#include "weir/core/equal.hpp"
#include "weir/core/error.hpp"

namespace {

enum class side : std::uint8_t { buy = 1, sell = 2 };

struct row {
  BOOST_HANA_DEFINE_STRUCT(row, (std::string_view, name), (std::optional<std::string_view>, remark),
                           (std::int16_t, count), (std::optional<float>, score), (weir::timestamp, at), (bool, open),
                           (side, direction), (std::string, city));
};

void require(bool holds) {
  if (!holds) std::abort();
}

/// The input without its first bytes, ending where its memory ends, so that a read behind the line is reported.
std::unique_ptr<char[]> exact_copy(std::string_view text) {
  auto bytes = std::make_unique<char[]>(text.size());
  text.copy(bytes.get(), text.size());
  return bytes;
}

bool parse(weir::csv_parser& parser, std::string_view line, row& record, weir::arena& scratch) {
  weir::parse_failure failure;
  const bool parsed = parser.parse(line, &record, scratch, failure);
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = std::min(input.find('\n'), input.size());
  const std::string_view header = input.substr(0, newline);
  std::string_view line = input.substr(std::min(newline + 1, input.size()));
  line = line.substr(0, line.find('\n'));

  const auto bytes = exact_copy(line);
  line = {bytes.get(), line.size()};
  weir::arena scratch;

  weir::csv_parser by_name(weir::describe<row>());
  row record{};
  try {
    by_name.bind_header(header, "input");
    parse(by_name, line, record, scratch);
  } catch (const weir::error&) {
  }

  weir::csv_parser by_position(weir::describe<row>());
  if (!parse(by_position, line, record, scratch)) return 0;
  if (record.score && *record.score != *record.score) record.score = 0;  // NaN equals nothing

  std::string written;
  weir::csv_writer(weir::describe<row>()).row(&record, written);
  require(written.back() == '\n' && written.find('\n') == written.size() - 1);
  const auto again_bytes = exact_copy(std::string_view(written).substr(0, written.size() - 1));
  row again{};
  require(parse(by_position, {again_bytes.get(), written.size() - 1}, again, scratch));
  require(weir::equal_values(record, again));
  return 0;
}
