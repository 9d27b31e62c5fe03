#include "examples/campaign_views/campaign_views.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <vector>

#include "tests/examples/models.hpp"

using namespace weir;

namespace {

using counts = std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t>;

counts run(std::uint64_t seed, std::uint64_t events, std::size_t slots) {
  const auto traffic = std::make_shared<const ad_traffic>(seed);
  std::vector<window_result<std::int32_t, std::int64_t>> windows;
  const job_report report =
      job("campaign-views",
          views_per_campaign(made_events(traffic, events), ad_directory(*traffic)) | to<"counts">(into(windows)))
          .run({.slots = slots});
  EXPECT_EQ(report.find("views")->late_records, 0u);
  counts found;
  for (const auto& window : windows) {
    EXPECT_EQ(window.window_end - window.window_start, std::chrono::seconds(10));
    EXPECT_TRUE(found.emplace(std::pair(window.key, epoch_ms(window.window_start)), window.value).second)
        << "two results for campaign " << window.key;
  }
  return found;
}

}  // namespace

TEST(campaign_views, are_those_that_a_plain_loop_counts) {
  for (const std::uint64_t seed : {3000, 1}) {
    const counts expected = model::campaign_views(ad_traffic(seed), 1'000'000);
    for (const std::size_t slots : {1, 2, 8}) {
      EXPECT_EQ(run(seed, 1'000'000, slots), expected) << "seed " << seed << ", " << slots << " slots";
    }
  }
}

// The first 4.2 million events of the benchmark as others have run it.
TEST(campaign_views, has_the_published_totals_for_the_usual_seed) {
  const counts found = run(3000, 4'200'000, 2);
  EXPECT_EQ(found.size(), 2100u);
  EXPECT_EQ(std::accumulate(found.begin(), found.end(), std::int64_t{0},
                            [](std::int64_t sum, const auto& window) { return sum + window.second; }),
            1'412'305);
}

TEST(campaign_views, fails_with_a_sentence_for_an_ad_of_nobody) {
  const ad_traffic traffic(1);
  const auto others = std::make_shared<const ad_traffic>(2);
  const job under_test("campaign-views",
                       views_per_campaign(made_events(others, 10), ad_directory(traffic)) | to<"counts">(discard()));
  try {
    under_test.run({.slots = 1});
    FAIL() << "the job has found a campaign";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("is in no campaign; give the --seed"), std::string::npos)
        << failure.what();
  }
}
