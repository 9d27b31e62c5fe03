#pragma once
// JSON, one object a line: `from<"events">(json_lines<event>("events.jsonl"))`, `to<"out">(json_lines("out.jsonl"))`.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/directory_sink.hpp"
#include "weir/connectors/json_format.hpp"
#include "weir/connectors/text_sink.hpp"
#include "weir/connectors/text_source.hpp"
#include "weir/core/schema.hpp"

namespace weir {
namespace detail {

template <class Record>
struct json_read_format {
  using value_type = Record;
  static constexpr bool reports_malformed = true;

  std::string describe(std::string_view where) const { return "json_lines(" + std::string(where) + ")"; }

  struct parser {
    json_parser lines;
    static constexpr bool needs_header() noexcept { return false; }
    void bind_header(std::string_view, std::string_view) noexcept {}
    bool parse(std::string_view line, Record& record, arena& scratch, parse_failure& failure) {
      return lines.parse(line, &record, scratch, failure, line_block::padding_bytes);
    }
  };
  parser make_parser() const { return {json_parser(weir::describe<Record>())}; }
};

struct json_write_format {
  static constexpr std::string_view extension = ".jsonl";

  std::string describe(std::string_view where) const { return "json_lines(" + std::string(where) + ")"; }

  template <class Element>
  static constexpr bool accepts = describable<Element>;

  template <class Element>
  struct row_writer {
    json_writer rows;
    void header(std::string&) const noexcept {}
    void row(const Element& element, std::string& out) const { rows.row(&element, out); }
  };
  template <class Element>
  row_writer<Element> make_writer(const std::vector<std::string>& columns) const {
    return {json_writer(weir::describe<Element>(), columns)};
  }
};

}  // namespace detail

/// Records from a file of JSON objects, one a line, or from all files that a glob matches; see
/// connectors/json_format.hpp for what is read.
template <record Record>
auto json_lines(std::string path) {
  return file_source<detail::json_read_format<Record>>(std::move(path), {});
}
/// Records as JSON lines from standard input.
template <record Record>
auto json_lines(standard_input_t) {
  return live_source<detail::json_read_format<Record>, detail::standard_input_connection>({}, {});
}
/// A file of JSON objects, one a line, as a sink.
inline auto json_lines(std::string path) {
  return file_sink<detail::json_write_format>(std::move(path), {});
}
/// The parts of a directory as a sink.
inline auto json_lines(directory where) {
  return directory_sink<detail::json_write_format>(std::move(where), {});
}

}  // namespace weir
