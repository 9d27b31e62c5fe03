#include "examples/fraud/fraud.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/examples/models.hpp"

using namespace weir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

/// The times and accounts of the alerts.
std::vector<std::string> alerts_in(const std::vector<transaction>& transactions, std::size_t slots = 2) {
  std::vector<alert> alerts;
  job("fraud", alerts_of(transactions, 10) | to<"alerts">(into(alerts))).run({.slots = slots});
  std::vector<std::string> rows;
  for (const alert& each : alerts) rows.push_back(model::row_of({each.account, each.cents, epoch_ms(each.at)}));
  std::sort(rows.begin(), rows.end());
  return rows;
}

transaction at_second(std::int64_t account, std::int64_t cents, std::int64_t seconds) {
  return {account, cents, from_epoch_ms(seconds * 1000)};
}

}  // namespace

TEST(fraud, is_a_large_transaction_right_after_a_small_one) {
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(1, 500'01, 10)}), ElementsAre("1,50001,10000"));
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(2, 500'01, 10)}), IsEmpty()) << "of another account";
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(1, 3'00, 5), at_second(1, 500'01, 10)}), IsEmpty())
      << "not right after it";
  EXPECT_THAT(alerts_in({at_second(1, 500'01, 0), at_second(1, 500'01, 10)}), IsEmpty()) << "after no small one";
}

TEST(fraud, begins_below_one_and_above_five_hundred) {
  EXPECT_THAT(alerts_in({at_second(1, 1'00, 0), at_second(1, 500'01, 10)}), IsEmpty());
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(1, 500'00, 10)}), IsEmpty());
}

TEST(fraud, ends_after_a_minute) {
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(1, 500'01, 60)}), ElementsAre("1,50001,60000"));
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), {1, 500'01, from_epoch_ms(60'001)}}), IsEmpty());
  EXPECT_THAT(alerts_in({at_second(1, 99, 0), at_second(1, 50, 50), at_second(1, 500'01, 100)}),
              ElementsAre("1,50001,100000"))
      << "the minute begins anew with each small one";
}

TEST(fraud, in_many_transactions_is_what_a_plain_loop_finds) {
  constexpr std::uint64_t count = 300'000;
  for (const std::uint64_t seed : {1, 77}) {
    const auto made = [&](std::uint64_t i) { return transaction_number(seed, i); };
    std::vector<std::string> expected = model::fraud_alerts(count, made);
    ASSERT_GT(expected.size(), 300u);
    std::sort(expected.begin(), expected.end());
    const auto source = [&] {
      return generate(
                 [seed](std::uint64_t i) {
                   const made_transaction each = transaction_number(seed, i);
                   return transaction{each.account, each.cents, from_epoch_ms(each.at_ms)};
                 },
                 bounded{count})
          .rate(1e9);
    };
    for (const std::size_t slots : {1, 2, 8}) {
      std::vector<alert> alerts;
      job("fraud", alerts_of(source(), accounts) | to<"alerts">(into(alerts))).run({.slots = slots});
      std::vector<std::string> rows;
      for (const alert& each : alerts) rows.push_back(model::row_of({each.account, each.cents, epoch_ms(each.at)}));
      std::sort(rows.begin(), rows.end());
      EXPECT_TRUE(rows == expected) << "seed " << seed << ", " << slots << " slots";
    }
  }
}

// The timers clear what no transaction has: nothing is left when all of them have fired.
TEST(fraud, forgets_accounts_that_are_quiet) {
  std::vector<alert> alerts;
  std::vector<transaction> transactions;
  for (std::int64_t account = 0; account < 100; ++account) transactions.push_back(at_second(account, 50, account));
  const job_report report = job("fraud", alerts_of(transactions, 100) | to<"alerts">(into(alerts))).run({.slots = 2});
  EXPECT_EQ(report.find("fraud")->open_entries, 0u);
  EXPECT_EQ(report.find("fraud")->event_timers, 0u);
}
