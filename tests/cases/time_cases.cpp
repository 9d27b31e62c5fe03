#include "tests/cases/time_cases.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include "tests/cases/checks.hpp"
#include "weir/runtime/watermark_generator.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::cases {
namespace {

using std::chrono::milliseconds;

/// The number before "ms" in the description: there the bound stands, and nowhere else.
milliseconds bound_in(const json& each) {
  const std::string text = each.value("description", "");
  const std::size_t unit = text.find(" ms");
  const std::size_t space = unit == std::string::npos ? unit : text.rfind(' ', unit - 1);
  if (space == std::string::npos) throw unsupported("a generator whose bound is not described");
  return milliseconds(std::stoll(text.substr(space + 1)));
}

}  // namespace

void run_watermark_generator(const json& each) {
  const milliseconds bound = each.contains("bound") ? milliseconds(each["bound"].get<std::int64_t>()) : bound_in(each);
  for (const json& one : each.at("cases")) {
    weir::detail::bounded_out_of_orderness_generator generator{out_of_orderness(bound)};
    std::optional<timestamp> last;
    for (const json& time : one.at("events")) {
      generator.observe(from_epoch_ms(time.get<std::int64_t>()));
      const std::optional<timestamp> sent = generator.next();
      if (sent && last && *sent <= *last) throw different(one.dump() + ": watermarks do not rise");
      if (sent) last = sent;
    }
    expect_equal(one.dump(), one.at("watermark"), epoch_ms(generator.current()));
  }
}

void run_idleness(const json& each) {
  for (const json& one : each.at("cases")) {
    idle_timer timer(milliseconds(one.at("timeout").get<std::int64_t>()));
    milliseconds now{0};
    bool idle = false;
    for (const json& step : one.at("script")) {
      std::istringstream words(step.get<std::string>());
      std::string word;
      std::int64_t number = 0;
      words >> word >> number;
      if (word == "check") {
        idle = timer.check(now);
      } else if (word == "advance") {
        now += milliseconds(number);
      } else if (word == "activity") {
        timer.activity();
      } else {
        throw unsupported("step " + step.dump());
      }
    }
    expect_equal(one.dump(), one.at("idle"), idle);
  }
}

/// Splits that are read at the same time are those of several subtasks, whose watermarks the valve merges. A split that
/// sends a watermark is no longer idle.
void run_watermark_mux(const json& each) {
  for (const json& one : each.at("cases")) {
    weir::detail::watermark_valve valve(one.at("outputs").get<std::size_t>());
    bool idle = false;
    const auto take = [&](const weir::detail::valve_output& sent) { idle = sent.idle || (idle && !sent.active); };
    for (const json& step : one.at("script")) {
      std::istringstream words(step.get<std::string>());
      char letter = 0;
      std::size_t output = 0;
      std::string word;
      std::int64_t time = 0;
      words >> letter >> output >> word >> time;
      if (letter != 'o' || output == 0) throw unsupported("step " + step.dump());
      if (word == "wm") {
        take(valve.active(output - 1));
        take(valve.watermark(output - 1, from_epoch_ms(time)));
      } else if (word == "idle") {
        take(valve.idle(output - 1));
      } else {
        throw unsupported("step " + step.dump());
      }
    }
    expect_equal(one.dump(), one.at("combined"), epoch_ms(valve.current()));
    if (one.contains("idle")) expect_equal(one.dump() + ", idle", one["idle"], idle);
  }
}

}  // namespace weir::cases
