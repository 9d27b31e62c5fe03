// Aggregates of a bounded stream whose accumulators lie in RocksDB: with more keys than memory they spill there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::string, shop), (std::int64_t, amount));
};
constexpr std::uint64_t sale_count = 60'000;
constexpr std::uint64_t shop_count = 20'011;

sale sale_at(std::uint64_t i) { return {"the shop with number " + std::to_string(i * 7919 % shop_count), static_cast<std::int64_t>(i)}; }

TEST(final_aggregate_in_rocksdb, gives_one_result_per_key_and_none_again) {
  std::map<std::string, std::int64_t> expected;
  for (std::uint64_t i = 0; i < sale_count; ++i) expected[sale_at(i).shop] += sale_at(i).amount;

  std::vector<final_result<std::string, std::int64_t>> results;
  const job sums("sums", from<"sales">(generate(sale_at, bounded(sale_count))) | key_by(&sale::shop) |
                             aggregate<"sums">(sum(&sale::amount)) | to<"out">(into(results)));
  for (const state_backend backend : {state_backend::heap, state_backend::rocksdb}) {
    const testing::temporary_directory folder;
    run_options options{.slots = 2, .pre_aggregation = pre_aggregation::off};
    options.state = {.backend = backend, .memory = std::size_t{1} << 20};
    options.checkpoints.directory = folder / "checkpoints";
    sums.run(options);
    std::map<std::string, std::int64_t> found;
    for (const auto& each : results) EXPECT_TRUE(found.emplace(each.key, each.value).second) << each.key << " twice";
    EXPECT_EQ(found, expected);

    results.clear();
    options.restore = "latest";
    options.slots = 3;
    sums.run(options);
    EXPECT_THAT(results, ::testing::IsEmpty());
  }
}

}  // namespace
}  // namespace weir
