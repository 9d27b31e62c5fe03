#include "tests/cases/window_cases.hpp"

#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/cases/checks.hpp"
#include "tests/cases/erased_windows.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"
#include "weir/windows/merging.hpp"

namespace weir::cases {

namespace {

std::chrono::milliseconds ms(const json& number) { return std::chrono::milliseconds(number.get<std::int64_t>()); }
time_window window_in(const json& pair) { return {from_epoch_ms(pair.at(0)), from_epoch_ms(pair.at(1))}; }
json text_of(const time_window& window) { return {epoch_ms(window.start), epoch_ms(window.end)}; }

/// The first of `names` that `object` has; otherwise `fallback`.
template <class Value>
Value value_of(const json& object, std::initializer_list<const char*> names, Value fallback) {
  for (const char* name : names) {
    if (object.contains(name)) return object.at(name).get<Value>();
  }
  return fallback;
}

// ---- distances: "new.v - last.v", "abs(last.v - x.v)" ---------------------------------------------------------------

using distance_function = std::function<double(const keyed_value&, const keyed_value&)>;

/// A sum of terms over two values, with abs(...) and parentheses.
class distance_text {
 public:
  /// `first` and `second` are the names of what the distance function takes.
  distance_text(std::string text, std::string first, std::string second)
      : text_(std::move(text)), first_(std::move(first)), second_(std::move(second)) {
    evaluate(0, 0);
  }
  double evaluate(double first, double second) const {
    std::size_t at = 0;
    const double result = sum(at, first, second);
    if (at != text_.size()) throw unsupported("delta " + text_);
    return result;
  }

 private:
  void skip(std::size_t& at) const {
    while (at < text_.size() && text_[at] == ' ') ++at;
  }
  bool take(std::size_t& at, std::string_view word) const {
    skip(at);
    if (std::string_view(text_).substr(at, word.size()) != word) return false;
    at += word.size();
    skip(at);
    return true;
  }
  double sum(std::size_t& at, double first, double second) const {
    double result = term(at, first, second);
    for (;;) {
      if (take(at, "-")) {
        result -= term(at, first, second);
      } else if (take(at, "+")) {
        result += term(at, first, second);
      } else {
        return result;
      }
    }
  }
  double term(std::size_t& at, double first, double second) const {
    for (const std::string_view absolute : {"Math.abs(", "abs("}) {
      if (!take(at, absolute)) continue;
      const double inside = sum(at, first, second);
      if (!take(at, ")")) throw unsupported("delta " + text_);
      return std::abs(inside);
    }
    if (take(at, "(")) {
      const double inside = sum(at, first, second);
      if (!take(at, ")")) throw unsupported("delta " + text_);
      return inside;
    }
    if (take(at, first_ + ".v")) return first;
    if (take(at, second_ + ".v")) return second;
    throw unsupported("delta " + text_);
  }

  std::string text_;
  std::string first_;
  std::string second_;
};

/// `first` and `second` name what the function is given, in this order.
distance_function distance_in(const json& text, const std::string& first, const std::string& second) {
  return [of = distance_text(text, first, second)](const keyed_value& one, const keyed_value& other) {
    return of.evaluate(static_cast<double>(one.value), static_cast<double>(other.value));
  };
}

// ---- triggers and evictors ------------------------------------------------------------------------------------------

any_trigger trigger_in(const json& trigger) {
  const auto type = trigger.is_string() ? trigger.get<std::string>() : trigger.at("type").get<std::string>();
  if (type == "event_time") return any_trigger(on_event_time());
  if (type == "processing_time") return any_trigger(on_processing_time());
  if (type == "never") return any_trigger(never_trigger());
  if (type == "count") return any_trigger(count_trigger(trigger.at("n")));
  if (type == "purging") return any_trigger(purging(trigger_in(trigger.at("inner"))));
  if (type == "continuous_event_time") return any_trigger(continuous(ms(trigger.at("interval"))));
  if (type == "continuous_processing_time")
    return any_trigger(continuous<processing_clock>(ms(trigger.at("interval"))));
  if (type == "delta") {
    return any_trigger(delta(trigger.at("threshold").get<double>(), distance_in(trigger.at("delta"), "last", "new")));
  }
  if (type == "processing_timeout") {
    const bool resets_on_record = value_of(trigger,
                                           {"reset_on_record", "resetOnRecord", "reset_timer_on_new_record",
                                            "resetTimerOnNewRecord", "reset_on_new_record", "reset_timer"},
                                           false);
    const bool clears_on_timeout = value_of(
        trigger, {"clear_on_timeout", "clearOnTimeout", "should_clear_on_timeout", "shouldClearOnTimeout"}, true);
    return any_trigger(timeout(trigger_in(trigger.at("inner")), ms(trigger.at("timeout")),
                               resets_on_record ? timeout_from::last_element : timeout_from::first_element,
                               clears_on_timeout ? at_timeout::reset : at_timeout::keep));
  }
  throw unsupported("trigger " + type);
}

any_evictor evictor_in(const json& evictor) {
  const auto type = evictor.at("type").get<std::string>();
  const evicts when = evictor.value("after", false) ? evicts::after : evicts::before;
  if (type == "count") return any_evictor(count_evictor(evictor.at("n"), when));
  if (type == "time") return any_evictor(time_evictor(ms(evictor.at("size")), when));
  if (type == "delta") {
    return any_evictor(
        delta_evictor(evictor.at("threshold").get<double>(), distance_in(evictor.at("delta"), "x", "last"), when));
  }
  throw unsupported("evictor " + type);
}

// ---- assigners ------------------------------------------------------------------------------------------------------

/// Sessions with a gap per record, which may be zero: a window without length, that joins others only.
template <class Clock>
class session_by_rules {
 public:
  using clock = Clock;
  static constexpr bool merges = true;
  explicit session_by_rules(const json& assigner)
      : rules_(assigner.at("gap_rules")), otherwise_(assigner.value("gap", std::int64_t{0})) {}

  time_window assign(const keyed_value& element, timestamp time) const {
    for (const json& rule : rules_) {
      const bool key_fits = !rule.contains("k") || rule["k"] == element.key;
      const bool value_fits = !rule.contains("v") || rule["v"] == element.value;
      if (!key_fits || !value_fits) continue;
      const std::chrono::milliseconds gap = ms(rule.at("gap"));
      return gap.count() == 0 ? time_window{time, time} : session<Clock>(gap).assign(time);
    }
    return session<Clock>(std::chrono::milliseconds(otherwise_)).assign(time);
  }
  bool fires() const { return true; }
  std::string describe() const { return "session by rules"; }

 private:
  json rules_;
  std::int64_t otherwise_;
};

/// Calls `call(assigner, default trigger)` with the assigner of a case.
template <class Clock, class Call>
void with_timed_assigner(const json& assigner, Call&& call) {
  const auto type = assigner.at("type").get<std::string>();
  if (assigner.contains("stagger") && assigner["stagger"] != "aligned") throw unsupported("stagger");
  const any_trigger ends =
      std::is_same_v<Clock, processing_clock> ? any_trigger(on_processing_time()) : any_trigger(on_event_time());
  const std::chrono::milliseconds offset(assigner.value("offset", std::int64_t{0}));
  if (type == "tumbling") {
    call(any_assigner<Clock, false>(tumbling<Clock>(ms(assigner.at("size")), offset)), ends);
  } else if (type == "sliding") {
    call(any_assigner<Clock, false>(sliding<Clock>(ms(assigner.at("size")), ms(assigner.at("slide")), offset)), ends);
  } else if (type == "session" && assigner.contains("gap_rules")) {
    call(any_assigner<Clock, true>(session_by_rules<Clock>(assigner)), ends);
  } else if (type == "session") {
    call(any_assigner<Clock, true>(session<Clock>(ms(assigner.at("gap")))), ends);
  } else {
    throw unsupported("assigner " + type);
  }
}

template <class Call>
void with_assigner(const json& assigner, Call&& call) {
  if (assigner.at("type") == "global") {
    call(global(),
         assigner.value("end_of_stream_trigger", false) ? any_trigger(on_event_time()) : any_trigger(never_trigger()));
  } else if (assigner.value("time", "event") == "processing") {
    with_timed_assigner<processing_clock>(assigner, call);
  } else {
    with_timed_assigner<event_clock>(assigner, call);
  }
}

// ---- results --------------------------------------------------------------------------------------------------------

enum class emit_form { kv, kvw, kvn };

emit_form form_in(const json& pipeline) {
  const std::string emit = pipeline.value("emit", "kv");
  if (emit == "kv") return emit_form::kv;
  if (emit == "kvw") return emit_form::kvw;
  if (emit == "kvn") return emit_form::kvn;
  throw unsupported("emit " + emit);
}

std::string result_text(emit_form form, const std::string& key, std::int64_t sum, std::int64_t count,
                        const time_window& window) {
  json out = {key, sum};
  if (form == emit_form::kvw) {
    out.push_back(epoch_ms(window.start));
    out.push_back(epoch_ms(window.end));
  } else if (form == emit_form::kvn) {
    out.push_back(count);
  }
  return out.dump();
}

/// The sum of a window's elements, as text.
struct sum_of_elements {
  using output_type = std::string;
  emit_form form = emit_form::kv;

  void process(const window_elements<keyed_value>& elements, window_context<std::string>& context,
               collector<std::string>& out) const {
    std::int64_t sum = 0;
    for (const keyed_value& each : elements) sum += each.value;
    out(result_text(form, context.key(), sum, static_cast<std::int64_t>(elements.size()), context.window()));
  }
};
/// The same of what was added up meanwhile.
struct sum_of_aggregate {
  using output_type = std::string;
  emit_form form = emit_form::kv;

  void process(const std::tuple<std::int64_t, std::int64_t>& sum_and_count, window_context<std::string>& context,
               auto& out) const {
    out(result_text(form, context.key(), std::get<0>(sum_and_count), std::get<1>(sum_and_count), context.window()));
  }
};

// ---- steps ----------------------------------------------------------------------------------------------------------

template <class Harness>
void do_step(Harness& harness, const json& step, std::int64_t& clock_ms) {
  const auto op = step.at("op").get<std::string>();
  if (op == "el") {
    const bool timed = step.contains("ts") && !step["ts"].is_null();
    harness.push({step.at("k"), step.at("v")}, timed ? from_epoch_ms(step["ts"]) : min_timestamp);
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
}

template <class Harness>
json taken_results(Harness& harness) {
  json outputs = json::array();
  for (const auto& item : harness.take_output()) {
    if (const auto* record = std::get_if<testing::timed_record<std::string>>(&item)) {
      json each = {{"out", json::parse(record->value)}};
      if (record->time != min_timestamp) each["ts"] = epoch_ms(record->time);
      outputs.push_back(std::move(each));
    } else if (const auto* mark = std::get_if<testing::watermark>(&item)) {
      outputs.push_back({{"wm", epoch_ms(mark->time)}});
    }
  }
  return outputs;
}

/// The late elements from the `seen`th on.
template <class Harness>
json taken_late(Harness& harness, std::size_t& seen) {
  json outputs = json::array();
  const auto& late = harness.late();
  for (; seen < late.size(); ++seen) {
    json each = {{"out", {late[seen].value.key, late[seen].value.value}}};
    if (late[seen].time != min_timestamp) each["ts"] = epoch_ms(late[seen].time);
    outputs.push_back(std::move(each));
  }
  return outputs;
}

/// `HasLate`: the fragment ends in the operator that has the late elements.
template <bool HasLate, class Fragment>
void run_steps(const json& each, Fragment fragment, bool with_late = false) {
  auto harness =
      testing::operator_harness<keyed_value>(key_by(&keyed_value::key) | std::move(fragment), {.snapshots = true});
  std::int64_t clock_ms = 0;
  std::size_t late_seen = 0;
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    const json expects_error = step.value("expect_error", json(false));
    if (!expects_error.is_null() && expects_error != json(false)) {
      try {
        do_step(harness, step, clock_ms);
      } catch (const unsupported&) {
        throw;
      } catch (const weir::error&) {
        return;  // a job that has failed takes no further step
      }
      throw different(place(index) + ": expected an error, there was none");
    }
    do_step(harness, step, clock_ms);
    expect_equal(place(index), in_order(step.value("expect", json::array())), in_order(taken_results(harness)));
    if constexpr (HasLate) {
      if (with_late) {
        expect_equal(place(index) + ", late", in_order(step.value("expect_late", json::array())),
                     in_order(taken_late(harness, late_seen)));
      }
    }
  }
}

void require_known(const json& pipeline) {
  static const std::vector<std::string> known{"key",     "assigner",    "trigger",          "aggregate",  "emit",
                                              "evictor", "incremental", "allowed_lateness", "late_output"};
  for (const auto& [name, value] : pipeline.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) throw unsupported("pipeline with " + name);
  }
  if (pipeline.value("aggregate", "sum(v)") != "sum(v)") throw unsupported("aggregate " + pipeline["aggregate"].dump());
}

/// Through the operator of plain windows, where the windows of a case are that.
void run_plain(const json& each) {
  const json& pipeline = each.at("pipeline");
  const json& assigner = pipeline.at("assigner");
  const emit_form form = form_in(pipeline);
  const auto result = [form](const window_result<std::string, std::tuple<std::int64_t, std::int64_t>>& of) {
    return result_text(form, of.key, std::get<0>(of.value), std::get<1>(of.value), {of.window_start, of.window_end});
  };
  const auto run = [&](auto windows) {
    run_steps<false>(each, window(windows) | aggregate<"sums">(sum(&keyed_value::value), count()) | map(result));
  };
  if (assigner.at("type") == "tumbling") {
    run(tumbling(ms(assigner.at("size")), std::chrono::milliseconds(assigner.value("offset", std::int64_t{0}))));
  } else {
    run(assigner.value("end_of_stream_trigger", false) ? global(at_end_of_input) : global());
  }
}

bool is_plain(const json& pipeline) {
  const json& assigner = pipeline.at("assigner");
  const bool windows = assigner.at("type") == "global" ||
                       (assigner.at("type") == "tumbling" && assigner.value("time", "event") == "event");
  return windows && pipeline.value("trigger", json("default")) == "default" && !pipeline.contains("evictor") &&
         pipeline.value("allowed_lateness", 0) == 0 && !pipeline.value("late_output", false);
}

}  // namespace

void run_window(const json& each) {
  const json& pipeline = each.at("pipeline");
  require_known(pipeline);
  const emit_form form = form_in(pipeline);
  const bool with_late = pipeline.value("late_output", false);
  const auto lateness = std::chrono::milliseconds(pipeline.value("allowed_lateness", std::int64_t{0}));
  with_assigner(pipeline.at("assigner"), [&](const auto& assigner, const any_trigger& ends) {
    const json wanted = pipeline.value("trigger", json("default"));
    const any_trigger trigger = wanted == "default" ? ends : trigger_in(wanted);
    if (merges_windows<std::remove_cvref_t<decltype(assigner)>> && !trigger.can_merge()) {
      throw unsupported("a trigger that cannot merge on windows that do: refused when the program is compiled");
    }
    const auto windows = [&] { return window(assigner).trigger(trigger).allowed_lateness(lateness); };
    if (pipeline.contains("evictor") && !pipeline["evictor"].is_null()) {
      run_steps<true>(each, windows().evictor(evictor_in(pipeline["evictor"])) | process<"sums">(sum_of_elements{form}),
                      with_late);
    } else {
      // Kept as elements and as a sum: nobody can tell, whatever the case says.
      run_steps<true>(each, windows() | process<"sums">(sum_of_elements{form}), with_late);
      run_steps<true>(
          each, windows() | process<"sums">(sum_of_aggregate{form}, incremental(sum(&keyed_value::value), count())),
          with_late);
    }
  });
  if (is_plain(pipeline)) run_plain(each);
}

void run_window_start(const json& each) {
  for (const json& vector : each.at("vectors")) {
    const std::chrono::milliseconds size = ms(vector.at("size"));
    const std::chrono::milliseconds offset = ms(vector.at("offset"));
    for (const json& pair : vector.at("pairs")) {
      const timestamp start = window_start(from_epoch_ms(pair.at(0)), size, offset);
      expect_equal("size " + vector["size"].dump() + ", offset " + vector["offset"].dump() + ", time " + pair[0].dump(),
                   pair.at(1), epoch_ms(start));
    }
  }
}

namespace {

/// Calls `call(assigner)` with the assigner that the parameters of `vector` mean.
template <class Call>
void with_parameters(const json& vector, Call&& call) {
  const std::chrono::milliseconds offset(vector.value("offset", std::int64_t{0}));
  if (vector.contains("gap")) {
    call(session(ms(vector["gap"])));
  } else if (vector.contains("slide")) {
    call(sliding(ms(vector.at("size")), ms(vector["slide"]), offset));
  } else {
    call(tumbling(ms(vector.at("size")), offset));
  }
}

json sorted(json list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

void run_window_assign(const json& each) {
  for (const json& vector : each.at("vectors")) {
    with_parameters(vector, [&](const auto& assigner) {
      for (const json& assigned : vector.at("assign")) {
        json windows = json::array();
        each_window(assigner, 0, from_epoch_ms(assigned.at("ts")),
                    [&](const time_window& window) { windows.push_back(text_of(window)); });
        expect_equal(assigner.describe() + " at " + assigned["ts"].dump(), sorted(assigned.at("windows")),
                     sorted(windows));
      }
    });
  }
  for (const json& invalid : each.value("invalid", json::array())) {
    try {
      with_parameters(invalid, [](const auto&) {});
    } catch (const weir::error&) {
      continue;
    }
    throw different(invalid.dump() + " makes windows, and should not");
  }
}

void run_merge_windows(const json& each) {
  for (const json& vector : each.at("vectors")) {
    std::vector<time_window> windows;
    for (const json& window : vector.at("in")) windows.push_back(window_in(window));
    json merges = json::array();
    for (const merged_windows& merged : merge_windows(windows)) {
      json sources = json::array();
      for (const time_window& source : merged.sources) sources.push_back(text_of(source));
      merges.push_back({{"result", text_of(merged.result)}, {"sources", sorted(sources)}});
    }
    json expected = vector.at("merges");
    for (json& merge : expected) merge["sources"] = sorted(merge.at("sources"));
    expect_equal(vector["in"].dump(), sorted(expected), sorted(merges));
  }
}

void run_merging_set(const json& each) {
  struct entry {
    timestamp start;
    timestamp end;
    time_window state;  ///< the window whose state this is
  };
  std::vector<entry> windows;
  const auto state_of = [&](const time_window& of) -> json {
    for (const entry& window : windows) {
      if (time_window{window.start, window.end} == of) return text_of(window.state);
    }
    return nullptr;
  };
  for (std::size_t index = 0; index < each.at("steps").size(); ++index) {
    const json& step = each["steps"][index];
    if (step.contains("add")) {
      json sources = json::array();
      json states = json::array();
      bool merged = false;
      const entry& joined = weir::detail::join_window(
          windows, window_in(step["add"]),
          [](const time_window& window) { return entry{window.start, window.end, window}; },
          [&](entry& first, const time_window&, auto from, auto to) {
            merged = true;
            sources.push_back(text_of({first.start, first.end}));
            for (auto other = from; other != to; ++other) {
              sources.push_back(text_of({other->start, other->end}));
              states.push_back(text_of(other->state));
            }
          });
      expect_equal(place(index) + ", result", step.at("result"), text_of({joined.start, joined.end}));
      expect_equal(place(index) + ", merged", step.at("merged"), merged);
      if (step.contains("sources")) expect_equal(place(index) + ", sources", sorted(step["sources"]), sorted(sources));
      if (step.contains("state")) expect_equal(place(index) + ", state", step["state"], text_of(joined.state));
      if (step.contains("merged_state_windows")) {
        expect_equal(place(index) + ", merged states", sorted(step["merged_state_windows"]), sorted(states));
      }
    } else if (step.contains("retire")) {
      std::erase_if(windows, [&](const entry& window) {
        return time_window{window.start, window.end} == window_in(step["retire"]);
      });
    } else if (step.contains("lookup")) {
      expect_equal(place(index), step.at("state"), state_of(window_in(step["lookup"])));
    } else {
      throw unsupported("step " + step.dump());
    }
  }
}

}  // namespace weir::cases
