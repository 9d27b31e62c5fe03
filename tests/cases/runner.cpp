// Runs observed cases, given as JSON files, against the operators of weir: `runner FILE...`. Prints each case that fails
// with what was expected and what came, and at the end "N passed, N failed, N skipped". A case is skipped where its kind,
// or something in it, is not supported.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cases/checks.hpp"
#include "tests/cases/time_cases.hpp"
#include "tests/cases/window_cases.hpp"
#include "tests/runtime/transaction_table.hpp"
#include "weir/core/key_group.hpp"
#include "weir/runtime/watermark_valve.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

namespace {

using namespace weir;
using namespace weir::cases;
using nlohmann::json;

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (!one.empty()) parts.emplace_back(one);
  }
  return parts;
}

/// What a harness of strings has emitted since the last call.
template <class Harness>
json taken(Harness& harness) {
  json outputs = json::array();
  for (const auto& item : harness.take_output()) {
    if (const auto* record = std::get_if<testing::timed_record<std::string>>(&item)) {
      json each = {{"out", record->value}};
      if (record->time != min_timestamp) each["ts"] = epoch_ms(record->time);
      outputs.push_back(std::move(each));
    } else if (const auto* mark = std::get_if<testing::watermark>(&item)) {
      outputs.push_back({{"wm", epoch_ms(mark->time)}});
    }
  }
  return outputs;
}

struct keyed_commands {
  BOOST_HANA_DEFINE_STRUCT(keyed_commands, (std::string, key), (std::string, commands));
};

// ---- process_timers -----------------------------------------------------------------------------------------------------

constexpr processing_clock::time_point wall_ms(std::int64_t ms) {
  return processing_clock::time_point(std::chrono::milliseconds(ms));
}

struct timer_commands {
  BOOST_HANA_DEFINE_STRUCT(timer_commands, (value_state<std::int64_t>, count));
  using output_type = std::string;
  std::int64_t rearm = 0;
  std::int64_t limit = 0;

  timer_commands() = default;
  timer_commands(std::int64_t again, std::int64_t until) : rearm(again), limit(until) {}

  void process(const keyed_commands& given, process_context<std::string>& context, collector<std::string>& out) {
    for (const std::string& command : parts_of(given.commands, ';')) {
      const bool timed = command.size() > 3 && command[2] == ' ' && (command[1] == '+' || command[1] == '-');
      const bool adds = timed && command[1] == '+';
      if (timed && command[0] == 'E') {
        const timestamp at = from_epoch_ms(std::stoll(command.substr(3)));
        adds ? context.register_event_time_timer(at) : context.delete_event_time_timer(at);
      } else if (timed && command[0] == 'P') {
        const auto at = wall_ms(std::stoll(command.substr(3)));
        adds ? context.register_processing_time_timer(at) : context.delete_processing_time_timer(at);
      } else if (command == "WM") {
        out("wm=" + std::to_string(epoch_ms(context.current_watermark())));
      } else if (command == "INC") {
        count = count.value_or(0) + 1;
        out("cnt=" + std::to_string(*count));
      } else {
        throw unsupported("command " + command);
      }
    }
  }
  void on_timer(timestamp at, process_context<std::string>& context, collector<std::string>& out) {
    out("E:" + context.key() + ":" + std::to_string(epoch_ms(at)) + seen());
    if (rearm != 0 && epoch_ms(at) + rearm <= limit) {
      context.register_event_time_timer(at + std::chrono::milliseconds(rearm));
    }
  }
  void on_timer(processing_clock::time_point at, process_context<std::string>& context, collector<std::string>& out) {
    out("P:" + context.key() + ":" + std::to_string(at.time_since_epoch().count()) + seen());
  }
  std::string seen() { return count.has_value() ? ":cnt=" + std::to_string(*count) : ""; }
};

/// Commands of a record that are not known fail the job; here they are what the case is skipped for.
void require_known(const json& step, const std::function<bool(const std::string&)>& known) {
  for (const std::string& command : parts_of(step.at("cmds").get<std::string>(), ';')) {
    if (!known(command)) throw unsupported("command " + command);
  }
}

void run_process_timers(const json& each) {
  const json pipeline = each.value("pipeline", json::object());
  auto harness = testing::operator_harness<keyed_commands>(
      key_by(&keyed_commands::key) |
          process<"timers">(timer_commands(pipeline.value("rearm", std::int64_t{0}), pipeline.value("limit", std::int64_t{0}))),
      {.snapshots = true});
  std::int64_t clock_ms = 0;
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const auto op = step.at("op").get<std::string>();
    if (op == "el") {
      require_known(step, [](const std::string& command) {
        return command == "WM" || command == "INC" ||
               (command.size() > 3 && (command[0] == 'E' || command[0] == 'P') && (command[1] == '+' || command[1] == '-'));
      });
      const timestamp at = !step.contains("ts") || step["ts"].is_null() ? min_timestamp : from_epoch_ms(step["ts"]);
      harness.push({step.at("k"), step.at("cmds")}, at);
    } else if (op == "wm") {
      harness.watermark(from_epoch_ms(step.at("t")));
    } else if (op == "pt") {
      const std::int64_t now = step.at("t");
      harness.advance_processing_time(std::chrono::milliseconds(now - clock_ms));
      clock_ms = now;
    } else if (op == "snapshot_restore") {
      harness.snapshot_restore();
    } else {
      throw unsupported("op " + op);
    }
    expect_equal(place(index), in_order(step.value("expect", json::array())), in_order(taken(harness)));
    const job_report report = harness.report();
    const operator_report& timers = *report.find("timers");
    if (step.contains("event_timers_after")) {
      expect_equal(place(index) + ", event-time timers", step["event_timers_after"], timers.event_timers);
    }
    if (step.contains("proc_timers_after")) {
      expect_equal(place(index) + ", processing-time timers", step["proc_timers_after"], timers.processing_timers);
    }
  }
}

// ---- ttl ----------------------------------------------------------------------------------------------------------------

std::string list_text(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

struct ttl_commands {
  BOOST_HANA_DEFINE_STRUCT(ttl_commands, (value_state<std::int64_t>, value), (list_state<std::int64_t>, list),
                           (map_state<std::string, std::int64_t>, map));
  using output_type = std::string;

  void process(const keyed_commands& given, process_context<std::string>&, collector<std::string>& out) {
    for (const std::string& command : parts_of(given.commands, ';')) {
      const std::vector<std::string> words = parts_of(command, ' ');
      const std::string& what = words.at(0);
      if (what == "vput") {
        value = std::stoll(words.at(1));
      } else if (what == "vget") {
        out("v=" + (value.has_value() ? std::to_string(value.value()) : std::string("null")));
      } else if (what == "vclear") {
        value.clear();
      } else if (what == "ladd") {
        list.add(std::stoll(words.at(1)));
      } else if (what == "lget") {
        std::vector<std::string> items;
        for (const std::int64_t item : list.get()) items.push_back(std::to_string(item));
        out("l=" + list_text(items));
      } else if (what == "mput") {
        map.put(words.at(1), std::stoll(words.at(2)));
      } else if (what == "mget") {
        const std::int64_t* const found = map.get(words.at(1));
        out("m[" + words.at(1) + "]=" + (found != nullptr ? std::to_string(*found) : std::string("null")));
      } else if (what == "mhas") {
        out("has[" + words.at(1) + "]=" + (map.contains(words.at(1)) ? "true" : "false"));
      } else if (what == "mkeys") {
        std::vector<std::string> keys;
        for (const auto& key : map.keys()) keys.emplace_back(key);
        std::sort(keys.begin(), keys.end());
        out("keys=" + list_text(keys));
      }
    }
  }
};

bool known_ttl_command(const std::string& command) {
  const std::vector<std::string> words = parts_of(command, ' ');
  static const std::map<std::string, std::size_t> known{{"vput", 2}, {"vget", 1}, {"vclear", 1}, {"ladd", 2}, {"lget", 1},
                                                        {"mput", 3}, {"mget", 2}, {"mhas", 2},   {"mkeys", 1}};
  const auto found = words.empty() ? known.end() : known.find(words.front());
  return found != known.end() && found->second == words.size();
}

template <class Harness>
void run_ttl_steps(const json& each, Harness harness) {
  std::int64_t clock_ms = 0;
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const auto op = step.at("op").template get<std::string>();
    if (op == "el") {
      require_known(step, known_ttl_command);
      harness.push({step.at("k"), step.at("cmds")});
    } else if (op == "clock") {
      const std::int64_t now = step.at("t");
      harness.advance_processing_time(std::chrono::milliseconds(now - clock_ms));
      clock_ms = now;
    } else if (op == "snapshot_restore") {
      harness.snapshot_restore();
    } else {
      throw unsupported("op " + op);
    }
    expect_equal(place(index), step.value("expect", json::array()), taken(harness));
  }
}

void run_ttl(const json& each) {
  const json& pipeline = each.at("pipeline");
  const std::string update = pipeline.value("update_type", "OnCreateAndWrite");
  const std::string visibility = pipeline.value("visibility", "NeverReturnExpired");
  const auto keyed = [] { return key_by(&keyed_commands::key); };
  const testing::driver_options options{.snapshots = true};
  if (update == "Disabled") {
    run_ttl_steps(each, testing::operator_harness<keyed_commands, no_clock>(
                            keyed() | process<"ttl">(ttl_commands{}), options));
    return;
  }
  ttl expiry = ttl(std::chrono::milliseconds(pipeline.at("ttl").get<std::int64_t>())).no_background_cleanup();
  if (update == "OnReadAndWrite") {
    expiry = expiry.refresh_on_read();
  } else if (update != "OnCreateAndWrite") {
    throw unsupported("update type " + update);
  }
  if (visibility == "ReturnExpiredIfNotCleanedUp") {
    expiry = expiry.return_expired();
  } else if (visibility != "NeverReturnExpired") {
    throw unsupported("visibility " + visibility);
  }
  run_ttl_steps(each, testing::operator_harness<keyed_commands, no_clock>(
                          keyed() | process<"ttl">(ttl_commands{}, expiry), options));
}

// ---- rolling ------------------------------------------------------------------------------------------------------------

struct tagged {
  BOOST_HANA_DEFINE_STRUCT(tagged, (std::string, key), (std::int64_t, value), (std::string, tag));
};

template <class Fragment>
void run_rolling_steps(const json& each, Fragment fragment) {
  auto harness = testing::operator_harness<tagged, no_clock>(
      key_by(&tagged::key) | std::move(fragment) | map([](const tagged& result) {
        return "(" + result.key + "," + std::to_string(result.value) + "," + result.tag + ")";
      }),
      {.snapshots = true});
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const auto op = step.at("op").get<std::string>();
    if (op == "el") {
      const json& in = step.at("in");
      harness.push({in.at(0), in.at(1), in.at(2)});
    } else if (op == "snapshot_restore") {
      harness.snapshot_restore();
    } else {
      throw unsupported("op " + op);
    }
    expect_equal(place(index), step.value("expect", json::array()), taken(harness));
  }
}

void run_rolling(const json& each) {
  const json& pipeline = each.at("pipeline");
  const auto function = pipeline.at("fn").get<std::string>();
  const bool last = (pipeline.contains("first") && !pipeline["first"].get<bool>()) || function.ends_with("last");
  const bool by_min = function.starts_with("minBy") || function.starts_with("min_by");
  const bool by_max = function.starts_with("maxBy") || function.starts_with("max_by");
  if (function == "sum") {
    run_rolling_steps(each, rolling<"rolling">(sum(&tagged::value)));
  } else if (function == "min") {
    run_rolling_steps(each, rolling<"rolling">(min(&tagged::value)));
  } else if (function == "max") {
    run_rolling_steps(each, rolling<"rolling">(max(&tagged::value)));
  } else if (by_min && last) {
    run_rolling_steps(each, rolling<"rolling">(min_by<ties::last>(&tagged::value)));
  } else if (by_min) {
    run_rolling_steps(each, rolling<"rolling">(min_by(&tagged::value)));
  } else if (by_max && last) {
    run_rolling_steps(each, rolling<"rolling">(max_by<ties::last>(&tagged::value)));
  } else if (by_max) {
    run_rolling_steps(each, rolling<"rolling">(max_by(&tagged::value)));
  } else {
    throw unsupported("rolling " + function);
  }
}

// ---- interval_join ------------------------------------------------------------------------------------------------------

struct joined_record {
  BOOST_HANA_DEFINE_STRUCT(joined_record, (std::string, key), (std::string, id));
};

std::string pair_text(const joined_record& left, const joined_record& right) { return left.id + "," + right.id; }

interval interval_of(const json& pipeline) {
  interval made = between(std::chrono::milliseconds(pipeline.at("lower").get<std::int64_t>()),
                          std::chrono::milliseconds(pipeline.at("upper").get<std::int64_t>()));
  if (!pipeline.value("lower_inclusive", true)) made = made.lower_exclusive();
  if (!pipeline.value("upper_inclusive", true)) made = made.upper_exclusive();
  return made;
}

/// The late records of both sides behind the first `from`.
json late_ids(const auto& harness, std::size_t from) {
  json ids = json::array();
  const auto& late = harness.template side<"late">();
  for (std::size_t i = from; i < late.size(); ++i) {
    const auto& value = late[i].value;
    ids.push_back(value.is_left() ? value.left().id : value.right().id);
  }
  return ids;
}

void run_interval_join(const json& each) {
  const interval within = interval_of(each.at("pipeline"));
  auto harness = testing::co_operator_harness<joined_record, joined_record>(
      [&](auto left, auto right) {
        return connect(std::move(left) | key_by(&joined_record::key), std::move(right) | key_by(&joined_record::key)) |
               interval_join<"join">(within, pair_text);
      },
      {.snapshots = true});
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const auto op = step.at("op").get<std::string>();
    const std::size_t late_before = harness.side<"late">().size();
    const auto run = [&] {
      if (op == "left" || op == "right") {
        const bool timed = step.contains("ts") && !step["ts"].is_null();
        const timestamp at = timed ? from_epoch_ms(step["ts"]) : min_timestamp;
        const std::string named = step.contains("id") ? step["id"].get<std::string>()
                                                      : op.substr(0, 1) + (timed ? step["ts"].dump() : std::string());
        const json key = step.value("k", json("key"));
        const joined_record record{key.is_string() ? key.get<std::string>() : key.dump(), named};
        op == "left" ? harness.left(record, at) : harness.right(record, at);
      } else if (op == "wm_left") {
        harness.left_watermark(std::chrono::milliseconds(step.at("t").get<std::int64_t>()));
      } else if (op == "wm_right") {
        harness.right_watermark(std::chrono::milliseconds(step.at("t").get<std::int64_t>()));
      } else if (op == "wm") {
        harness.watermark(std::chrono::milliseconds(step.at("t").get<std::int64_t>()));
      } else if (op == "snapshot_restore") {
        harness.snapshot_restore();
      } else {
        throw unsupported("op " + op);
      }
    };
    if (step.contains("expect_error")) {
      try {
        run();
      } catch (const error&) {
        return;  // the operator is gone
      }
      throw different(place(index) + ": expected an error");
    }
    run();
    expect_equal(place(index), in_order(step.value("expect", json::array())), in_order(taken(harness)));
    expect_equal(place(index) + ", late", step.value("expect_late", json::array()), late_ids(harness, late_before));
  }
}

/// Integers on both sides, whose time is the number itself and whose key its rest modulo 2.
void run_interval_join_batch(const json& each) {
  std::vector<std::int64_t> numbers(10);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
  const auto timed = [&] {
    return from(numbers, event_time([](const std::int64_t& n) { return from_epoch_ms(n); }, ascending())) |
           key_by([](const std::int64_t& n) { return n % 2; });
  };
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  job("join", connect(timed(), timed()) |
                  interval_join<"join">(between(std::chrono::milliseconds(-1), std::chrono::milliseconds(2)),
                                        [](const std::int64_t& left, const std::int64_t& right) { return std::pair(left, right); }) |
                  to<"out">(into(pairs)))
      .run({.slots = 2});
  std::sort(pairs.begin(), pairs.end());
  json expected = each.at("expected");
  std::sort(expected.begin(), expected.end());
  expect_equal("pairs", expected, json(pairs));
}

// ---- window_cogroup, window_join ------------------------------------------------------------------------------------------

/// A record as the case writes it: its first element is the key, its last one the time.
struct listed_record {
  BOOST_HANA_DEFINE_STRUCT(listed_record, (std::string, key), (std::string, text), (timestamp, at));
};

auto listed(const json& records) {
  std::vector<listed_record> all;
  for (const json& each : records) {
    all.push_back({each.front().get<std::string>(), each.dump(), from_epoch_ms(each.back().get<std::int64_t>())});
  }
  return from(std::move(all), event_time(&listed_record::at, ascending()).watermark_interval(1)) | parallelism(1) |
         key_by(&listed_record::key);
}

/// In tumbling windows of 3 ms, as all cases of these kinds say.
auto joined_windows(const json& each) {
  return connect(listed(each.at("input_left")), listed(each.at("input_right"))) | window(tumbling(std::chrono::milliseconds(3)));
}

void expect_any_order(json expected, json actual) {
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  expect_equal("results", expected, actual);
}

void run_window_cogroup(const json& each) {
  const auto texts = [](const std::vector<listed_record>& records) {
    std::string text = "[";
    for (const listed_record& record : records) text += (text.size() > 1 ? "," : "") + record.text;
    return text + "]";
  };
  std::vector<window_result<std::string, std::string>> results;
  job("groups", joined_windows(each) |
                    co_group<"groups">([=](const std::vector<listed_record>& left, const std::vector<listed_record>& right) {
                      return R"({"left":)" + texts(left) + R"(,"right":)" + texts(right) + "}";
                    }) |
                    to<"out">(into(results)))
      .run({.slots = 2});
  json actual = json::array();
  for (const auto& result : results) actual.push_back(json::parse(result.value));
  expect_any_order(each.at("expected"), actual);
}

void run_window_join(const json& each) {
  std::vector<window_result<std::string, std::string>> results;
  job("pairs", joined_windows(each) | window_join<"pairs">([](const listed_record& left, const listed_record& right) {
                 return "[" + left.text + "," + right.text + "]";
               }) | to<"out">(into(results)))
      .run({.slots = 2});
  json actual = json::array();
  for (const auto& result : results) actual.push_back(json::parse(result.value));
  expect_any_order(each.at("expected"), actual);
}

// ---- watermark_valve, window_start, keygroup ------------------------------------------------------------------------------

void run_watermark_valve(const json& each) {
  detail::watermark_valve valve(each.at("pipeline").at("channels").get<std::size_t>());
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const auto op = step.at("op").get<std::string>();
    const std::size_t channel = step.at("ch");
    detail::valve_output output;
    if (op == "wm") {
      output = valve.watermark(channel, from_epoch_ms(step.at("t")));
    } else if (op == "idle") {
      output = valve.idle(channel);
    } else if (op == "active") {
      output = valve.active(channel);
    } else {
      throw unsupported("op " + op);
    }
    json actual = json::array();
    if (output.watermark) actual.push_back("wm " + std::to_string(epoch_ms(*output.watermark)));
    if (output.idle) actual.push_back("IDLE");
    if (output.active) actual.push_back("ACTIVE");
    expect_equal(place(index), step.value("expect", json::array()), actual);
  }
}

/// Only the ranges of semantics 6.1: the hash formula is Flink's and not weir's.
void run_keygroup(const json& each) {
  for (const json& vector : each.at("vectors")) {
    const std::uint32_t groups = vector.at("max_parallelism");
    if ((groups & (groups - 1)) != 0) continue;  // weir has a power of two of groups
    for (const auto& [parallelism, subtask] : vector.at("subtask_for_parallelism").items()) {
      const auto subtasks = static_cast<std::uint32_t>(std::stoul(parallelism));
      const std::uint32_t group = vector.at("key_group");
      expect_equal("group " + std::to_string(group) + " of " + std::to_string(groups) + " at parallelism " + parallelism,
                   subtask, subtask_of_group(group, subtasks, groups));
    }
  }
}

/// Semantics 11.10 to 11.14. Checkpoints are counted from 1 here, from 0 there. A process dies without a word: its writer is
/// gone, and the next one begins with what is restored.
void run_two_phase_commit(const json& each) {
  weir::testing::transaction_table table;
  std::optional<weir::testing::table_writer> writer;
  std::optional<weir::testing::table_committer> committer;
  std::map<std::uint64_t, std::vector<prepared_part>> taken;
  std::uint64_t completed = 0;
  bool finished = false;
  const auto write_to = [&]() -> weir::testing::table_writer& {
    if (!committer) committer.emplace(table);
    if (!writer) writer.emplace(table);
    return *writer;
  };
  const auto snapshot = [&](std::uint64_t id) {
    taken[id] = {write_to().prepare({.checkpoint = finished ? 0 : id + 1, .completed = completed, .finished = finished})};
  };
  std::size_t number = 0;
  for (const json& step : each.at("steps")) {
    const std::string operation = step.value("op", "");
    unsigned long id = 0;
    if (step.contains("in")) {
      write_to().write(step["in"].get<std::string>());
    } else if (step.contains("snapshot")) {
      snapshot(step["snapshot"]);
    } else if (step.contains("complete")) {
      committer->commit(taken.at(step["complete"]));
      completed = std::max<std::uint64_t>(completed, step["complete"].get<std::uint64_t>() + 1);
    } else if (step.contains("restore")) {
      writer.reset();
      committer.emplace(table);
      committer->recover(taken.at(step["restore"]));
      completed = step["restore"].get<std::uint64_t>() + 1;
    } else if (std::sscanf(operation.c_str(), "snapshot %lu fails", &id) == 1) {
      snapshot(id);
    } else if (operation == "finish") {
      finished = true;
    } else {
      throw unsupported("step " + step.dump());
    }
    ++number;
  }
  json rows = table.rows();
  std::sort(rows.begin(), rows.end());
  expect_equal(place(number - 1), each.at("expected_committed"), rows);
  if (each.contains("expected_open_transactions")) {
    expect_equal("open transactions", each["expected_open_transactions"], table.open_transactions());
  }
  if (each.contains("expected_open_transactions_after_close")) {
    expect_equal("open transactions", each["expected_open_transactions_after_close"], table.open_transactions());
  }
}

using case_function = void (*)(const json&);
const std::map<std::string, case_function> kinds{
    {"process_timers", run_process_timers}, {"ttl", run_ttl},
    {"rolling", run_rolling},               {"watermark_valve", run_watermark_valve},
    {"keygroup", run_keygroup},             {"two_phase_commit", run_two_phase_commit},
    {"window", run_window},                 {"window_start", run_window_start},
    {"window_assign", run_window_assign},   {"merge_windows", run_merge_windows},
    {"merging_set", run_merging_set},       {"interval_join", run_interval_join},
    {"interval_join_batch", run_interval_join_batch},
    {"window_cogroup", run_window_cogroup}, {"window_join", run_window_join},
    {"idleness", run_idleness},             {"watermark_generator", run_watermark_generator},
    {"watermark_mux", run_watermark_mux},
};

struct counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
};

void run_case(const json& each, counts& so_far) {
  const std::string id = each.value("id", "?");
  const auto kind = kinds.find(each.value("kind", ""));
  if (kind == kinds.end()) {
    ++so_far.skipped;
    return;
  }
  try {
    kind->second(each);
    ++so_far.passed;
  } catch (const unsupported& what) {
    std::printf("%s skipped: %s\n", id.c_str(), what.what());
    ++so_far.skipped;
  } catch (const std::exception& what) {
    std::printf("%s failed: %s\n", id.c_str(), what.what());
    ++so_far.failed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: runner FILE...\n", stderr);
    return 2;
  }
  counts all;
  for (int index = 1; index < argc; ++index) {
    try {
      std::ifstream file(argv[index]);
      if (!file) throw std::runtime_error("cannot be opened");
      const json content = json::parse(file);
      const json& cases = content.is_object() && content.contains("cases") ? content["cases"] : content;
      for (const json& each : cases) run_case(each, all);
    } catch (const std::exception& cause) {
      std::fprintf(stderr, "%s: %s\n", argv[index], cause.what());
      return 2;
    }
  }
  std::printf("%zu passed, %zu failed, %zu skipped\n", all.passed, all.failed, all.skipped);
  return all.failed == 0 ? 0 : 1;
}
