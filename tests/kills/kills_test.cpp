// Real crashes: the example jobs as processes with a checkpoint every 200 ms, which are killed at random moments and go
// on from the latest one in another number of slots. WEIR_KILLS says how often each is killed: 5 times unless it is
// set, 50 times in a long run. WEIR_SEED draws the same moments again, as far as a machine can repeat them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/examples/models.hpp"
#include "tests/examples/test_files.hpp"
#include "tests/kills/killed_job.hpp"

namespace {

int kills_wanted() {
  const char* const text = std::getenv("WEIR_KILLS");
  return text != nullptr && std::atoi(text) > 0 ? std::atoi(text) : 5;
}

std::uint64_t seed_of_run() {
  if (const char* const text = std::getenv("WEIR_SEED"); text != nullptr && *text != '\0') {
    return std::strtoull(text, nullptr, 10);
  }
  return std::random_device()();
}

/// Records for some seconds, and more of them for more kills.
std::uint64_t records_at(double rate) { return static_cast<std::uint64_t>(rate * (2 + 0.8 * kills_wanted())); }

void kill_and_compare(const killable_job& job) {
  const scratch_folder folder;
  const std::uint64_t seed = seed_of_run();
  const int wanted = kills_wanted();
  const kill_figures met = kill_again_and_again(job, folder.path(), wanted, seed);
  std::printf(
      "%s, seed %llu: %d kills, %d of them during a checkpoint, %d while results appeared; %d more just after a "
      "start; the input was read to its end %d times; %zu results\n",
      job.program.c_str(), static_cast<unsigned long long>(seed), met.kills, met.during_checkpoint, met.while_showing,
      met.early, met.inputs, job.expected.size());
  if (::testing::Test::HasFailure()) return;
  EXPECT_GE(met.kills, wanted);
  EXPECT_GE(met.during_checkpoint, wanted / 5);
  EXPECT_GE(met.inputs, 1);
}

killable_job campaign_views() {
  constexpr double rate = 500'000;
  const std::uint64_t events = records_at(rate);
  killable_job job{.program = "examples/campaign_views/campaign_views",
                   .arguments = {"--seed", "3000", "--events", std::to_string(events)},
                   .rate = rate,
                   .header = "campaign,window_start,window_end,views",
                   .expected = {}};
  for (const auto& [window, views] : model::campaign_views(ad_traffic(3000), events)) {
    const auto& [campaign, start] = window;
    job.expected.push_back(std::to_string(campaign) + "," + std::to_string(start) + "," +
                           std::to_string(start + model::campaign_window_ms) + "," + std::to_string(views));
  }
  return job;
}

TEST(kills, of_the_campaign_job) { kill_and_compare(campaign_views()); }

TEST(kills, of_the_campaign_job_under_its_supervisor) {
  killable_job job = campaign_views();
  job.supervised = true;
  kill_and_compare(job);
}

TEST(kills, of_the_fraud_job) {
  constexpr double rate = 200'000;
  const std::uint64_t transactions = records_at(rate);
  kill_and_compare(
      {.program = "examples/fraud/fraud",
       .arguments = {"--seed", "21", "--transactions", std::to_string(transactions)},
       .rate = rate,
       .header = "account,cents,at",
       .expected = model::fraud_alerts(transactions, [](std::uint64_t i) { return transaction_number(21, i); })});
}

// Ids are remembered for a day, far longer than the run.
TEST(kills, of_the_dedup_job) {
  constexpr double rate = 30'000;
  const std::uint64_t messages = records_at(rate);
  kill_and_compare({.program = "examples/dedup/dedup",
                    .arguments = {"--seed", "21", "--messages", std::to_string(messages)},
                    .rate = rate,
                    .header = "",
                    .expected = model::different_messages(21, messages)});
}

}  // namespace
