#pragma once
// How the runner of cases compares what came with what was observed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::cases {

using nlohmann::json;

/// Something in a case that this program does not know.
struct unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// A case whose result is another than observed.
struct different : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void expect_equal(const std::string& where, const json& expected, const json& actual) {
  if (expected == actual) return;
  throw different(where + ": expected " + expected.dump() + ", actual " + actual.dump());
}

inline std::string place(std::size_t step) { return "step " + std::to_string(step + 1); }

/// Outputs of one step in the order in which cases compare them: by time, those of one time in any order, a watermark
/// behind what it triggered.
inline json in_order(const json& outputs) {
  json ordered = json::array();
  std::vector<json> waiting;
  const auto flush = [&] {
    std::sort(waiting.begin(), waiting.end(), [](const json& left, const json& right) {
      const auto key = [](const json& each) {
        const bool timed = each.contains("ts") && !each["ts"].is_null();
        return std::pair(timed ? each["ts"].get<std::int64_t>() : std::numeric_limits<std::int64_t>::min(),
                         each["out"].dump());
      };
      return key(left) < key(right);
    });
    for (json& each : waiting) ordered.push_back(std::move(each));
    waiting.clear();
  };
  for (const json& each : outputs) {
    if (each.contains("out")) {
      json copy = {{"out", each["out"]}};
      if (each.contains("ts") && !each["ts"].is_null()) copy["ts"] = each["ts"];
      waiting.push_back(std::move(copy));
    } else {
      flush();
      ordered.push_back(each);
    }
  }
  flush();
  return ordered;
}

}  // namespace weir::cases
