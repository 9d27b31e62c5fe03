#include "weir/core/either.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "weir/core/arena.hpp"
#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/type_name.hpp"

namespace weir {
namespace {

struct click {
  BOOST_HANA_DEFINE_STRUCT(click, (std::string_view, page), (int, x));
};
struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int64_t, cents));
  friend bool operator==(const payment&, const payment&) = default;
};

static_assert(std::is_trivially_copyable_v<either<int, payment>>);
static_assert(!std::is_trivially_copyable_v<either<int, std::string>>);
static_assert(std::is_nothrow_move_constructible_v<either<int, std::string>>);
static_assert(has_borrowed<either<click, payment>> && has_borrowed<either<int, std::string_view>>);
static_assert(!has_borrowed<either<int, std::string>> && std::is_same_v<owned_t<either<int, payment>>, either<int, payment>>);
static_assert(std::is_same_v<owned_t<either<click, payment>>, owned<either<click, payment>>>);
static_assert(has_binary_form<either<click, payment>> && !has_binary_form<either<int, std::unique_ptr<int>>>);

TEST(either, holds_one_of_two_values_also_of_one_type) {
  const auto left = either<int, std::string>::of_left(3);
  const auto right = either<int, std::string>::of_right("three");
  EXPECT_TRUE(left.is_left());
  EXPECT_FALSE(left.is_right());
  EXPECT_EQ(left.left(), 3);
  EXPECT_EQ(right.right(), "three");
  EXPECT_NE(left, right);
  const auto length = [](const auto& each) {
    return each.visit([](int number) { return number; }, [](const std::string& text) { return int(text.size()); });
  };
  EXPECT_EQ(length(left), 3);
  EXPECT_EQ(length(right), 5);
  EXPECT_NE((either<int, int>::of_left(1)), (either<int, int>::of_right(1)));
  EXPECT_TRUE((either<int, std::string>().is_left()));
}

TEST(either, owns_the_strings_of_the_value_that_is_there) {
  auto bytes = std::make_unique<std::string>("/home, a page with a long address");
  owned<either<click, payment>> kept = either<click, payment>::of_left(click{*bytes, 7});
  bytes.reset();
  EXPECT_EQ(kept->left().page, "/home, a page with a long address");
  const auto moved = std::move(kept);
  EXPECT_EQ(moved->left().page, "/home, a page with a long address");
  kept = either<click, payment>::of_right(payment{5});
  EXPECT_EQ(kept->right().cents, 5);
}

TEST(either, is_copied_into_an_arena) {
  arena held;
  std::string bytes = "a page";
  auto value = either<payment, click>::of_right(click{bytes, 1});
  EXPECT_EQ(borrowed_bytes(value), 6u);
  copy_borrowed(value, held);
  bytes = "??????";
  EXPECT_EQ(value.right().page, "a page");
  EXPECT_EQ(borrowed_bytes(either<payment, click>::of_left(payment{1})), 0u);
}

TEST(either, has_a_binary_form_of_one_byte_and_the_value) {
  std::string bytes;
  encode(either<payment, std::string>::of_right("ab"), bytes);
  EXPECT_EQ(bytes, std::string("\1\2ab", 4));
  EXPECT_EQ((decode_all<either<payment, std::string>>(bytes).right()), "ab");
  bytes.clear();
  encode(either<payment, std::string>::of_left(payment{258}), bytes);
  EXPECT_EQ(bytes, std::string("\0\2\1\0\0\0\0\0\0", 9));
  EXPECT_EQ((decode_all<either<payment, std::string>>(bytes).left()), payment{258});
  EXPECT_THROW((decode_all<either<payment, std::string>>(std::string_view("\2\0", 2))), error);
}

TEST(either, is_named_with_both_types) { EXPECT_EQ((type_name<either<payment, std::string>>()), "either<payment, std::string>"); }

}  // namespace
}  // namespace weir
