// The check between kills finds what it is there for.
#include "tests/kills/shown_parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/examples/test_files.hpp"

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class parts : public ::testing::Test {
 protected:
  scratch_folder folder;
  shown_parts shown{folder.path(), "key,count", {"a,1", "b,2", "b,2"}};
};

TEST_F(parts, may_appear_bit_by_bit) {
  EXPECT_THAT(shown.look(), IsEmpty());
  folder.write("part-1.csv", "key,count\nb,2\n");
  EXPECT_THAT(shown.look(), IsEmpty());
  EXPECT_THAT(shown.look(), IsEmpty()) << "seen before";
  folder.write("part-2.csv", "key,count\nb,2\na,1\n");
  EXPECT_THAT(shown.look_at_end(), IsEmpty());
}

TEST_F(parts, may_hold_no_line_twice) {
  folder.write("part-1.csv", "key,count\na,1\n");
  EXPECT_THAT(shown.look(), IsEmpty());
  folder.write("part-2.csv", "key,count\na,1\n");
  EXPECT_THAT(shown.look(), HasSubstr("part-2.csv has a line that was there before: a,1"));
}

TEST_F(parts, may_hold_no_wrong_line) {
  folder.write("part-1.csv", "key,count\na,2\n");
  EXPECT_THAT(shown.look(), HasSubstr("part-1.csv has a line that is wrong: a,2"));
}

TEST_F(parts, may_not_be_cut) {
  folder.write("part-1.csv", "key,count\na,1");
  EXPECT_THAT(shown.look(), HasSubstr("part-1.csv does not end with a line"));
}

TEST_F(parts, may_not_lack_their_header) {
  folder.write("part-1.csv", "a,1\n");
  EXPECT_THAT(shown.look(), HasSubstr("part-1.csv begins with 'a,1'"));
}

TEST_F(parts, may_not_go_away_or_change) {
  folder.write("part-1.csv", "key,count\na,1\n");
  EXPECT_THAT(shown.look(), IsEmpty());
  folder.write("part-1.csv", "key,count\na,1\nb,2\n");
  EXPECT_THAT(shown.look(), HasSubstr("part-1.csv was visible and has changed"));
  std::filesystem::remove(folder / "part-1.csv");
  EXPECT_THAT(shown.look(), HasSubstr("part-1.csv was visible and is gone"));
}

TEST_F(parts, must_be_complete_at_the_end) {
  folder.write("part-1.csv", "key,count\na,1\nb,2\n");
  EXPECT_THAT(shown.look_at_end(), HasSubstr("1 lines never appeared, such as b,2"));
  folder.write("part-2.csv", "key,count\nb,2\n");
  folder.write(".job.out.part-3.csv", "key,count\n");
  EXPECT_THAT(shown.look_at_end(), HasSubstr(".job.out.part-3.csv is left over"));
}

}  // namespace
