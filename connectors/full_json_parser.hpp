#pragma once
// Reads any JSON line into a record, or says what is wrong with it: what json_parser asks about lines that
// quick_json_parser gives up on. It parses with simdjson, which stays behind the source file, and decides what is JSON.
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "weir/connectors/parse_failure.hpp"
#include "weir/core/arena.hpp"
#include "weir/core/schema.hpp"

namespace weir::detail {

/// Not shared between threads.
class full_json_parser {
 public:
  /// Bytes behind a line that are read; their content does not matter.
  static constexpr std::size_t padding_bytes = 64;

  /// `fields` are the members of the object that stands for a line. Throws weir::error if `type` has a record of too
  /// many members in it.
  full_json_parser(const type_descriptor& type, std::span<const field_descriptor> fields);
  ~full_json_parser();
  full_json_parser(full_json_parser&&) noexcept;
  full_json_parser& operator=(full_json_parser&&) noexcept;

  /// What json_parser::parse promises. `text` is the line, or a copy of it, with `padding_bytes` readable behind it.
  bool parse(const char* text, std::string_view line, void* record, arena& scratch, parse_failure& failure);

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::detail
