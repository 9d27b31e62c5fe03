// The disk of a simulated process: its calls fail and end where they are told to, with and without effect.
#include "weir/testkit/mortal_storage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "weir/core/error.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {
namespace {

struct mortal_disk : ::testing::Test {
  memory_storage below;
  mortal_storage disk{below};
};

TEST_F(mortal_disk, fails_at_a_call_of_any_kind) {
  below.write("a", "1");
  disk.fail_at(1, false);
  EXPECT_TRUE(disk.exists("a"));
  EXPECT_THROW(disk.stat("a"), error);
  EXPECT_EQ(disk.errors(), 1u);
  EXPECT_EQ(disk.stat("a").size, 1u);
}

TEST_F(mortal_disk, fails_before_or_after_the_effect) {
  below.write("a", "1");
  disk.fail_at(0, false);
  EXPECT_THROW(disk.rename("a", "b"), error);
  EXPECT_FALSE(below.exists("b"));
  disk.fail_at(0, true);
  EXPECT_THROW(disk.rename("a", "b"), error);
  EXPECT_TRUE(below.exists("b"));
}

TEST_F(mortal_disk, tears_an_append_that_fails) {
  const auto file = disk.create("a");
  file->append("1234");
  disk.fail_at(0, false);
  EXPECT_THROW(file->append("5678"), error);
  EXPECT_EQ(below.read("a"), "123456");
  file->append("9");
  EXPECT_EQ(below.read("a"), "1234569");
}

TEST_F(mortal_disk, fails_while_a_file_is_read) {
  below.write("a", "1");
  const auto file = disk.open("a");
  disk.fail_at(0, false);
  std::array<char, 1> byte{};
  EXPECT_THROW(file->read_at(0, byte), error);
  EXPECT_EQ(file->read_at(0, byte), 1u);
}

TEST_F(mortal_disk, does_nothing_after_its_death) {
  const auto file = disk.create("a");
  disk.die_at(1, true);
  file->append("1");
  EXPECT_THROW(file->append("2"), error);
  EXPECT_TRUE(disk.dead());
  EXPECT_THROW(file->append("3"), error);
  EXPECT_THROW(disk.exists("a"), error);
  EXPECT_EQ(below.read("a"), "12");
  EXPECT_EQ(disk.calls(), 3u);
}

}  // namespace
}  // namespace weir::testing
