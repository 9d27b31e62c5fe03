#pragma once
// Campaign views from JSON lines by hand: simdjson's on-demand parser over blocks of many lines, three of the seven
// fields, the time of views only. Nothing is copied but what read() copies. Of the ways that simdjson offers (line by
// line or many documents at once, blocks or a mapped file) this was the fastest on lines of 240 bytes.
#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/campaign_views.hpp"
#include "benchmarks/baseline/text_blocks.hpp"

namespace weir::benchmarks {

/// The lines that begin between the offsets `begin` and `end`. The fields are looked for in the order of the file.
[[gnu::noinline]] inline std::vector<campaign_count> hand_campaign_json(const campaign_world& world,
                                                                        const std::string& path, std::size_t begin,
                                                                        std::size_t end) {
  campaign_windows windows;
  simdjson::ondemand::parser parser;
  for_each_block(path, begin, end, simdjson::SIMDJSON_PADDING, [&](const char* text, std::size_t size) {
    simdjson::ondemand::document_stream lines;
    if (parser.iterate_many(text, size, 256 * 1024).get(lines)) throw error(path + " is not JSON");
    for (auto line : lines) {
      simdjson::ondemand::object event;
      std::string_view ad;
      std::string_view type;
      std::string_view time;
      if (line.get_object().get(event) || event.find_field("ad_id").get_string().get(ad) ||
          event.find_field("event_type").get_string().get(type)) {
        throw error(path + ": a line is no event");
      }
      if (type != "view") continue;
      std::int64_t time_ms = 0;
      if (event.find_field("event_time").get_string().get(time) ||
          std::from_chars(time.data(), time.data() + time.size(), time_ms).ec != std::errc()) {
        throw error(path + ": an event has no time");
      }
      windows.add(world.campaign_of().find(ad)->second, time_ms);
    }
  });
  return std::move(windows).finish();
}

/// Each thread reads a part of the file.
inline std::vector<campaign_count> hand_campaign_json(const campaign_world& world, const std::string& path,
                                                      std::size_t threads) {
  const std::size_t bytes = std::filesystem::file_size(path);
  if (threads == 1) return hand_campaign_json(world, path, 0, bytes);
  return in_threads(threads, [&](std::size_t i) {
    return hand_campaign_json(world, path, bytes * i / threads, bytes * (i + 1) / threads);
  });
}

}  // namespace weir::benchmarks
