#include "weir/core/owned_bytes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace weir::detail {
namespace {

struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::int32_t, x), (double, y));
};
struct address {
  BOOST_HANA_DEFINE_STRUCT(address, (std::string, street), (std::vector<std::string>, lines), (std::int32_t, number));
};
struct borrowed_name {
  BOOST_HANA_DEFINE_STRUCT(borrowed_name, (std::string_view, name), (std::int32_t, number));
};
struct unknown {
  std::string text;
};

static_assert(!owns_memory<std::int64_t>);
static_assert(!owns_memory<point>);
static_assert(!owns_memory<std::pair<std::int32_t, std::optional<double>>>);
static_assert(!owns_memory<unknown>, "what weir cannot look into is not counted");
static_assert(owns_memory<std::string>);
static_assert(owns_memory<std::optional<std::string>>);
static_assert(owns_memory<std::tuple<std::int32_t, std::vector<std::int32_t>>>);
static_assert(owns_memory<address>);
static_assert(owns_memory<owned_t<borrowed_name>>);

// Sizes that the GNU C library gives on a 64-bit machine: 16 bytes at a time, 8 of them for itself, 32 at least.
TEST(heap_bytes, are_what_malloc_takes) {
  EXPECT_EQ(heap_bytes(0), 0U);
  EXPECT_EQ(heap_bytes(1), 32U);
  EXPECT_EQ(heap_bytes(24), 32U);
  EXPECT_EQ(heap_bytes(25), 48U);
  EXPECT_EQ(heap_bytes(40), 48U);
  EXPECT_EQ(heap_bytes(41), 64U);
  EXPECT_EQ(heap_bytes(1000), 1008U);
}

TEST(owned_bytes, of_strings_are_those_that_do_not_lie_in_place) {
  EXPECT_EQ(owned_bytes(std::string("short")), 0U);
  EXPECT_EQ(owned_bytes(std::string(100, 'x')), 112U);
  EXPECT_EQ(owned_bytes(std::optional<std::string>()), 0U);
  EXPECT_EQ(owned_bytes(std::optional(std::string(100, 'x'))), 112U);
}

TEST(owned_bytes, of_vectors_hold_those_of_their_elements) {
  EXPECT_EQ(owned_bytes(std::vector<std::int64_t>(100)), 816U);
  EXPECT_EQ(owned_bytes(std::vector<bool>(800)), 112U);
  EXPECT_EQ(owned_bytes(std::vector<std::string>(10, std::string(100, 'x'))), 336U + 10 * 112U);
}

TEST(owned_bytes, of_very_many_elements_are_taken_from_some) {
  std::vector<std::string> texts;
  for (int i = 0; i < 6400; ++i) texts.push_back(std::string(static_cast<std::size_t>(100 + i % 2 * 100), 'x'));
  texts.shrink_to_fit();
  const std::size_t exact = 6400 * 32 + 16 + 3200 * 112 + 3200 * 224;
  EXPECT_NEAR(static_cast<double>(owned_bytes(texts)), static_cast<double>(exact), 0.05 * static_cast<double>(exact));
}

TEST(owned_bytes, of_records_are_those_of_their_members) {
  EXPECT_EQ(owned_bytes(point{1, 2}), 0U);
  EXPECT_EQ(owned_bytes(address{std::string(100, 'x'), {std::string(200, 'y')}, 3}), 112U + 48U + 224U);
  EXPECT_EQ(owned_bytes(std::tuple(1, std::string(100, 'x'))), 112U);
  EXPECT_EQ(owned_bytes(std::pair(std::string(100, 'x'), std::string(100, 'y'))), 224U);
}

TEST(owned_bytes, of_owned_records_are_the_copies_of_borrowed_strings) {
  const std::string text(100, 'x');
  EXPECT_EQ(owned_bytes(owned_t<borrowed_name>(borrowed_name{text, 1})), 112U);
}

}  // namespace
}  // namespace weir::detail
