#pragma once
// Records as lines of comma-separated values (RFC 4180), driven by the table of the record type. Used by the csv source
// and sink; knows nothing of files.
//
// One record is one line: a quoted cell may hold separators and doubled quotes, but a line break inside quotes is
// refused, because a file is split at line breaks. Nested records are columns named `outer.inner`; vectors and
// optional records have no CSV form. An empty cell is an empty optional (or an empty string member); an empty string
// in an optional is written as "". An unquoted cell may contain quotes after its first byte.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connectors/parse_failure.hpp"
#include "weir/core/arena.hpp"
#include "weir/core/schema.hpp"

namespace weir {

struct csv_options {
  char separator = ',';
  char quote = '"';
  bool header = true;  ///< the first line of a file names the columns
};

namespace detail {

/// One cell: a scalar member or an optional of a scalar.
struct csv_column {
  std::string name;
  std::size_t offset = 0;
  const type_descriptor* scalar = nullptr;
  const optional_operations* optional = nullptr;  ///< null if the cell must be there
};

/// Separator positions of a line, found 64 bytes at a time.
class separator_scanner {
 public:
  separator_scanner(std::string_view line, char separator) noexcept
      : begin_(line.data()), window_(line.data()), end_(line.data() + line.size()), separator_(separator) {
    load();
  }

  /// The first separator at or after `from`, or the end of the line. `from` never goes back.
  const char* find(const char* from) noexcept {
    if (from - window_ < 64) {
      mask_ &= ~std::uint64_t{0} << (from - window_);
      if (mask_ != 0) return window_ + std::countr_zero(mask_);
    }
    return find_further(from);
  }

 private:
  void load() noexcept;
  const char* find_further(const char* from) noexcept;

  const char* begin_;
  const char* window_;
  const char* end_;
  std::uint64_t mask_ = 0;  ///< bit i: window_[i] is a separator
  char separator_;
};

}  // namespace detail

/// Reads lines into records of one type. Not shared between threads; copyable.
class csv_parser {
 public:
  /// Throws weir::error if the type has no CSV form or the options contradict each other. Bound by position at first.
  explicit csv_parser(const type_descriptor& type, csv_options options = {});

  /// Columns are found by the names in `line`, in any order; other columns are ignored. A missing column is refused
  /// with a weir::error naming `path` and the column, unless its member is optional: then it is always empty.
  void bind_header(std::string_view line, std::string_view path);

  /// Columns are the members in declaration order, all of them.
  void bind_positions();

  /// Reads one line, without its line break (one '\r' at its end is dropped), into the record at `record`. A line must
  /// have exactly the columns that were bound. std::string_view members borrow from `line`, or from `scratch` if the
  /// cell has doubled quotes. On false, `failure` is set and the record holds some valid value.
  bool parse(std::string_view line, void* record, arena& scratch, parse_failure& failure);

 private:
  struct cell {
    std::string_view text;  ///< decoded
    bool quoted = false;
  };

  bool read_cell(detail::separator_scanner& scanner, std::string_view line, const char*& cursor, arena& scratch,
                 cell& read, parse_failure& failure) const;
  bool read_quoted_cell(std::string_view line, const char*& cursor, arena& scratch, cell& read,
                        parse_failure& failure) const;
  bool store(const detail::csv_column& column, std::string_view text, bool quoted, void* record) const;
  void refuse_column_count(std::string_view line, std::size_t found, const char* place, parse_failure& failure) const;

  const type_descriptor* type_;
  csv_options options_;
  std::vector<detail::csv_column> columns_;  ///< of the type, in declaration order
  std::vector<int> targets_;                 ///< per cell of a line: index into `columns_`, or -1: ignored
  std::vector<int> missing_;                 ///< optional columns that the file does not have
};

/// Writes records of one type as lines. Every line ends with '\n'. What it writes `csv_parser` reads back, line breaks
/// inside strings excepted.
class csv_writer {
 public:
  /// `names` replaces the column names if it is not empty; their number must be that of `column_names(type)`.
  /// Throws weir::error as csv_parser does.
  explicit csv_writer(const type_descriptor& type, csv_options options = {}, std::vector<std::string> names = {});

  /// Appends the line of column names.
  void header(std::string& out) const;

  /// Appends the line of one record. Cells are quoted where they must be; floating point is in its shortest round-trip
  /// form, a timestamp is integer milliseconds.
  void row(const void* record, std::string& out) const;

 private:
  void append_text(std::string_view text, bool quote_if_empty, std::string& out) const;

  csv_options options_;
  std::vector<detail::csv_column> columns_;
};

}  // namespace weir
