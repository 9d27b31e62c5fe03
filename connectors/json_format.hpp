#pragma once
// Records as JSON, one object a line, driven by the table of the record type. Used by the json_lines source and sink;
// knows nothing of files. The parser (simdjson) stays behind the source file.
//
// Members are found by name in any order; a std::tuple inside a record is an array, at the top an object with the names
// "0", "1", ...; std::pair has "first" and "second"; a type that is neither is the object {"value": ...}. Timestamps
// are integer milliseconds since 1970 (ISO-8601 strings are read too), enumerations their name or integer. JSON has no
// NaN and no infinity: they are written as null, which only an optional member reads back. Bytes that are no UTF-8 are
// written as U+FFFD.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/parse_failure.hpp"
#include "weir/core/arena.hpp"
#include "weir/core/schema.hpp"

namespace weir {

/// Reads lines into records of one type. Not shared between threads.
class json_parser {
 public:
  /// With this many readable bytes behind a line (their content does not matter) the line is parsed in place.
  static constexpr std::size_t padding_bytes = 64;

  /// `names` replaces the names of the top-level members if it is not empty; there must be one for each.
  /// Throws weir::error for a record with more than 256 members.
  explicit json_parser(const type_descriptor& type, std::vector<std::string> names = {});
  ~json_parser();
  json_parser(json_parser&&) noexcept;
  json_parser& operator=(json_parser&&) noexcept;

  /// Reads one line, which must be one object and white space, into the record at `record`. Unknown keys are
  /// skipped; their values must be JSON of at most 256 levels (escapes in them are not looked at). Of a key that occurs
  /// twice the last value counts. A missing key or a null is an empty optional, and a failure for every other member.
  /// std::string_view members borrow from `line`, or from `scratch` if the string has escapes. `padding` is the number
  /// of bytes behind the line that may be read; below `padding_bytes` the line is copied first. On false, `failure` is
  /// set and the record holds some valid value.
  bool parse(std::string_view line, void* record, arena& scratch, parse_failure& failure, std::size_t padding = 0);

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// Writes records of one type as lines, each ending with '\n'. Copyable.
class json_writer {
 public:
  /// `names` as for json_parser; or one for each of column_names(type), and the members are then written flat.
  explicit json_writer(const type_descriptor& type, std::vector<std::string> names = {});

  /// Appends the line of one record; members stand in declaration order, empty optionals as null.
  void row(const void* record, std::string& out) const;

 private:
  struct member {
    std::string key;  ///< escaped, with quotes and colon
    field_descriptor field;
  };
  std::vector<member> members_;
};

}  // namespace weir
