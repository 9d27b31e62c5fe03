// Word count of about 100 MB of text, 100,000 distinct words with Zipf frequencies, in a temporary file: weir in 1 and
// 2 slots against the hand-written program.
#include <algorithm>
#include <cstdio>
#include <map>

#include "benchmarks/baseline/word_count.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/temporary_file.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/connectors/words.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t words_in_text = 13'400'000;
constexpr std::size_t words_in_line = 10;
constexpr std::size_t distinct_words = 100'000;

struct word_count {
  BOOST_HANA_DEFINE_STRUCT(word_count, (std::string, word), (std::int64_t, count));
  friend auto operator<=>(const word_count&, const word_count&) = default;
};

std::vector<std::string> vocabulary() {
  std::vector<std::string> made(distinct_words);
  for (std::size_t i = 0; i < distinct_words; ++i) {
    made[i].resize(3 + random_number(1, i) % 8);
    std::uint64_t letters = random_number(2, i);
    for (char& letter : made[i]) {
      letter = static_cast<char>('a' + letters % 26);
      letters /= 26;
    }
  }
  return made;
}

/// Word k of the vocabulary is drawn with a probability proportional to 1 / (k + 1).
std::string zipf_text() {
  const auto words = vocabulary();
  std::vector<double> up_to(distinct_words);
  for (std::size_t k = 0; k < distinct_words; ++k) up_to[k] = (k == 0 ? 0 : up_to[k - 1]) + 1.0 / (k + 1.0);
  std::string text;
  for (std::size_t i = 0; i < words_in_text; ++i) {
    const double drawn = static_cast<double>(random_number(3, i) >> 11) * 0x1p-53 * up_to.back();
    text += words[static_cast<std::size_t>(std::ranges::upper_bound(up_to, drawn) - up_to.begin())];
    text += (i + 1) % words_in_line == 0 || i + 1 == words_in_text ? '\n' : ' ';
  }
  return text;
}

const std::string& input() {
  static const temporary_file file(zipf_text());
  return file.path();
}

job words_job(std::vector<word_count>& counts) {
  return job("words",
             from<"text">(lines(input())) | flat_map(words) | key_by([](std::string_view word) { return word; }) |
                 window(global(at_end_of_input)) | aggregate<"counts">(count()) |
                 map([](const window_result<std::string, std::int64_t>& r) { return word_count{r.key, r.value}; }) |
                 to<"out">(into(counts)));
}

std::vector<word_count> sorted(std::vector<word_count> counts) {
  std::ranges::sort(counts);
  return counts;
}

std::vector<word_count> by_hand(std::size_t threads) {
  std::vector<word_count> counts;
  hand_word_count(input(), threads).for_each([&](std::string word, std::int64_t count) {
    counts.push_back({std::move(word), count});
  });
  return counts;
}

/// Counted in the plainest way.
std::vector<word_count> expected_counts() {
  std::map<std::string, std::int64_t> counted;
  std::FILE* const file = std::fopen(input().c_str(), "r");
  char word[64];
  while (std::fscanf(file, "%63s", word) == 1) ++counted[word];
  std::fclose(file);
  std::vector<word_count> counts;
  for (const auto& [word, count] : counted) counts.push_back({word, count});
  return counts;
}

void add(std::size_t slots) {
  const std::string group = "word_count/" + std::to_string(slots) + (slots == 1 ? "_slot" : "_slots");
  add_side(group, "hand", words_in_text, [=, expected = lazy(expected_counts)]() mutable {
    input();
    std::vector<word_count> counts;
    const double seconds = seconds_of([&] { return (counts = by_hand(slots)).size(); });
    expect_equal(sorted(std::move(counts)), *expected);
    return seconds;
  });
  add_side(group, "weir", words_in_text, [=, expected = lazy(expected_counts)]() mutable {
    std::vector<word_count> counts;
    const double seconds = run_seconds(words_job(counts), slots);
    expect_equal(sorted(std::move(counts)), *expected);
    return seconds;
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add(1);
  weir::benchmarks::add(2);
  return weir::benchmarks::run_benchmarks(argc, argv);
}
