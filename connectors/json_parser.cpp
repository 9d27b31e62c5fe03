#include <utility>

#include "weir/connectors/full_json_parser.hpp"
#include "weir/connectors/json_format.hpp"
#include "weir/connectors/json_members.hpp"
#include "weir/connectors/quick_json_parser.hpp"

namespace weir {

using detail::full_json_parser;
using detail::quick_json_parser;

static_assert(json_parser::padding_bytes >= full_json_parser::padding_bytes);
static_assert(json_parser::padding_bytes >= quick_json_parser::padding_bytes);

struct json_parser::implementation {
  implementation(const type_descriptor& type, std::vector<std::string> given)
      : fields(detail::json_members(type, std::move(given), names)), full(type, fields), quick(fields) {}

  std::vector<std::string> names;
  std::vector<field_descriptor> fields;
  full_json_parser full;
  quick_json_parser quick;
  std::string padded;  ///< copy of a line that has no readable bytes behind it
};

json_parser::json_parser(const type_descriptor& type, std::vector<std::string> names)
    : implementation_(std::make_unique<implementation>(type, std::move(names))) {}

json_parser::~json_parser() = default;
json_parser::json_parser(json_parser&&) noexcept = default;
json_parser& json_parser::operator=(json_parser&&) noexcept = default;

bool json_parser::parse(std::string_view line, void* record, arena& scratch, parse_failure& failure,
                        std::size_t padding) {
  implementation& all = *implementation_;
  const char* text = line.data();
  if (padding < padding_bytes || text == nullptr) {
    all.padded.assign(line).append(padding_bytes, '\0');
    text = all.padded.data();
  }
  return all.quick.parse(text, line.size(), line.data(), record, scratch) ||
         all.full.parse(text, line, record, scratch, failure);
}

}  // namespace weir
