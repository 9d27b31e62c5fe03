// w3a: the Yahoo streaming benchmark from events in memory; w3b: the same from JSON lines.
#include <charconv>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "benchmarks/peers/weirbench.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

using namespace std::chrono_literals;

/// Ad ids differ in their first eight letters, so these are hash enough; the other systems do the same.
struct hash_ad {
  std::size_t operator()(std::string_view ad) const {
    u64 letters = 0;
    std::memcpy(&letters, ad.data(), sizeof letters);
    return mix(letters);
  }
};
using campaign_table = std::unordered_map<std::string_view, std::int32_t, hash_ad>;

struct ysb_strings {
  std::vector<std::string> users;
  std::vector<std::string> pages;
  std::vector<std::string> ads;
  campaign_table campaign_of;

  ysb_strings() {
    for (u64 i = 0; i < 100; ++i) users.push_back(id(3001, i));
    for (u64 i = 0; i < 100; ++i) pages.push_back(id(3002, i));
    for (u64 i = 0; i < 1000; ++i) ads.push_back(id(3003, i));
    for (std::size_t i = 0; i < ads.size(); ++i) campaign_of[ads[i]] = static_cast<std::int32_t>(i / 10);
  }

  static std::string id(u64 seed, u64 index) {
    char text[40];
    const u64 a = random_number(seed, 2 * index);
    const u64 b = random_number(seed, 2 * index + 1);
    std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32),
                  static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xffff),
                  static_cast<unsigned>(b >> 48), static_cast<unsigned long long>(b & 0xffffffffffff));
    return text;
  }
};

struct ad_event {
  BOOST_HANA_DEFINE_STRUCT(ad_event, (std::string_view, user_id), (std::string_view, page_id),
                           (std::string_view, ad_id), (std::string_view, ad_type), (std::string_view, event_type),
                           (timestamp, event_time), (std::string_view, ip_address));
};

ad_event make_event(const ysb_strings& strings, u64 i) {
  static constexpr std::string_view ad_types[] = {"banner", "modal", "sponsored-search", "mail", "mobile"};
  static constexpr std::string_view event_types[] = {"view", "click", "purchase"};
  const u64 r = random_number(3000, i);
  return {strings.users[(r & 255) % 100],
          strings.pages[(r >> 8 & 255) % 100],
          strings.ads[(r >> 16 & 65535) % 1000],
          ad_types[(r >> 32 & 255) % 5],
          event_types[(r >> 40 & 255) % 3],
          from_epoch_ms(1'700'000'000'000 + static_cast<std::int64_t>(i / 20)),
          "1.2.3.4"};
}

/// The three fields that the query needs, from JSON; the time is text there.
struct json_event {
  BOOST_HANA_DEFINE_STRUCT(json_event, (std::string_view, ad_id), (std::string_view, event_type),
                           (std::string_view, event_time));
};

timestamp time_of(const json_event& event) {
  std::int64_t ms = 0;
  std::from_chars(event.event_time.data(), event.event_time.data() + event.event_time.size(), ms);
  return from_epoch_ms(ms);
}

struct view {
  BOOST_HANA_DEFINE_STRUCT(view, (std::int32_t, campaign));
};
using campaign_counts = std::vector<window_result<std::int32_t, std::int64_t>>;

template <class Event>
auto count_views(const campaign_table& campaign_of, campaign_counts& counts) {
  return filter([](const Event& event) { return event.event_type == "view"; }) |
         map([&campaign_of](const Event& event) { return view{campaign_of.find(event.ad_id)->second}; }) |
         key_by(&view::campaign) | window(tumbling(10s)) | aggregate<"views">(count()) | to<"counts">(into(counts));
}

outcome finish_views(u64 events, const job_report& report, const campaign_counts& counts, const std::string& output) {
  std::int64_t views = 0;
  const auto file = open_rows(output);
  for (const auto& each : counts) {
    views += each.value;
    std::fprintf(file.get(), "%d,%lld,%lld\n", each.key, static_cast<long long>(epoch_ms(each.window_start)),
                 static_cast<long long>(each.value));
  }
  return {events, seconds_of(report), "rows=" + std::to_string(counts.size()) + ",views=" + std::to_string(views)};
}

}  // namespace

outcome views_in_memory(const run_options& options, const std::string& output) {
  const u64 events = events_or(20'000'000);
  const ysb_strings strings;
  campaign_counts counts;
  const auto report =
      job("w3a", from<"events">(generate([&strings](u64 i) { return make_event(strings, i); }, bounded(events)),
                                event_time(&ad_event::event_time, ascending())) |
                     count_views<ad_event>(strings.campaign_of, counts))
          .run(options);
  return finish_views(events, report, counts, output);
}

outcome views_from_json(const run_options& options, const std::string& output) {
  constexpr u64 events = 4'200'000;
  const ysb_strings strings;
  campaign_counts counts;
  const auto report =
      job("w3b", from<"events">(json_lines<json_event>(data_file("ysb.jsonl")), event_time(time_of, ascending())) |
                     count_views<json_event>(strings.campaign_of, counts))
          .run(options);
  return finish_views(events, report, counts, output);
}

}  // namespace weir::benchmarks
