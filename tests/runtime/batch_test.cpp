// What a batch does with the records of its earlier uses.
#include "weir/runtime/batch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weir::detail {
namespace {

/// Counts its living instances; a const member makes it a type that can be made but not assigned.
struct fixed {
  explicit fixed(int number) : value(number) { ++alive; }
  fixed(const fixed& other) : value(other.value) { ++alive; }
  ~fixed() { --alive; }
  const int value;
  static inline int alive = 0;
};

TEST(batch, of_records_that_cannot_be_assigned_is_refilled_and_loses_none) {
  {
    batch<fixed, columns{}> reused(4);
    for (const int count : {3, 2, 4, 1}) {
      for (int i = 0; i < count; ++i) reused.append(fixed(10 * count + i), {});
      ASSERT_EQ(reused.size(), static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) EXPECT_EQ(reused.record(static_cast<std::size_t>(i)).value, 10 * count + i);
      EXPECT_EQ(fixed::alive, count);
      reused.clear();
    }
  }
  EXPECT_EQ(fixed::alive, 0);
}

TEST(batch, keeps_constructed_records_and_assigns_over_them) {
  batch<std::string, columns{}> reused(2);
  const std::string text(100, 'a');
  reused.append(text, {});
  const char* const memory = reused.record(0).data();
  reused.clear();
  reused.append(std::as_const(text), {});
  EXPECT_EQ(reused.record(0).data(), memory);
  EXPECT_EQ(reused.record(0), text);
}

}  // namespace
}  // namespace weir::detail
