// Keys as bytes that compare as the keys do.
#include "weir/core/ordered_bytes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir {
namespace {

template <class Key>
std::string bytes_of(const Key& key) {
  std::string bytes;
  encode_ordered(key, bytes);
  return bytes;
}

/// `ascending` are different keys in order; none is to begin another.
template <class Key>
void expect_order(const std::vector<Key>& ascending) {
  for (std::size_t left = 0; left < ascending.size(); ++left) {
    for (std::size_t right = 0; right < ascending.size(); ++right) {
      EXPECT_EQ(bytes_of(ascending[left]) < bytes_of(ascending[right]), left < right) << left << " and " << right;
      if (left != right) {
        EXPECT_FALSE(bytes_of(ascending[left]).starts_with(bytes_of(ascending[right]))) << left << " and " << right;
      }
    }
  }
}

enum class color : std::int8_t { none = -1, red, green };
struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::string, name), (double, x));
};

TEST(ordered_bytes, are_in_the_order_of_integers) {
  expect_order<std::int64_t>({std::numeric_limits<std::int64_t>::min(), -256, -1, 0, 1, 255, 256,
                              std::numeric_limits<std::int64_t>::max()});
  expect_order<std::int8_t>({-128, -1, 0, 1, 127});
  expect_order<std::uint32_t>({0, 1, 255, 256, 0xffffffff});
  expect_order<bool>({false, true});
  expect_order<color>({color::none, color::red, color::green});
}

TEST(ordered_bytes, are_in_the_order_of_numbers_with_a_point) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  expect_order<double>({-infinity, -1e300, -1.5, -1e-310, 0.0, 1e-310, 1.5, 1e300, infinity,
                        std::numeric_limits<double>::quiet_NaN()});
  expect_order<float>({-2.5f, -0.5f, 0.0f, 0.5f, 2.5f});
  EXPECT_EQ(bytes_of(-0.0), bytes_of(0.0));
  EXPECT_EQ(bytes_of(std::nan("")), bytes_of(-std::nan("7")));
}

TEST(ordered_bytes, are_in_the_order_of_text) {
  const std::string zero(1, '\0');
  expect_order<std::string>({"", zero, zero + zero, zero + "a", zero + "\xff", "\x01", "a", "a" + zero, "a" + zero + "b", "aa", "b",
                             "\xff", "\xff\xff"});
}

TEST(ordered_bytes, are_in_the_order_of_what_is_made_of_others) {
  expect_order<timestamp>({from_epoch_ms(-5), from_epoch_ms(0), from_epoch_ms(1'000'000)});
  expect_order<std::chrono::seconds>({std::chrono::seconds(-1), std::chrono::seconds(2)});
  expect_order<std::optional<int>>({std::nullopt, -3, 4});
  expect_order<std::pair<std::string, int>>({{"a", 9}, {"ab", -1}, {"ab", 2}, {"b", 0}});
  const std::vector<point> points{{"", 1.0}, {"a", -1.0}, {"a", 3.0}, {"b", 0.0}};
  expect_order(points);
  static_assert(!orderable_key<std::vector<int>> && !orderable_key<long double>);
}

}  // namespace
}  // namespace weir
