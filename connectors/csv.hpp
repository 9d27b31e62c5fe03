#pragma once
// Comma-separated values: `from<"trades">(csv<trade>("trades.csv"))`, `to<"out">(csv("out.csv"))`.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/csv_format.hpp"
#include "weir/connectors/directory_sink.hpp"
#include "weir/connectors/text_sink.hpp"
#include "weir/connectors/text_source.hpp"
#include "weir/core/schema.hpp"

namespace weir {
namespace detail {

template <class Record>
struct csv_read_format {
  using value_type = Record;
  static constexpr bool reports_malformed = true;
  csv_options options;

  std::string describe(std::string_view where) const { return "csv(" + std::string(where) + ")"; }

  struct parser {
    csv_parser lines;
    bool header;
    bool needs_header() const noexcept { return header; }
    void bind_header(std::string_view line, std::string_view path) { lines.bind_header(line, path); }
    bool parse(std::string_view line, Record& record, arena& scratch, parse_failure& failure) {
      return lines.parse(line, &record, scratch, failure);
    }
  };
  parser make_parser() const { return {csv_parser(weir::describe<Record>(), options), options.header}; }
};

struct csv_write_format {
  static constexpr std::string_view extension = ".csv";
  csv_options options;

  std::string describe(std::string_view where) const { return "csv(" + std::string(where) + ")"; }

  template <class Element>
  static constexpr bool accepts = describable<Element>;

  template <class Element>
  struct row_writer {
    csv_writer rows;
    bool with_header;
    void header(std::string& out) const {
      if (with_header) rows.header(out);
    }
    void row(const Element& element, std::string& out) const { rows.row(&element, out); }
  };
  template <class Element>
  row_writer<Element> make_writer(const std::vector<std::string>& columns) const {
    return {csv_writer(weir::describe<Element>(), options, columns), options.header};
  }
};

}  // namespace detail

/// Records from a CSV file or from all files that a glob matches. The header names the columns, in any order; see
/// connectors/csv_format.hpp for the dialect.
template <record Record>
auto csv(std::string path, csv_options options = {}) {
  return file_source<detail::csv_read_format<Record>>(std::move(path), {options});
}
/// Records as CSV from standard input.
template <record Record>
auto csv(standard_input_t, csv_options options = {}) {
  return live_source<detail::csv_read_format<Record>, detail::standard_input_connection>({}, {options});
}
/// A CSV file with one header as a sink. Window results have the key's, window_start, window_end and the aggregates'
/// columns.
inline auto csv(std::string path, csv_options options = {}) {
  return file_sink<detail::csv_write_format>(std::move(path), {options});
}
/// The parts of a directory as a sink, each with a header.
inline auto csv(directory where, csv_options options = {}) {
  return directory_sink<detail::csv_write_format>(std::move(where), {options});
}

}  // namespace weir
