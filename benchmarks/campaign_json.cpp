// Campaign views from JSON lines, about 100 MB in a temporary file: weir in 1 and 2 slots against a hand-written loop
// around simdjson. Both sides read the file from the page cache.
#include <charconv>

#include "benchmarks/baseline/campaign_json.hpp"
#include "benchmarks/campaign_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/temporary_file.hpp"
#include "weir/connectors/json_lines.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t events = 420'000;

/// The three fields that the query needs; the time is text in the file.
struct json_event {
  BOOST_HANA_DEFINE_STRUCT(json_event, (std::string_view, ad_id), (std::string_view, event_type),
                           (std::string_view, event_time));
};

timestamp time_of(const json_event& event) {
  std::int64_t ms = 0;
  std::from_chars(event.event_time.data(), event.event_time.data() + event.event_time.size(), ms);
  return from_epoch_ms(ms);
}

const campaign_world& world() {
  static const campaign_world made;
  return made;
}

std::string json_text() {
  std::string text;
  for (std::size_t i = 0; i < events; ++i) {
    const ad_event event = world().event(i);
    const auto add = [&](std::string_view name, std::string_view value) {
      ((((text += text.back() == '{' ? "\"" : ",\"") += name) += "\":\"") += value) += '"';
    };
    text += '{';
    add("user_id", event.user_id);
    add("page_id", event.page_id);
    add("ad_id", event.ad_id);
    add("ad_type", event.ad_type);
    add("event_type", event.event_type);
    add("event_time", std::to_string(epoch_ms(event.event_time)));
    add("ip_address", event.ip_address);
    text += "}\n";
  }
  return text;
}

const std::string& input() {
  static const temporary_file file(json_text());
  return file.path();
}

job json_job(campaign_results& counted) {
  return job("campaign-json", from<"events">(json_lines<json_event>(input()), event_time(time_of, ascending())) |
                                  count_views<json_event>(world(), counted));
}

void add(std::size_t slots) {
  const std::string group = "campaign_json/" + std::to_string(slots) + (slots == 1 ? "_slot" : "_slots");
  const auto expected = [] { return sorted_counts(hand_campaign_views(world(), world().events(events))); };
  add_side(group, "hand", events, [=, expected = lazy(expected)]() mutable {
    const std::string& path = input();
    std::vector<campaign_count> counted;
    const double seconds = seconds_of([&] { return (counted = hand_campaign_json(world(), path, slots)).size(); });
    expect_equal(sorted_counts(std::move(counted)), *expected);
    return seconds;
  });
  add_side(group, "weir", events, [=, expected = lazy(expected)]() mutable {
    campaign_results counted;
    const double seconds = run_seconds(json_job(counted), slots);
    expect_equal(sorted_counts(counted), *expected);
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
