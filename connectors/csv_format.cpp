#include "weir/connectors/csv_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "weir/core/error.hpp"
#include "weir/core/format_value.hpp"

namespace weir {
namespace {

using detail::csv_column;

[[noreturn]] void refuse_type(const type_descriptor& type, std::string_view column, std::string_view what) {
  throw error(fmt::format("{} cannot be a CSV line: member \"{}\" is {}; use json_lines, or map it to plain members",
                          type.name, column, what));
}

void add_columns(const type_descriptor& root, const type_descriptor& type, const std::string& prefix,
                 std::size_t offset, std::vector<csv_column>& columns) {
  if (is_scalar(type.kind)) {
    columns.push_back({prefix.empty() ? "value" : prefix, offset, &type, nullptr});
  } else if (type.kind == type_kind::optional) {
    if (!is_scalar(type.element->kind)) refuse_type(root, prefix, fmt::format("a {}", type.name));
    columns.push_back({prefix.empty() ? "value" : prefix, offset, type.element, type.optional});
  } else if (type.kind == type_kind::vector) {
    refuse_type(root, prefix, "a vector");
  } else {
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const field_descriptor& field = type.fields[i];
      const std::string name = field.name.empty() ? std::to_string(i) : std::string(field.name);
      add_columns(root, *field.type, prefix.empty() ? name : prefix + '.' + name, offset + field.offset, columns);
    }
  }
}

std::vector<csv_column> columns_of(const type_descriptor& type) {
  std::vector<csv_column> columns;
  add_columns(type, type, "", 0, columns);
  if (columns.empty()) throw error(fmt::format("{} cannot be a CSV line: it has no members", type.name));
  return columns;
}

bool may_delimit(char byte) {
  const bool in_numbers = (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' || byte == 'e';
  return !in_numbers && byte != '\n' && byte != '\r' && byte != '\0';
}

void check(const csv_options& options) {
  if (options.separator != options.quote && may_delimit(options.separator) && may_delimit(options.quote)) return;
  throw error(
      fmt::format("csv_options: separator {:?} and quote {:?} cannot be told from data; use two different signs such "
                  "as ',' and '\"'",
                  std::string_view(&options.separator, 1), std::string_view(&options.quote, 1)));
}

void* member_at(void* record, std::size_t offset) { return static_cast<std::byte*>(record) + offset; }

}  // namespace

namespace detail {

#ifdef __SSE2__

/// Bit i: bytes[i] is `wanted`, for 16 bytes.
static std::uint64_t hits_in_16(const char* bytes, char wanted) noexcept {
  const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(chunk, _mm_set1_epi8(wanted))));
}

/// Reads 16 bytes at a time, the last 16 of the line overlapping, and never a byte outside the line.
void separator_scanner::load() noexcept {
  const std::size_t size = std::min<std::size_t>(64, static_cast<std::size_t>(end_ - window_));
  mask_ = 0;
  std::size_t done = 0;
  for (; done + 16 <= size; done += 16) mask_ |= hits_in_16(window_ + done, separator_) << done;
  if (done == size) return;
  if (end_ - begin_ >= 16) {
    const std::uint64_t hits = hits_in_16(window_ + size - 16, separator_);
    mask_ |= size >= 16 ? hits << (size - 16) : hits >> (16 - size);
  } else {
    for (; done < size; ++done) mask_ |= std::uint64_t{window_[done] == separator_} << done;
  }
}

#else

void separator_scanner::load() noexcept {
  const std::size_t size = std::min<std::size_t>(64, static_cast<std::size_t>(end_ - window_));
  mask_ = 0;
  for (std::size_t i = 0; i < size; ++i) mask_ |= std::uint64_t{window_[i] == separator_} << i;
}

#endif

const char* separator_scanner::find_further(const char* from) noexcept {
  if (from - window_ >= 64) {
    window_ = from;
    load();
  }
  while (mask_ == 0) {
    if (end_ - window_ <= 64) return end_;
    window_ += 64;
    load();
  }
  return window_ + std::countr_zero(mask_);
}

}  // namespace detail

csv_parser::csv_parser(const type_descriptor& type, csv_options options)
    : type_(&type), options_(options), columns_(columns_of(type)) {
  check(options);
  bind_positions();
}

void csv_parser::bind_positions() {
  missing_.clear();
  targets_.resize(columns_.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) targets_[i] = static_cast<int>(i);
}

void csv_parser::bind_header(std::string_view line, std::string_view path) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);

  std::vector<std::string> names;
  arena scratch;
  parse_failure failure;
  detail::separator_scanner scanner(line, options_.separator);
  for (const char* cursor = line.data();; ++cursor) {
    cell read;
    if (!read_cell(scanner, line, cursor, scratch, read, failure)) {
      throw error(fmt::format("{} has a header line that is no CSV, {}; correct it", path, failure.message()));
    }
    names.emplace_back(read.text);
    if (cursor == line.data() + line.size()) break;
  }

  targets_.assign(names.size(), -1);
  missing_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const csv_column& column = columns_[i];
    const auto place = std::find(names.begin(), names.end(), column.name);
    if (place == names.end()) {
      if (column.optional == nullptr) {
        throw error(
            fmt::format("{} has no column \"{}\" (its header names {}); add it, or make the member of {} a "
                        "std::optional, or set csv_options::header to false if the file has no header",
                        path, column.name, fmt::join(names, ", "), type_->name));
      }
      missing_.push_back(static_cast<int>(i));
      continue;
    }
    if (std::find(place + 1, names.end(), column.name) != names.end()) {
      throw error(fmt::format("{} has two columns \"{}\"; rename one of them", path, column.name));
    }
    targets_[static_cast<std::size_t>(place - names.begin())] = static_cast<int>(i);
  }
}

/// Reads the cell at `cursor` and leaves `cursor` at the separator behind it or at the end of the line.
inline bool csv_parser::read_cell(detail::separator_scanner& scanner, std::string_view line, const char*& cursor,
                                  arena& scratch, cell& read, parse_failure& failure) const {
  if (cursor != line.data() + line.size() && *cursor == options_.quote) [[unlikely]] {
    return read_quoted_cell(line, cursor, scratch, read, failure);
  }
  const char* const stop = scanner.find(cursor);
  read.text = {cursor, static_cast<std::size_t>(stop - cursor)};
  read.quoted = false;
  cursor = stop;
  return true;
}

bool csv_parser::read_quoted_cell(std::string_view line, const char*& cursor, arena& scratch, cell& read,
                                  parse_failure& failure) const {
  const char* const end = line.data() + line.size();
  const char* const first = cursor + 1;
  const char* place = first;
  std::size_t doubled = 0;
  for (;; place += 2, ++doubled) {
    place = static_cast<const char*>(std::memchr(place, options_.quote, static_cast<std::size_t>(end - place)));
    if (place == nullptr) {
      failure = {static_cast<std::size_t>(cursor - line.data()) + 1, "",
                 "a closing quote in this line (cells with line breaks are not supported)",
                 found_text({cursor, static_cast<std::size_t>(end - cursor)})};
      return false;
    }
    if (place + 1 == end || place[1] != options_.quote) break;
  }
  if (place + 1 != end && place[1] != options_.separator) {
    failure = {static_cast<std::size_t>(place - line.data()) + 2, "",
               fmt::format("'{}' or the end of the line after a closing quote", options_.separator),
               found_text({place + 1, static_cast<std::size_t>(end - place - 1)})};
    return false;
  }
  read = {{first, static_cast<std::size_t>(place - first)}, true};
  cursor = place + 1;
  if (doubled == 0) return true;

  char* const decoded = scratch.allocate(read.text.size() - doubled);
  char* out = decoded;
  for (const char* from = first; from < place; ++from) {
    *out++ = *from;
    if (*from == options_.quote) ++from;
  }
  read.text = {decoded, static_cast<std::size_t>(out - decoded)};
  return true;
}

bool csv_parser::store(const csv_column& column, std::string_view text, bool quoted, void* record) const {
  void* member = member_at(record, column.offset);
  if (column.optional != nullptr) {
    if (text.empty() && !quoted) {
      column.optional->reset(member);
      return true;
    }
    member = column.optional->emplace(member);
  }
  if (column.scalar->kind == type_kind::string_view) {
    *static_cast<std::string_view*>(member) = text;
    return true;
  }
  return parse_scalar(*column.scalar, text, member);
}

bool csv_parser::parse(std::string_view line, void* record, arena& scratch, parse_failure& failure) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const char* const end = line.data() + line.size();
  const char* cursor = line.data();
  detail::separator_scanner scanner(line, options_.separator);
  for (std::size_t i = 0;;) {
    const char* const start = cursor;
    const int target = targets_[i];
    cell read;
    if (!read_cell(scanner, line, cursor, scratch, read, failure)) {
      if (target >= 0) failure.field = columns_[static_cast<std::size_t>(target)].name;
      return false;
    }
    if (target >= 0) {
      const csv_column& column = columns_[static_cast<std::size_t>(target)];
      if (!store(column, read.text, read.quoted, record)) {
        failure = {static_cast<std::size_t>(start - line.data()) + 1, column.name, expected_text(*column.scalar),
                   found_text(read.text)};
        return false;
      }
    }
    ++i;
    if (i == targets_.size() || cursor == end) {
      if (i == targets_.size() && cursor == end) break;
      refuse_column_count(line, i, cursor, failure);
      return false;
    }
    ++cursor;
  }
  for (const int each : missing_) {
    const csv_column& column = columns_[static_cast<std::size_t>(each)];
    column.optional->reset(member_at(record, column.offset));
  }
  return true;
}

void csv_parser::refuse_column_count(std::string_view line, std::size_t found, const char* place,
                                     parse_failure& failure) const {
  const auto column_number = static_cast<std::size_t>(place - line.data()) + 1;
  std::string expected = fmt::format("{} columns", targets_.size());
  failure = {column_number, "", std::move(expected),
             found == targets_.size() ? "more columns" : fmt::format("only {}", found)};
}

csv_writer::csv_writer(const type_descriptor& type, csv_options options, std::vector<std::string> names)
    : options_(options), columns_(columns_of(type)) {
  check(options);
  if (names.empty()) return;
  if (names.size() != columns_.size()) {
    throw error(fmt::format("CSV of {} has {} columns but {} names were given; name every column", type.name,
                            columns_.size(), names.size()));
  }
  for (std::size_t i = 0; i < names.size(); ++i) columns_[i].name = std::move(names[i]);
}

void csv_writer::header(std::string& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out.push_back(options_.separator);
    append_text(columns_[i].name, columns_.size() == 1, out);
  }
  out.push_back('\n');
}

void csv_writer::row(const void* record, std::string& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out.push_back(options_.separator);
    const csv_column& column = columns_[i];
    const void* member = static_cast<const std::byte*>(record) + column.offset;
    if (column.optional != nullptr) {
      if (!column.optional->has(member)) continue;
      member = column.optional->get(member);
    }
    const bool quote_if_empty = column.optional != nullptr || columns_.size() == 1;
    switch (column.scalar->kind) {
      case type_kind::string:
        append_text(*static_cast<const std::string*>(member), quote_if_empty, out);
        break;
      case type_kind::string_view:
        append_text(*static_cast<const std::string_view*>(member), quote_if_empty, out);
        break;
      case type_kind::enumeration: {
        std::string text;
        append_scalar(*column.scalar, member, text);
        append_text(text, quote_if_empty, out);
        break;
      }
      default:
        append_scalar(*column.scalar, member, out);
    }
  }
  out.push_back('\n');
}

void csv_writer::append_text(std::string_view text, bool quote_if_empty, std::string& out) const {
  bool plain = !text.empty() || !quote_if_empty;
  for (const char each : text) {
    if (each == options_.separator || each == options_.quote || each == '\n' || each == '\r') plain = false;
  }
  if (plain) {
    out.append(text);
    return;
  }
  out.push_back(options_.quote);
  for (const char each : text) {
    if (each == options_.quote) out.push_back(options_.quote);
    out.push_back(each);
  }
  out.push_back(options_.quote);
}

}  // namespace weir
