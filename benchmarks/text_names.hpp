#pragma once
// String keys: a million account numbers, say.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {

/// `count` different texts of 28 bytes, too long to lie inside of a std::string.
class text_names {
 public:
  explicit text_names(std::uint64_t count) : count_(count), bytes_(count * length, '0') {
    for (std::uint64_t i = 0; i < count; ++i) {
      char* const at = bytes_.data() + i * length;
      std::memcpy(at, "account-", 8);
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, random_number(5, i)).ptr;
      const auto digits_count = static_cast<std::size_t>(end - digits);
      std::memcpy(at + length - digits_count, digits, digits_count);
    }
  }
  std::uint64_t size() const noexcept { return count_; }
  std::string_view operator[](std::uint64_t index) const noexcept { return {bytes_.data() + index * length, length}; }

 private:
  static constexpr std::size_t length = 28;
  std::uint64_t count_;
  std::string bytes_;
};

}  // namespace weir::benchmarks
