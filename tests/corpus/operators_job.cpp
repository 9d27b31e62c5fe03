#include <deque>
#include <mutex>
#include <utility>

#include "tests/corpus/kinds_jobs.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/weir.hpp"

namespace corpus {
namespace {

using namespace weir;

/// Behind all records.
constexpr timestamp end_of_time = from_epoch_ms(4'000'000'000'000);

/// A list of each kind; what is in them comes out once, when all has been read.
struct lists {
  BOOST_HANA_DEFINE_STRUCT(lists, (operator_list_state<std::int64_t>, dealt),
                           (operator_list_state<fact, redistribution::union_>, shared),
                           (value_state<std::int64_t>, count));
  using output_type = line;

  /// All subtasks get all of `shared`; one goes on with it.
  void open(const open_context& context) {
    if (context.subtask != 0) shared.clear();
  }
  void process(const fact& each, auto& context, auto&) {
    count = count.value_or(0) + 1;
    dealt.add(each.number);
    if (each.number % 10 == 0) shared.add(each);
    context.register_event_time_timer(end_of_time);
  }
  void on_timer(timestamp, auto& context, auto& out) {
    out(line{"count", context.key(), 0, *count});
    for (const std::int64_t number : dealt) out(line{"dealt", 0, number, 0});
    for (const fact& each : shared) out(line{"shared", 0, each.number, each.value});
    dealt.clear();
    shared.clear();
  }
};

/// The newest rule of each name, and what a key has spent.
struct limits {
  BOOST_HANA_DEFINE_STRUCT(limits, (broadcast_map_state<std::string, std::int64_t>, newest),
                           (value_state<std::int64_t>, spent));
  using output_type = line;

  void process_element(const fact& each, auto& context, auto&) {
    spent = spent.value_or(0) + each.value;
    context.register_event_time_timer(end_of_time);
  }
  void process_broadcast_element(const fact& rule, auto& context, auto&) {
    context.write(newest).put("rule " + std::to_string(rule.key), rule.value);
  }
  void on_timer(timestamp, auto& context, auto& out) {
    std::int64_t sum = 0;
    for (const auto& [name, value] : newest.entries()) sum += value;
    out(line{"limits", context.key(), static_cast<std::int64_t>(newest.size()), *spent + sum});
  }
};

/// What both sides of a key come to.
struct both_sides {
  BOOST_HANA_DEFINE_STRUCT(both_sides, (value_state<std::int64_t>, left), (map_state<std::int64_t, std::int64_t>, right));
  using output_type = line;

  void process_left(const fact& each, auto& context, auto&) {
    left = left.value_or(0) + each.value;
    context.register_event_time_timer(end_of_time);
  }
  void process_right(const fact& each, auto& context, auto&) {
    right[each.value % 3] += each.value;
    context.register_event_time_timer(end_of_time);
  }
  void on_timer(timestamp, auto& context, auto& out) {
    std::int64_t sum = 0;
    for (const auto& each : right.entries()) sum += (each.key + 1) * each.value;
    out(line{"both", context.key(), left.value_or(0), sum});
  }
};

/// Answers that nobody has had yet.
struct held_answers {
  std::mutex mutex;
  bool hold = false;
  std::deque<std::pair<line, async_result<line>>> waiting;
};
held_answers& held() {
  static held_answers all;
  return all;
}

void ask(const fact& each, async_result<line> result) {
  held_answers& all = held();
  const std::lock_guard lock(all.mutex);
  line answer{"asked", each.key, each.number, 2 * each.value + 1};
  if (!all.hold) return result.complete(std::move(answer));
  all.waiting.emplace_back(std::move(answer), std::move(result));
  if (all.waiting.size() <= calls_held) return;
  all.waiting.front().second.complete(std::move(all.waiting.front().first));
  all.waiting.pop_front();
}

}  // namespace

void hold_calls(bool hold) {
  held_answers& all = held();
  const std::lock_guard lock(all.mutex);
  all.hold = hold;
  all.waiting.clear();
}

job make_operators_job(const std::function<void()>& pace) {
  const auto slowly = [pace](const fact&) { pace(); };
  const auto times = event_time(&fact::at, ascending()).watermark_interval(16);
  auto all = from<"events">(generate(event_number, bounded{events}).rate(1e9), times) | peek(slowly) | share();
  auto changed = from<"changes">(generate(change_number, bounded{changes}).rate(1e9), times) | peek(slowly) | share();
  auto ruled = from<"rules">(generate(rule_number, bounded{rules}).rate(1e9), times) | peek(slowly);
  const auto by_key = [] { return key_by(&fact::key); };
  return job("operators",
             all | by_key() | process<"lists">(lists(), bounded_keys(keys)) |
                 union_(connect(all | by_key(), std::move(ruled) | broadcast()) |
                        broadcast_process<"limits">(limits(), bounded_keys(keys)),
                    all | async_map<"asked">(ask, ordered(100)),
                    connect(all | by_key(), changed | by_key()) | co_process<"both">(both_sides(), bounded_keys(keys)),
                    connect(all | by_key(), changed | by_key()) |
                        temporal_left_join<"versions">(
                            [](const fact& left, const fact* version) {
                              return line{"version", left.key, left.number, version == nullptr ? -1 : version->number};
                            },
                            bounded_keys(keys))) |
                 to<"out">(csv("out.csv")));
}

}  // namespace corpus
