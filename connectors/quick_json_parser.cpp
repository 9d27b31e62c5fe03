#include "weir/connectors/quick_json_parser.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "weir/connectors/json_members.hpp"
#include "weir/connectors/json_text_scan.hpp"
#include "weir/connectors/learned_json_keys.hpp"
#include "weir/core/format_value.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t fields_max = 64;
constexpr int nesting_max = 64;  ///< of skipped values

bool is_digit(char byte) noexcept { return static_cast<unsigned char>(byte - '0') <= 9; }
bool is_space(char byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

std::size_t size_of(const char* first, const char* last) noexcept { return static_cast<std::size_t>(last - first); }

constexpr std::ptrdiff_t exact_digits_max = 15;

/// Powers of ten that a double holds exactly, as far as they are needed.
constexpr double exact_powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/// Reads one line. Every step takes the place where something begins and returns the place behind it, or null to give
/// up. Places may lie in the padding, where a step may find what the line lacks; behind every value that is noticed.
class line_scan {
 public:
  line_scan(const char* text, std::size_t size, const char* origin, std::span<const field_descriptor> fields,
            learned_json_keys& keys, simdjson::ondemand::parser& parser, std::string& decoded, arena& scratch)
      : text_(text),
        end_(text + size),
        origin_(origin),
        fields_(fields),
        keys_(keys),
        parser_(parser),
        decoded_(decoded),
        scratch_(scratch) {}

  /// Goes from one learned key to the next; what stands in the way is looked at closely.
  bool run(std::byte* record) {
    const char* place = skip_space(text_);
    if (place >= end_ || *place != '{') return false;
    std::uint64_t seen = 0;
    learned_json_key* next = keys_.begin();
    coming_json_value unlearned;
    coming_json_value* coming = nullptr;
    const char* text = nullptr;  ///< where the string begins that ends at `place`
    for (;;) {
      if (next != keys_.end() && next->matches(place)) [[likely]] {
        coming = &next->value;
        place += next->size;
        ++next;
      } else {
        if (coming != nullptr && coming->is_text()) {
          place = close_text(text, place, *coming, record);
          if (place == nullptr) return false;
        }
        learned_json_key* const key = keys_.find(place, next);
        if (key != nullptr) {
          coming = &key->value;
          place += key->size;
          next = key + 1;
        } else {
          const char* const first = place;
          place = take_unlearned_key(first, coming, unlearned);
          if (place == nullptr) return false;
          next = keys_.learn({first, size_of(first, place)}, unlearned, next);
          coming = &unlearned;
        }
      }
      seen |= coming->bit;
      if (coming->form == json_value_form::skipped_string) {
        place = end_of_text(place, *coming);
      } else if (coming->form == json_value_form::borrowed_string) {
        text = place;
        place = end_of_text(place, *coming);
        // Made where it belongs: a view that is copied is written as two words and read as one, which stalls.
        *view_at(record + coming->offset) = std::string_view(origin_ + (text - text_), size_of(text, place));
      } else {
        if (coming->form == json_value_form::none) return finish_line(place, seen, record);
        place = skip_space(place);
        place = coming->bit == 0 ? skip_value(place, 1)
                                 : read_value(place, *fields_[coming->index].type, record + coming->offset);
        if (place == nullptr || place >= end_) return false;
        place = skip_space(place);
        if (*place != ',' && *place != '}') return false;
      }
      if (place >= end_) return false;
    }
  }

 private:
  [[gnu::always_inline]] const char* skip_space(const char* place) const {
    return static_cast<unsigned char>(*place) > ' ' ? place : skip_spaces(place);
  }
  const char* skip_spaces(const char* place) const {
    while (place < end_ && is_space(*place)) ++place;
    return place;
  }

  /// The quote that closes the string whose text begins at `place`.
  [[gnu::always_inline]] const char* close_of(const char* place, bool& escaped) {
    place = find_special<false>(place, end_);
    if (*place == '"') [[likely]]
      return place;
    return unusual_close_of(place, escaped);
  }

  [[gnu::noinline]] const char* unusual_close_of(const char* place, bool& escaped) {
    passed_utf8_ = true;
    while (place < end_) {
      const char byte = *place;
      if (byte == '"') return place;
      if (byte == '\\') {
        escaped = true;
        ++place;
        if (*place == '"' || *place == '\\') ++place;
      } else if (static_cast<signed char>(byte) >= 0) {
        return nullptr;  // a control character
      }
      place = find_special<true>(place, end_);
    }
    return nullptr;
  }

  /// Passes a key and its colon.
  const char* take_key(const char* place, std::string_view& key, bool& escaped) {
    place = skip_space(place);
    if (place >= end_ || *place != '"') return nullptr;
    const char* const close = close_of(place + 1, escaped);
    if (close == nullptr) return nullptr;
    key = {place + 1, size_of(place + 1, close)};
    place = skip_space(close + 1);
    return place < end_ && *place == ':' ? place + 1 : nullptr;
  }

  static std::size_t index_of(std::string_view key, std::span<const field_descriptor> fields, std::size_t expected) {
    if (expected < fields.size() && fields[expected].name == key) return expected;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == key) return i;
    }
    return no_field;
  }

  /// Where a string seems to end whose text begins at `place`. All that follows would have to wait for the search; so
  /// it goes on from where such strings ended so far, which the processor tries ahead of the comparison.
  [[gnu::always_inline]] const char* end_of_text(const char* place, coming_json_value& value) const {
    const char* const found = find_special<false>(place, end_);
    if (value.guesses == 0) return found;
    std::size_t guess = value.text_size;
    asm("" : "+r"(guess));  // so that the compiler does not see that both ways lead to the same place
    if (size_of(place, found) == guess) [[likely]]
      return place + value.text_size;
    --value.guesses;
    value.text_size = size_of(place, found);
    return found;
  }

  /// The closing quote of a string that seemed to end at `place`.
  [[gnu::noinline]] const char* close_text(const char* text, const char* place, const coming_json_value& value,
                                           std::byte* record) {
    if (*place == '"') return place;
    bool escaped = false;
    place = unusual_close_of(place, escaped);
    if (place == nullptr || value.form == json_value_form::skipped_string) return place;
    return store_view(text, place, escaped, view_at(record + value.offset)) ? place : nullptr;
  }

  /// Passes what follows the value `before`, which is null at the beginning of the object.
  [[gnu::noinline]] const char* take_unlearned_key(const char* place, const coming_json_value* before,
                                                   coming_json_value& coming) {
    if (before != nullptr && before->is_text()) place = skip_space(place + 1);
    if (place >= end_) return nullptr;
    const char sign = *place++;
    const std::size_t expected = before == nullptr ? 0 : before->index + 1;
    coming = {};
    if (sign != '}') {
      if (sign != (before == nullptr ? '{' : ',')) return nullptr;
      bool escaped = false;
      std::string_view key;
      place = take_key(place, key, escaped);
      if (place == nullptr || escaped) return nullptr;
      const char* const value = skip_space(place);
      if (value >= end_) return nullptr;
      coming = what_comes(index_of(key, fields_, expected), *value == '"');
      if (coming.is_text()) place = value + 1;
    }
    return place;
  }

  coming_json_value what_comes(std::size_t index, bool text) const {
    if (index == no_field) return {.form = text ? json_value_form::skipped_string : json_value_form::skipped};
    const field_descriptor& field = fields_[index];
    const bool borrowed = text && field.type->kind == type_kind::string_view;
    return {.form = borrowed ? json_value_form::borrowed_string : json_value_form::read,
            .index = index,
            .offset = field.offset,
            .bit = std::uint64_t{1} << index};
  }

  bool finish_line(const char* place, std::uint64_t seen, std::byte* record) const {
    if (finish_object(place, fields_, seen, record) == nullptr || skip_space(place) != end_) return false;
    return !passed_utf8_ || simdjson::validate_utf8(text_, size_of(text_, end_));
  }

  /// An object inside the line; `place` is behind its opening brace.
  const char* read_object(const char* place, std::span<const field_descriptor> fields, std::byte* record) {
    std::uint64_t seen = 0;
    std::size_t index = no_field;
    place = skip_space(place);
    if (place < end_ && *place == '}') return finish_object(place + 1, fields, seen, record);
    for (;;) {
      bool escaped = false;
      std::string_view key;
      place = take_key(place, key, escaped);
      if (place == nullptr || escaped) return nullptr;
      place = skip_space(place);
      if (place >= end_) return nullptr;
      index = index_of(key, fields, index + 1);
      if (index == no_field) {
        place = skip_value(place, 1);
      } else {
        place = read_value(place, *fields[index].type, record + fields[index].offset);
        seen |= std::uint64_t{1} << index;
      }
      if (place == nullptr) return nullptr;
      place = skip_space(place);
      if (place >= end_) return nullptr;
      const char separator = *place++;
      if (separator == '}') return finish_object(place, fields, seen, record);
      if (separator != ',') return nullptr;
    }
  }

  static const char* finish_object(const char* place, std::span<const field_descriptor> fields, std::uint64_t seen,
                                   std::byte* record) {
    const std::uint64_t all = fields.empty() ? 0 : ~std::uint64_t{0} >> (fields_max - fields.size());
    if (seen == all) [[likely]]
      return place;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if ((seen >> i & 1) != 0) continue;
      const type_descriptor& type = *fields[i].type;
      if (type.kind != type_kind::optional) return nullptr;
      type.optional->reset(record + fields[i].offset);
    }
    return place;
  }

  // ---- values that nobody wants ----

  [[gnu::always_inline]] const char* skip_string(const char* place) {
    bool escaped = false;
    const char* const close = close_of(place + 1, escaped);
    return close == nullptr ? nullptr : close + 1;
  }

  const char* skip_value(const char* place, int depth) {
    if (depth > nesting_max) return nullptr;
    switch (*place) {
      case '"':
        return skip_string(place);
      case '{':
        return skip_members(place + 1, depth, true);
      case '[':
        return skip_members(place + 1, depth, false);
      case 't':
        return skip_word(place, "true");
      case 'f':
        return skip_word(place, "false");
      case 'n':
        return skip_word(place, "null");
      default:
        return skip_number(place);
    }
  }

  const char* skip_members(const char* place, int depth, bool keyed) {
    const char closing = keyed ? '}' : ']';
    place = skip_space(place);
    if (place < end_ && *place == closing) return place + 1;
    for (;;) {
      if (keyed) {
        std::string_view key;
        bool escaped = false;
        place = take_key(place, key, escaped);
        if (place == nullptr) return nullptr;
      }
      place = skip_space(place);
      if (place >= end_) return nullptr;
      place = skip_value(place, depth + 1);
      if (place == nullptr) return nullptr;
      place = skip_space(place);
      if (place >= end_) return nullptr;
      const char separator = *place++;
      if (separator == closing) return place;
      if (separator != ',') return nullptr;
    }
  }

  const char* skip_word(const char* place, std::string_view word) const {
    if (end_ - place < static_cast<std::ptrdiff_t>(word.size())) return nullptr;
    return std::memcmp(place, word.data(), word.size()) == 0 ? place + word.size() : nullptr;
  }

  const char* skip_digits(const char* place) const {
    const char* const first = place;
    while (place < end_ && is_digit(*place)) ++place;
    return place == first ? nullptr : place;
  }

  const char* skip_number(const char* place) const {
    if (*place == '-') ++place;
    const bool leading_zero = *place == '0';
    place = leading_zero && place < end_ ? place + 1 : skip_digits(place);
    if (place != nullptr && *place == '.') place = skip_digits(place + 1);
    if (place != nullptr && (*place == 'e' || *place == 'E')) {
      ++place;
      if (*place == '+' || *place == '-') ++place;
      place = skip_digits(place);
    }
    return place;
  }

  // ---- values of members ----

  const char* read_value(const char* place, const type_descriptor& type, std::byte* member) {
    switch (type.kind) {
      case type_kind::string_view:
        return *place == '"' ? read_view(place + 1, view_at(member)) : nullptr;
      case type_kind::string:
        return *place == '"' ? read_named(place, type, member) : nullptr;
      case type_kind::timestamp:
      case type_kind::enumeration:
        return *place == '"' ? read_named(place, type, member) : read_number(place, type, member);
      case type_kind::optional:
        if (*place == 'n') {
          type.optional->reset(member);
          return skip_word(place, "null");
        }
        return read_value(place, *type.element, static_cast<std::byte*>(type.optional->emplace(member)));
      case type_kind::vector:
        return *place == '[' ? read_vector(place + 1, type, member) : nullptr;
      case type_kind::tuple:
        if (is_json_array(type)) return *place == '[' ? read_tuple(place + 1, type, member) : nullptr;
        [[fallthrough]];
      case type_kind::record:
        if (*place != '{' || type.fields.size() > fields_max) return nullptr;
        return read_object(place + 1, type.fields, member);
      default:
        return read_number(place, type, member);
    }
  }

  static std::string_view* view_at(std::byte* member) {
    return static_cast<std::string_view*>(static_cast<void*>(member));
  }

  const char* read_view(const char* place, std::string_view* view) {
    bool escaped = false;
    const char* const close = close_of(place, escaped);
    if (close == nullptr || close >= end_) return nullptr;
    return store_view(place, close, escaped, view) ? close + 1 : nullptr;
  }

  /// Lets `view` borrow from the line, or from the arena what has escapes.
  bool store_view(const char* place, const char* close, bool escaped, std::string_view* view) {
    *view = {origin_ + (place - text_), size_of(place, close)};
    if (!escaped) return true;
    std::string_view text;
    if (!decode(place, close, text)) return false;
    *view = scratch_.store(text);
    return true;
  }

  bool decode(const char* place, const char* close, std::string_view& text) {
    decoded_.resize(size_of(place, close) + 1 + simdjson::SIMDJSON_PADDING);
    auto* into = reinterpret_cast<std::uint8_t*>(decoded_.data());
    const simdjson::ondemand::raw_json_string raw(reinterpret_cast<const std::uint8_t*>(place));
    return !parser_.unescape(raw, into).get(text);
  }

  /// A string, or something that a string names.
  const char* read_named(const char* place, const type_descriptor& type, std::byte* member) {
    bool escaped = false;
    const char* const close = close_of(place + 1, escaped);
    if (close == nullptr || close >= end_) return nullptr;
    std::string_view text(place + 1, size_of(place + 1, close));
    if (escaped && !decode(place + 1, close, text)) return nullptr;
    return parse_scalar(type, text, member) ? close + 1 : nullptr;
  }

  const char* read_vector(const char* place, const type_descriptor& type, std::byte* member) {
    type.vector->clear(member);
    place = skip_space(place);
    if (place < end_ && *place == ']') return place + 1;
    for (;;) {
      place = skip_space(place);
      if (place >= end_) return nullptr;
      place = read_value(place, *type.element, static_cast<std::byte*>(type.vector->append(member)));
      if (place == nullptr) return nullptr;
      place = skip_space(place);
      if (place >= end_) return nullptr;
      const char separator = *place++;
      if (separator == ']') return place;
      if (separator != ',') return nullptr;
    }
  }

  const char* read_tuple(const char* place, const type_descriptor& type, std::byte* member) {
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      place = skip_space(place);
      if (place >= end_) return nullptr;
      place = read_value(place, *type.fields[i].type, member + type.fields[i].offset);
      if (place == nullptr) return nullptr;
      place = skip_space(place);
      if (place >= end_ || *place != (i + 1 < type.fields.size() ? ',' : ']')) return nullptr;
      ++place;
    }
    return type.fields.empty() ? nullptr : place;
  }

  const char* read_number(const char* place, const type_descriptor& type, std::byte* member) {
    switch (type.underlying) {
      case type_kind::boolean: {
        const bool value = *place == 't';
        place = value ? skip_word(place, "true") : skip_word(place, "false");
        if (place != nullptr) std::memcpy(member, &value, sizeof value);
        return place;
      }
      case type_kind::float64:
        return read_double(place, type, member);
      case type_kind::float32:
        return read_scalar(place, type, member);
      default:
        return read_integer(place, type, member);
    }
  }

  /// Appends the digits at `place` to `digits`: up to 19 fit into 64 bits.
  [[gnu::always_inline]] static const char* take_digits(const char* place, std::ptrdiff_t digits_max,
                                                        std::uint64_t& digits) {
    for (const char* const stop = place + digits_max; place != stop && is_digit(*place); ++place) {
      digits = 10 * digits + static_cast<std::uint64_t>(*place - '0');
    }
    return place;
  }

  static const char* read_integer(const char* place, const type_descriptor& type, std::byte* member) {
    const bool negative = *place == '-';
    const char* const first = place + (negative ? 1 : 0);
    std::uint64_t digits = 0;
    place = take_digits(first, 19, digits);
    if (place == first || (*first == '0' && place - first > 1)) return nullptr;
    if (type.underlying == type_kind::uint64) {
      if (negative) return nullptr;
      std::memcpy(member, &digits, sizeof digits);
      return place;
    }
    if (digits > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return nullptr;
    const auto value = negative ? -static_cast<std::int64_t>(digits) : static_cast<std::int64_t>(digits);
    if (type.underlying == type_kind::int64 || type.underlying == type_kind::timestamp) {
      std::memcpy(member, &value, sizeof value);
      return place;
    }
    return store_integer(type, value, member) ? place : nullptr;
  }

  /// Up to 15 digits and a small power of ten, both of which a double holds exactly, give the nearest double by one
  /// division (W. D. Clinger, How to read floating point numbers accurately, 1990).
  const char* read_double(const char* const place, const type_descriptor& type, std::byte* member) const {
    const bool negative = *place == '-';
    const char* const first = place + (negative ? 1 : 0);
    std::uint64_t digits = 0;
    const char* behind = take_digits(first, exact_digits_max, digits);
    const std::ptrdiff_t size = behind - first;
    if (size == 0 || (*first == '0' && size > 1)) return nullptr;
    std::ptrdiff_t decimals = 0;
    if (*behind == '.') {
      const char* const point = behind;
      behind = take_digits(point + 1, exact_digits_max - size, digits);
      decimals = behind - point - 1;
    }
    const bool complete = !is_digit(*behind) && *behind != '.' && (*behind | 0x20) != 'e';
    if (!complete || behind[-1] == '.') return read_scalar(place, type, member);
    double value = static_cast<double>(digits) / exact_powers[decimals];
    if (negative) value = -value;
    std::memcpy(member, &value, sizeof value);
    return behind;
  }

  /// Any number.
  const char* read_scalar(const char* place, const type_descriptor& type, std::byte* member) const {
    const char* const behind = skip_number(place);
    if (behind == nullptr || behind > end_) return nullptr;
    return parse_scalar(type, {place, size_of(place, behind)}, member) ? behind : nullptr;
  }

  const char* text_;
  const char* end_;
  const char* origin_;
  std::span<const field_descriptor> fields_;
  learned_json_keys& keys_;
  simdjson::ondemand::parser& parser_;
  std::string& decoded_;
  arena& scratch_;
  bool passed_utf8_ = false;  ///< bytes above 127 may have been passed unseen: the line must be checked
};

}  // namespace

struct quick_json_parser::implementation {
  std::span<const field_descriptor> fields;
  learned_json_keys keys;
  simdjson::ondemand::parser parser;  ///< decodes escapes
  std::string decoded;
};

quick_json_parser::quick_json_parser(std::span<const field_descriptor> fields) {
  if (fields.size() > fields_max) return;
  implementation_ = std::make_unique<implementation>();
  implementation_->fields = fields;
  if (implementation_->parser.allocate(1)) implementation_.reset();
}

quick_json_parser::~quick_json_parser() = default;
quick_json_parser::quick_json_parser(quick_json_parser&&) noexcept = default;
quick_json_parser& quick_json_parser::operator=(quick_json_parser&&) noexcept = default;

bool quick_json_parser::parse(const char* text, std::size_t size, const char* origin, void* record, arena& scratch) {
  if (implementation_ == nullptr) return false;
  implementation& all = *implementation_;
  line_scan scan(text, size, origin, all.fields, all.keys, all.parser, all.decoded, scratch);
  return scan.run(static_cast<std::byte*>(record));
}

}  // namespace weir::detail
