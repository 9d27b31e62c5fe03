// Writes the input of the campaign job as JSON lines, and what the job must make of it, counted by a plain loop that
// uses nothing of weir:
//
//   generate --events 4200000 --output events.jsonl --expected expected.csv
//   campaign_views --input events.jsonl --output counts.csv
//   diff <(sort expected.csv) <(sort counts.csv)
#include <CLI/CLI.hpp>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include "ad_traffic.hpp"

namespace {

/// A window's first millisecond and a campaign.
using window_of_campaign = std::pair<std::int64_t, std::int32_t>;

void append_json(const ad_traffic& traffic, const numbered_event& event, std::string& text) {
  text.append(R"({"user_id":")").append(traffic.users()[event.user]);
  text.append(R"(","page_id":")").append(traffic.pages()[event.page]);
  text.append(R"(","ad_id":")").append(traffic.ads()[event.ad]);
  text.append(R"(","ad_type":")").append(ad_types[event.ad_type]);
  text.append(R"(","event_type":")").append(event_types[event.event_type]);
  text.append(R"(","event_time":)").append(std::to_string(event.time_ms));
  text.append(R"(,"ip_address":"1.2.3.4"})").append("\n");
}

/// Gives `text` to the file now and then; false if it could not be written.
bool write(std::ofstream& file, std::string& text) {
  file << text;
  text.clear();
  return file.good();
}

int refuse(const std::string& path) {
  std::cerr << "generate: cannot write " << path << "; check the folder, its permissions and the space on the disk\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t events = 1'000'000;
  std::uint64_t seed = 3000;
  std::string output = "events.jsonl";
  std::string expected;
  CLI::App options("Writes the input of the campaign job as JSON lines.", "generate");
  options.add_option("--events", events, "how many events to write")->capture_default_str();
  options.add_option("--seed", seed, "which events to write")->capture_default_str();
  options.add_option("--output", output, "JSON lines file")->capture_default_str();
  options.add_option("--expected", expected, "CSV file for the counts that the job must find; none when not given");
  CLI11_PARSE(options, argc, argv);

  constexpr std::int64_t window_ms = 10'000;
  constexpr std::size_t write_bytes = 1 << 20;
  const ad_traffic traffic(seed);
  std::map<window_of_campaign, std::int64_t> views;
  std::ofstream file(output, std::ios::binary);
  std::string text;
  for (std::uint64_t index = 0; index < events; ++index) {
    const numbered_event event = traffic.event(index);
    append_json(traffic, event, text);
    if (text.size() >= write_bytes && !write(file, text)) return refuse(output);
    if (event_types[event.event_type] == "view") {
      ++views[{event.time_ms - event.time_ms % window_ms, ad_traffic::campaign_of(event.ad)}];
    }
  }
  if (!write(file, text) || !file.flush()) return refuse(output);

  if (expected.empty()) return 0;
  std::ofstream table(expected, std::ios::binary);
  table << "campaign,window_start,window_end,views\n";
  for (const auto& [window, count] : views) {
    table << window.second << ',' << window.first << ',' << window.first + window_ms << ',' << count << '\n';
  }
  return table.flush() ? 0 : refuse(expected);
}
