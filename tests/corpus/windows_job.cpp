#include <cmath>
#include <utility>

#include "tests/corpus/kinds_jobs.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/weir.hpp"

namespace corpus {
namespace {

using namespace weir;
using namespace std::chrono_literals;

/// A line for each session, with its number among those of its key.
struct sessions {
  BOOST_HANA_DEFINE_STRUCT(sessions, (value_state<std::int64_t>, before));
  using output_type = line;

  void process(const window_elements<fact>& all, auto& context, auto& out) {
    std::int64_t sum = 0;
    for (const auto& each : all) sum += each.value;
    out(line{"sessions", context.key(), before.value_or(0), sum});
    before = before.value_or(0) + 1;
  }
};

/// Results of windows as lines.
auto lines_of(const char* what) {
  return map([what](const auto& of) {
    return line{what, of.key, epoch_ms(of.window_start), static_cast<std::int64_t>(of.value)};
  });
}

}  // namespace

job make_windows_job(const std::function<void()>& pace) {
  const auto slowly = [pace](const fact&) { pace(); };
  const auto times = event_time(&fact::at, ascending()).watermark_interval(4);
  auto clicked = from<"clicks">(generate(click_number, bounded{clicks}).rate(1e9), times) | peek(slowly) | share();
  auto viewed = from<"views">(generate(view_number, bounded{views}).rate(1e9), times) | peek(slowly);
  const auto by_key = [] { return key_by(&fact::key); };
  return job(
      "windows",
      clicked | by_key() | window(sliding(20s, 5s)) | aggregate<"sums">(sum(&fact::value)) | lines_of("sums") |
          union_(clicked | by_key() | window(sliding(20s, 5s)) | aggregate<"most">(weir::max(&fact::value)) |
                 lines_of("most"),
                 clicked | by_key() | window(count_window(7)) | aggregate<"sevens">(sum(&fact::value)) |
                 map([](const auto& of) { return line{"sevens", of.key, 0, of.value}; }),
                 clicked | by_key() | window(tumbling(30s)).trigger(count_trigger(3)) |
                 aggregate<"threes">(sum(&fact::value)) | lines_of("threes"),
                 clicked | by_key() | window(tumbling(30s)).evictor(count_evictor(3)) |
                 aggregate<"last three">(sum(&fact::value)) | lines_of("last three"),
                 clicked | by_key() | window(global()).trigger(delta(600, [](const fact& a, const fact& b) {
               return std::abs(static_cast<double>(a.value - b.value));
             })) | aggregate<"jumps">(sum(&fact::value)) |
                 map([](const auto& of) { return line{"jumps", of.key, 0, of.value}; }),
                 clicked | by_key() | window(session(3s)) | process<"sessions">(sessions(), bounded_keys(7)),
             connect(clicked | by_key(), std::move(viewed) | by_key()) | window(tumbling(10s)) |
                 window_join<"pairs">([](const fact& click, const fact& view) {
                   return click.number * 1'000 + view.number;
                 }) |
                 lines_of("pairs")) |
          to<"out">(csv("out.csv")));
}

}  // namespace corpus
