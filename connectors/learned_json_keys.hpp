#pragma once
// What quick_json_parser remembers of earlier lines: what stood between their values, and what that said of the values.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "weir/connectors/json_text_scan.hpp"

namespace weir::detail {

inline constexpr std::size_t no_field = ~std::size_t{0};

enum class json_value_form : std::uint8_t {
  skipped_string,   ///< of a member that no record wants
  borrowed_string,  ///< of a std::string_view
  skipped,          ///< any other value that nobody wants
  read,             ///< any other value
  none              ///< no value: the object ends
};

/// What comes behind a key.
struct coming_json_value {
  json_value_form form = json_value_form::none;
  std::uint8_t guesses = 8;      ///< how often the size of a string may still be guessed wrong
  std::size_t index = no_field;  ///< of the member
  std::size_t offset = 0;        ///< of the member in the record
  std::uint64_t bit = 0;         ///< of the member among those seen; 0 if nobody wants the value
  std::size_t text_size = 0;     ///< of the string that came last

  bool is_text() const noexcept { return form <= json_value_form::borrowed_string; }
};

/// What stood between two values of an earlier line: `","name":"` between strings, `,"name":` between numbers, `"}` at
/// its end. Strings have their quotes here. Only ASCII. What the first byte is, a quote, ',' or '}', or '{', says what
/// stood before it: a string, another value, nothing.
struct learned_json_key {
  static constexpr std::size_t size_max = 32;

  char text[size_max] = {};
  char ignored[size_max];  ///< all bits set behind the text
  std::size_t size;
  coming_json_value value;

  learned_json_key(std::string_view given, const coming_json_value& coming) noexcept
      : size(given.size()), value(coming) {
    given.copy(text, size);
    std::memset(ignored, 0, size);
    std::memset(ignored + size, 0xff, size_max - size);
  }

  [[gnu::always_inline]] bool matches(const char* place) const noexcept { return equal_32(place, text, ignored); }
};

/// The keys of earlier lines in their order. Keys that only some lines have stand among those that all have: they are
/// passed over.
class learned_json_keys {
 public:
  learned_json_keys() { keys_.reserve(keys_max); }

  learned_json_key* begin() noexcept { return keys_.data(); }
  learned_json_key* end() noexcept { return keys_.data() + keys_.size(); }

  /// The key that stands at `place`, if it is the one at `next` or a little further on, else null.
  learned_json_key* find(const char* place, learned_json_key* next) noexcept {
    learned_json_key* const stop = next + std::min(end() - next, passed_over_max);
    for (; next != stop; ++next) {
      if (next->matches(place)) return next;
    }
    return nullptr;
  }

  /// Puts a key at `next` if it is short and ASCII; returns where the key that follows it is expected.
  learned_json_key* learn(std::string_view text, const coming_json_value& value, learned_json_key* next) noexcept {
    if (text.size() > learned_json_key::size_max || !is_ascii(text)) return next;
    const learned_json_key key(text, value);
    const auto position = next - keys_.data();
    if (keys_.size() < keys_max) {
      keys_.insert(keys_.begin() + position, key);
    } else if (next != end()) {
      keys_[static_cast<std::size_t>(position)] = key;
    } else {
      return next;
    }
    return next + 1;
  }

 private:
  static constexpr std::size_t keys_max = 128;
  static constexpr std::ptrdiff_t passed_over_max = 8;

  static bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char byte) { return static_cast<signed char>(byte) >= 0; });
  }

  std::vector<learned_json_key> keys_;  ///< never reallocated
};

}  // namespace weir::detail
