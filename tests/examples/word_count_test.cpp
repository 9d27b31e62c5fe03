#include "examples/word_count/word_count.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/examples/models.hpp"
#include "tests/examples/test_files.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/lines.hpp"

using namespace weir;

namespace {

constexpr std::uint64_t seed = 19230417;

std::map<std::string, std::int64_t> totals_of(const std::vector<word_total>& totals) {
  std::map<std::string, std::int64_t> counts;
  for (const word_total& total : totals) {
    EXPECT_TRUE(counts.emplace(total.word, total.count).second) << "two totals for " << total.word;
  }
  return counts;
}

}  // namespace

TEST(word_count, counts_every_word_of_a_file_whatever_the_slots) {
  const scratch_folder folder;
  const std::string text = model::random_text(seed, 20'000);
  const auto input = folder.write("text.txt", text);
  const auto expected = model::word_counts(text);
  for (const std::size_t slots : {1, 2, 8}) {
    std::vector<word_total> totals;
    auto source = lines(input).split_bytes(50'000);
    job("word-count", count_words(source) | to<"table">(into(totals))).run({.slots = slots});
    EXPECT_EQ(totals_of(totals), expected) << "seed " << seed << ", " << slots << " slots";
  }
}

TEST(word_count, writes_a_table_of_words_and_counts) {
  const scratch_folder folder;
  const std::vector<std::string_view> text = {"to be or", "not to, be", "  \"be\" "};
  job("word-count", count_words(text) | to<"table">(csv(folder / "counts.csv"))).run({.slots = 2});
  EXPECT_EQ(table_of(folder / "counts.csv"),
            (std::vector<std::string>{"word,count", R"("""be""",1)", R"("to,",1)", "be,2", "not,1", "or,1", "to,1"}));
}

TEST(word_count, of_an_empty_file_is_a_table_without_rows) {
  const scratch_folder folder;
  const auto input = folder.write("empty.txt", "");
  job("word-count", count_words(lines(input)) | to<"table">(csv(folder / "counts.csv"))).run({.slots = 2});
  EXPECT_EQ(text_of(folder / "counts.csv"), "word,count\n");
}
