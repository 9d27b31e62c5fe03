#pragma once
// A record that owns memory and counts how often it is copied and moved.
#include <atomic>
#include <compare>
#include <string>
#include <utility>

namespace weir::testing {

struct copy_counter {
  static inline std::atomic<int> copies{0};
  static inline std::atomic<int> moves{0};
  static void reset() {
    copies = 0;
    moves = 0;
  }

  std::string text;

  copy_counter() = default;
  explicit copy_counter(std::string t) : text(std::move(t)) {}
  copy_counter(const copy_counter& other) : text(other.text) { ++copies; }
  copy_counter(copy_counter&& other) noexcept : text(std::move(other.text)) { ++moves; }
  copy_counter& operator=(const copy_counter& other) {
    text = other.text;
    ++copies;
    return *this;
  }
  copy_counter& operator=(copy_counter&& other) noexcept {
    text = std::move(other.text);
    ++moves;
    return *this;
  }
  ~copy_counter() = default;

  friend auto operator<=>(const copy_counter&, const copy_counter&) = default;
};

/// A text too long for a string to hold in place.
inline std::string long_text(int number) { return "a text that no small string holds, number " + std::to_string(number); }

}  // namespace weir::testing
