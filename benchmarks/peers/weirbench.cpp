// weir on the workloads that other systems are measured on, with their command line:
//   weirbench WORKLOAD SLOTS OUTPUT_FILE        WORKLOAD: w1 w2 w2s w3a w3b w4-1m w4-10m
// It prints one JSON line with seconds, events and a check value. Files (words.txt, ysb.jsonl) lie in $PB_DATA. Inputs
// are counter based: element i depends on the seed and i only. Written with weir's public API alone.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "benchmarks/random_numbers.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/connectors/words.hpp"
#include "weir/core/error.hpp"
#include "weir/weir.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using benchmarks::random_number;
using u64 = std::uint64_t;

constexpr u64 mix(u64 z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

struct outcome {
  u64 events;
  double seconds;
  std::string check;
};

double seconds_of(const job_report& report) { return std::chrono::duration<double>(report.duration).count(); }

std::string data_file(const std::string& name) {
  const char* const folder = std::getenv("PB_DATA");
  return std::string(folder == nullptr ? "peers-data/data" : folder) + "/" + name;
}

// ---- w1: a stateless chain
// ----------------------------------------------------------------------------------------------

struct sum_and_count {
  u64 sum = 0;
  u64 count = 0;
};
struct add_up {
  sum_and_count operator()(sum_and_count total, u64 x) const { return {total.sum + x, total.count + 1}; }
  sum_and_count operator()(sum_and_count a, const sum_and_count& b) const { return {a.sum + b.sum, a.count + b.count}; }
};

outcome stateless_chain(const run_options& options) {
  constexpr u64 events = 100'000'000;
  sum_and_count total;
  const auto report =
      job("w1", from<"numbers">(generate([](u64 i) { return i; }, bounded(events))) |
                    map([](u64 x) { return x * 6364136223846793005U + 1442695040888963407U; }) |
                    filter([](u64 x) { return ((x >> 33) & 7) != 0; }) | map([](u64 x) { return x ^ (x >> 29); }) |
                    filter([](u64 x) { return (x & 3) != 1; }) | map([](u64 x) { return x + (x << 7); }) |
                    to<"total">(reduce_into(total, sum_and_count{}, add_up{})))
          .run(options);
  return {events, seconds_of(report), "sum=" + std::to_string(total.sum) + ",count=" + std::to_string(total.count)};
}

// ---- w2: word count; w2s: the same with every word sent to the slot of its key
// -----------------------------------------

struct word_count {
  BOOST_HANA_DEFINE_STRUCT(word_count, (std::string, word), (std::int64_t, count));
};

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
  std::FILE* const file = std::fopen(output.c_str(), "w");
  if (file == nullptr) throw error("cannot write " + output);
  for (const word_count& each : counts) {
    total += static_cast<u64>(each.count);
    std::fprintf(file, "%s\t%lld\n", each.word.c_str(), static_cast<long long>(each.count));
  }
  std::fclose(file);
  return {total, seconds_of(report), "words=" + std::to_string(total) + ",distinct=" + std::to_string(counts.size())};
}

// ---- w3: the Yahoo streaming benchmark
// --------------------------------------------------------------------------------------

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
  std::FILE* const file = std::fopen(output.c_str(), "w");
  if (file == nullptr) throw error("cannot write " + output);
  for (const auto& each : counts) {
    views += each.value;
    std::fprintf(file, "%d,%lld,%lld\n", each.key, static_cast<long long>(epoch_ms(each.window_start)),
                 static_cast<long long>(each.value));
  }
  std::fclose(file);
  return {events, seconds_of(report), "rows=" + std::to_string(counts.size()) + ",views=" + std::to_string(views)};
}

outcome views_in_memory(const run_options& options, const std::string& output) {
  constexpr u64 events = 20'000'000;
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

// ---- w4: a running count and sum per key
// ------------------------------------------------------------------------------------

struct running {
  BOOST_HANA_DEFINE_STRUCT(running, (u64, key), (std::uint32_t, value), (std::uint32_t, count), (u64, sum));
};

struct telescoping_check {
  u64 c1 = 0;
  u64 c2 = 0;
  u64 keys = 0;
};
struct add_check {
  telescoping_check operator()(telescoping_check check, const running& r) const {
    const u64 m = mix(r.key);
    const u64 count = r.count;
    const u64 value = r.value;
    return {check.c1 + m * (2 * count - 1), check.c2 + m * (2 * r.sum * value - value * value),
            check.keys + (count == 1 ? 1 : 0)};
  }
  telescoping_check operator()(telescoping_check a, const telescoping_check& b) const {
    return {a.c1 + b.c1, a.c2 + b.c2, a.keys + b.keys};
  }
};

outcome running_totals(const run_options& options, u64 keys) {
  constexpr u64 events = 50'000'000;
  telescoping_check check;
  const auto report =
      job("w4", from<"events">(generate(
                    [keys](u64 i) {
                      const u64 r = random_number(4000, i);
                      return running{(r >> 11) % keys, static_cast<std::uint32_t>(r & 1023), 1, r & 1023};
                    },
                    bounded(events))) |
                    key_by(&running::key) | reduce<"totals">([](const running& so_far, const running& next) {
                      return running{next.key, next.value, so_far.count + 1, so_far.sum + next.value};
                    }) |
                    to<"check">(reduce_into(check, telescoping_check{}, add_check{})))
          .run(options);
  return {events, seconds_of(report),
          "c1=" + std::to_string(check.c1) + ",c2=" + std::to_string(check.c2) + ",keys=" + std::to_string(check.keys)};
}

outcome run(std::string_view workload, const run_options& options, const std::string& output) {
  if (workload == "w1") return stateless_chain(options);
  if (workload == "w2") return count_words(options, output);
  if (workload == "w2s") {
    run_options shuffled = options;
    shuffled.pre_aggregation = pre_aggregation::off;
    return count_words(shuffled, output);
  }
  if (workload == "w3a") return views_in_memory(options, output);
  if (workload == "w3b") return views_from_json(options, output);
  if (workload == "w4-1m") return running_totals(options, 1'000'000);
  if (workload == "w4-10m") return running_totals(options, 10'000'000);
  throw error("weirbench knows no workload '" + std::string(workload) +
              "'; give w1, w2, w2s, w3a, w3b, w4-1m or w4-10m");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: weirbench WORKLOAD SLOTS [OUTPUT_FILE]\n", stderr);
    return 2;
  }
  try {
    const auto slots = static_cast<std::size_t>(std::max(1, std::atoi(argv[2])));
    const outcome result = run(argv[1], {.slots = slots}, argc > 3 ? argv[3] : "/dev/null");
    std::printf("{\"peer\":\"weir\",\"w\":\"%s\",\"p\":%zu,\"events\":%llu,\"sec\":%.4f,\"check\":\"%s\"}\n", argv[1],
                slots, static_cast<unsigned long long>(result.events), result.seconds, result.check.c_str());
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
