#pragma once
// Reads a JSON line in one pass, straight into a record: what json_parser tries first. It knows one way to read a line
// and gives up on everything else without saying why; full_json_parser then reads the line again and says it.
//
// It is fast because machines write lines that look alike: the keys that an earlier line had, with their quotes, colon
// and white space, are compared as a few words at the place where they are expected; strings are looked through 32
// bytes at a time; nothing is indexed first. Whatever it takes, full_json_parser takes with the same values
// (tests/connectors/quick_json_parser_test.cpp and tests/fuzz/json_lines_fuzz.cpp compare the two).
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "weir/core/arena.hpp"
#include "weir/core/schema.hpp"

namespace weir::detail {

/// Not shared between threads: it remembers keys from line to line.
class quick_json_parser {
 public:
  /// Bytes behind a line that are read; their content does not matter.
  static constexpr std::size_t padding_bytes = 64;

  /// The members of the object that stands for a line, by the names that `fields` gives them.
  explicit quick_json_parser(std::span<const field_descriptor> fields);
  ~quick_json_parser();
  quick_json_parser(quick_json_parser&&) noexcept;
  quick_json_parser& operator=(quick_json_parser&&) noexcept;

  /// Reads the line of `size` bytes at `text`, with `padding_bytes` readable behind it, into `record`. Strings are
  /// borrowed from the same line at `origin`, or from `scratch` if they have escapes. False if it gives up: the record
  /// then holds some valid value, and full_json_parser decides.
  bool parse(const char* text, std::size_t size, const char* origin, void* record, arena& scratch);

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::detail
