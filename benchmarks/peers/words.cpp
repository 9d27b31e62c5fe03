// w2: word count; w2s: the same with every word sent to the slot of its key.
#include <functional>
#include <string_view>
#include <vector>

#include "benchmarks/peers/weirbench.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/connectors/words.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

struct word_count {
  BOOST_HANA_DEFINE_STRUCT(word_count, (std::string, word), (std::int64_t, count));
};

}  // namespace

outcome count_words(const run_options& options, const std::string& output) {
  std::vector<word_count> counts;
  const auto report =
      job("w2", from<"text">(lines(data_file("words.txt"))) | flat_map(words) |
                    key_by([](std::string_view word) { return word; }) | window(global(at_end_of_input)) |
                    aggregate<"counts">(count()) |
                    map([](const window_result<std::string, std::int64_t>& r) { return word_count{r.key, r.value}; }) |
                    to<"out">(into(counts)))
          .run(options);
  u64 total = 0;
  const auto file = open_rows(output);
  for (const word_count& each : counts) {
    total += static_cast<u64>(each.count);
    std::fprintf(file.get(), "%s\t%lld\n", each.word.c_str(), static_cast<long long>(each.count));
  }
  return {total, seconds_of(report), "words=" + std::to_string(total) + ",distinct=" + std::to_string(counts.size())};
}

outcome count_shuffled_words(const run_options& options, const std::string& output) {
  run_options shuffled = options;
  shuffled.pre_aggregation = pre_aggregation::off;
  return count_words(shuffled, output);
}

}  // namespace weir::benchmarks
