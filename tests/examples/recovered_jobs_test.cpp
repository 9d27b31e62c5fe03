// The fraud and dedup examples under the simulator's faults: processes die, the disk fails, snapshots are damaged, and
// what they have written in the end is what plain loops find.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "examples/dedup/dedup.hpp"
#include "examples/fraud/fraud.hpp"
#include "tests/examples/models.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/testkit/exactly_once.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t runs = 500;

// ---- fraud ----------------------------------------------------------------------------------------------------------

/// Few accounts, seconds apart, so that minutes begin and end within few transactions.
made_transaction crowded_transaction(std::uint64_t i) {
  made_transaction made = transaction_number(9, i);
  made.account %= 7;
  made.at_ms = static_cast<std::int64_t>(i) * 4'000;
  if (made.cents % 3 == 0) made.cents = 50;
  if (made.cents % 3 == 1) made.cents += 500'00;
  return made;
}

job_files crowded_files(std::uint64_t count) {
  std::string text = "account,cents,at\n";
  for (std::uint64_t i = 0; i < count; ++i) text += model::row_of(crowded_transaction(i)) + "\n";
  std::vector<std::string> alerts = model::fraud_alerts(count, crowded_transaction);
  EXPECT_GE(alerts.size(), count / 20);
  alerts.push_back("account,cents,at");
  return job_files().given("transactions.csv", text).expect("alerts.csv", alerts);
}

job fraud_job() {
  return job("fraud",
             alerts_of(csv<transaction>("transactions.csv").single_split(), 7) | to<"alerts">(csv("alerts.csv")));
}

TEST(recovered_jobs, fraud) { EXPECT_EXACTLY_ONCE(fraud_job(), crowded_files(900), seeds(runs)); }

TEST(recovered_jobs, fraud_at_every_moment) {
  EXPECT_EXACTLY_ONCE(fraud_job(), crowded_files(60), every_crash{.seed = 4});
}

// ---- dedup, far from expiry -----------------------------------------------------------------------------------------

job_files repeated_messages(std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) text += model::json_of_message(message_id(3, i)) + "\n";
  return job_files().given("messages.jsonl", text).expect("once.jsonl", model::different_messages(3, count));
}

job dedup_job(std::uint64_t split_bytes) {
  return job("dedup", without_repetitions(json_lines<message>("messages.jsonl").split_bytes(split_bytes), 24h) |
                          to<"once">(json_lines("once.jsonl")));
}

TEST(recovered_jobs, dedup) { EXPECT_EXACTLY_ONCE(dedup_job(5'000), repeated_messages(900), seeds(runs)); }

TEST(recovered_jobs, dedup_at_every_moment) {
  EXPECT_EXACTLY_ONCE(dedup_job(800), repeated_messages(60), every_crash{.seed = 4});
}

// ---- dedup, over expiry ---------------------------------------------------------------------------------------------

/// What `first_only` did with a message, and when.
struct decision {
  BOOST_HANA_DEFINE_STRUCT(decision, (std::int64_t, id), (std::int64_t, number), (std::int64_t, at_ms), (bool, passed));
};

/// The function of the example, which is watched.
struct watched_first_only : first_only {
  using output_type = decision;

  void process(const message& each, auto& context, auto& out) {
    bool passed = false;
    const auto note = [&](const message&) { passed = true; };
    first_only::process(each, context, note);
    out(decision{each.id, std::stoll(each.text), context.processing_time().time_since_epoch().count(), passed});
  }
};

constexpr std::int64_t ids = 40;
constexpr std::uint64_t deliveries = 900;

struct expiry_counts {
  std::uint64_t first = 0;
  std::uint64_t again = 0;
  std::uint64_t held_back = 0;
};

/// Compares all decisions with those of a loop that remembers when each id was let through last, on the clock of the
/// run.
std::string problem_of_decisions(const std::string& table, std::int64_t ttl_ms, expiry_counts& counts) {
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  if (line != "id,number,at_ms,passed") return "the header is '" + line + "'";
  std::map<std::int64_t, decision> by_number;
  while (std::getline(lines, line)) {
    decision each{};
    long long id = 0;
    long long number = 0;
    long long at = 0;
    char passed[6] = {};
    if (std::sscanf(line.c_str(), "%lld,%lld,%lld,%5s", &id, &number, &at, passed) != 4) return "no decision: " + line;
    each = {id, number, at, std::string_view(passed) == "true"};
    if (!by_number.emplace(each.number, each).second) return "twice: " + line;
  }
  if (by_number.size() != deliveries) return "there are " + std::to_string(by_number.size()) + " decisions";
  std::map<std::int64_t, std::int64_t> passed_at;
  for (const auto& [number, each] : by_number) {
    const auto last = passed_at.find(each.id);
    const bool forgotten = last != passed_at.end() && last->second + ttl_ms <= each.at_ms;
    const bool expected = last == passed_at.end() || forgotten;
    if (each.passed != expected) {
      return "delivery " + std::to_string(number) + " of id " + std::to_string(each.id) + " at " +
             std::to_string(each.at_ms) + " ms was " + (each.passed ? "let through" : "held back");
    }
    ++(forgotten ? counts.again : expected ? counts.first : counts.held_back);
    if (each.passed) passed_at[each.id] = each.at_ms;
  }
  return {};
}

/// Runs with many seeds; the clock goes on by up to `downtime` while no process runs.
expiry_counts expire(std::chrono::milliseconds remember_for, std::chrono::milliseconds downtime) {
  std::string text;
  for (std::uint64_t i = 0; i < deliveries; ++i) {
    text += R"({"id":)" + std::to_string(random_number(8, i) % ids) + R"(,"text":")" + std::to_string(i) + "\"}\n";
  }
  // One split: which delivery of an id comes first is the same in every run.
  const job under_test("dedup", from<"messages">(json_lines<message>("messages.jsonl").single_split()) |
                                    key_by(&message::id) | process<"seen">(watched_first_only(), ttl(remember_for)) |
                                    to<"decisions">(csv("decisions.csv")));
  expiry_counts counts;
  seeds all(runs);
  all.options.downtime_max = downtime;
  const job_files files = job_files().given("messages.jsonl", text).check([&](const memory_storage& disk) {
    return problem_of_decisions(disk.read("decisions.csv"), remember_for.count(), counts);
  });
  EXPECT_EXACTLY_ONCE(under_test, files, all);
  return counts;
}

// Ids are let through again while the job runs.
TEST(recovered_jobs, dedup_with_expiry_while_it_runs) {
  const expiry_counts met = expire(30ms, 0ms);
  EXPECT_GT(met.again, met.first / 2);
  EXPECT_GT(met.held_back, met.first);
}

// No run lasts for as long as ids are remembered: they are let through again only behind a time without a process.
TEST(recovered_jobs, dedup_restarted_after_expiry) {
  EXPECT_EQ(expire(1h, 0ms).again, 0u);
  const expiry_counts met = expire(1h, 2h);
  EXPECT_GT(met.again, met.first / 10);
  EXPECT_GT(met.held_back, met.first);
}

}  // namespace
}  // namespace weir::testing
