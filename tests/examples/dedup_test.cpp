#include "examples/dedup/dedup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/examples/models.hpp"
#include "weir/testkit/operator_harness.hpp"

using namespace weir;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

namespace {

std::vector<std::int64_t> ids_of(const std::vector<message>& messages) {
  std::vector<std::int64_t> ids;
  for (const message& each : messages) ids.push_back(each.id);
  return ids;
}

}  // namespace

TEST(dedup, lets_each_message_through_once) {
  constexpr std::uint64_t count = 200'000;
  constexpr std::uint64_t seed = 5;
  std::vector<std::string> expected = model::different_messages(seed, count);
  ASSERT_LT(expected.size(), count * 9 / 10);
  std::sort(expected.begin(), expected.end());
  const auto source = [] {
    return generate(
        [](std::uint64_t i) {
          const std::int64_t id = message_id(seed, i);
          return message{id, "message " + std::to_string(id)};
        },
        bounded{count});
  };
  for (const std::size_t slots : {1, 2, 8}) {
    std::vector<message> once;
    job("dedup", without_repetitions(source(), 1h) | to<"once">(into(once))).run({.slots = slots});
    std::vector<std::string> found;
    for (const message& each : once) {
      EXPECT_EQ(each.text, "message " + std::to_string(each.id));
      found.push_back(model::json_of_message(each.id));
    }
    std::sort(found.begin(), found.end());
    EXPECT_TRUE(found == expected) << slots << " slots";
  }
}

TEST(dedup, forgets_an_id_after_its_time_whatever_came_meanwhile) {
  auto harness = weir::testing::operator_harness<message, no_clock>(
      key_by(&message::id) | process<"seen">(first_only(), ttl(100ms)), {.snapshots = true});
  harness.push({1, "a"});
  harness.advance_processing_time(60ms);
  harness.push({1, "a"});  // does not make it last longer
  harness.push({2, "b"});
  harness.advance_processing_time(39ms);
  harness.push({1, "a"});
  EXPECT_THAT(ids_of(harness.values()), ElementsAre(1, 2));
  harness.advance_processing_time(1ms);
  harness.push({1, "a"});
  harness.push({2, "b"});
  EXPECT_THAT(ids_of(harness.values()), ElementsAre(1, 2, 1));
}

TEST(dedup, forgets_while_it_is_not_running) {
  auto harness = weir::testing::operator_harness<message, no_clock>(
      key_by(&message::id) | process<"seen">(first_only(), ttl(100ms)), {.snapshots = true});
  harness.push({1, "a"});
  harness.advance_processing_time(50ms);
  harness.push({2, "b"});
  harness.snapshot_restore(3);
  harness.push({1, "a"});
  harness.advance_processing_time(50ms);
  harness.snapshot_restore();
  harness.push({1, "a"});
  harness.push({2, "b"});
  EXPECT_THAT(ids_of(harness.values()), ElementsAre(1, 2, 1));
}
