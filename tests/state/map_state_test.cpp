#include "weir/state/map_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/state/attached_states.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using weir::testing::attached_states;
using weir::testing::copy_of;
using weir::testing::expiring_states;

struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (map_state<std::string, std::int32_t>, counts));
};

std::vector<std::string> keys_in(const map_state<std::string, std::int32_t>& state) {
  std::vector<std::string> keys;
  for (const std::string& key : state.keys()) keys.push_back(key);
  return keys;
}

TEST(map_state, finds_what_was_put) {
  attached_states<holder> states;
  EXPECT_EQ(states->counts.get("a"), nullptr);
  EXPECT_FALSE(states->counts.contains(std::string("a")));
  states->counts.put("a", 1);
  states->counts.put(std::string("b"), 2);
  states->counts.put("a", 3);
  ++states->counts["b"];
  ++states->counts["c"];
  EXPECT_EQ(copy_of(states->counts.get(std::string_view("a"))), 3);
  EXPECT_EQ(copy_of(states->counts.get("b")), 3);
  EXPECT_EQ(copy_of(states->counts.get("c")), 1);
  EXPECT_EQ(states->counts.size(), 3u);
  EXPECT_EQ(keys_in(states->counts), (std::vector<std::string>{"a", "b", "c"}));
  std::vector<std::pair<std::string, int>> entries;
  for (const auto& [key, count] : states->counts.entries()) entries.emplace_back(key, count);
  EXPECT_EQ(entries, (std::vector<std::pair<std::string, int>>{{"a", 3}, {"b", 3}, {"c", 1}}));
}

TEST(map_state, says_whether_there_was_something_to_remove) {
  attached_states<holder> states;
  states->counts.put("a", 1);
  EXPECT_FALSE(states->counts.remove("b"));
  EXPECT_TRUE(states->counts.remove("a"));
  EXPECT_FALSE(states->counts.remove("a"));
  EXPECT_TRUE(states->counts.empty());
  EXPECT_TRUE(states.row().empty());
}

TEST(map_state, costs_a_pointer_while_it_is_empty) {
  static_assert(sizeof(state_row<holder, false, false>) == sizeof(void*));
  attached_states<holder> states;
  states->counts.put("a", 1);
  EXPECT_FALSE(states.row().empty());
  states->counts.clear();
  EXPECT_TRUE(states.row().empty());
}

TEST(map_state, expires_entry_by_entry) {
  expiring_states<holder> states;
  states->counts.put("a", 1);
  states.at(50);
  states->counts.put("b", 2);
  states.at(100);
  EXPECT_EQ(states->counts.get("a"), nullptr);
  EXPECT_FALSE(states->counts.contains("a"));
  EXPECT_EQ(copy_of(states->counts.get("b")), 2);
  EXPECT_EQ(keys_in(states->counts), (std::vector<std::string>{"b"}));
  states.at(149);
  EXPECT_EQ(keys_in(states->counts), (std::vector<std::string>{"b"}));
  states.at(150);
  EXPECT_EQ(states->counts.size(), 0u);
  EXPECT_TRUE(states.row().empty());
}

TEST(map_state, begins_anew_when_an_expired_entry_is_written) {
  expiring_states<holder> states;
  states->counts.put("a", 5);
  states.at(100);
  ++states->counts["a"];
  EXPECT_EQ(copy_of(states->counts.get("a")), 1);
  states.at(199);
  EXPECT_TRUE(states->counts.contains("a"));
  states.at(200);
  EXPECT_FALSE(states->counts.remove("a")) << "an expired entry is as good as removed";
}

TEST(map_state, returns_an_expired_value_once_where_that_is_wanted) {
  expiring_states<holder> states(ttl(100ms).return_expired());
  states->counts.put("a", 1);
  states->counts.put("b", 2);
  states->counts.put("c", 3);
  states.at(100);
  EXPECT_EQ(copy_of(states->counts.get("a")), 1);
  EXPECT_EQ(states->counts.get("a"), nullptr);
  EXPECT_TRUE(states->counts.contains("c")) << "which is a read";
  EXPECT_FALSE(states->counts.contains("c"));
  EXPECT_TRUE(keys_in(states->counts).empty()) << "iteration leaves out what has expired";
}

TEST(map_state, is_touched_by_reading_where_that_is_wanted) {
  expiring_states<holder> states(ttl(100ms).refresh_on_read());
  for (const char* key : {"a", "b", "c"}) states->counts.put(key, 1);
  states.at(60);
  EXPECT_NE(states->counts.get("a"), nullptr);
  EXPECT_TRUE(states->counts.contains("c"));
  states.at(120);
  EXPECT_EQ(keys_in(states->counts), (std::vector<std::string>{"a", "c"}));
  states.at(219);
  EXPECT_EQ(keys_in(states->counts), (std::vector<std::string>{"a", "c"}));
}

/// Against a std::map, with few keys and with many, so that the index comes, is used, shrinks and comes again.
TEST(map_state, behaves_like_a_map) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    attached_states<holder> states;
    std::map<std::string, std::int32_t> model;
    const std::uint64_t keys = seed % 2 == 0 ? 12 : 600;
    for (int step = 0; step < 20'000; ++step) {
      const bool shrinks = step / 2'000 % 2 == 1;
      const std::string key = std::to_string(random() % keys);
      if (random() % 10 < (shrinks ? 2u : 7u)) {
        const auto value = static_cast<std::int32_t>(random());
        states->counts.put(key, value);
        model[key] = value;
      } else {
        ASSERT_EQ(states->counts.remove(key), model.erase(key) == 1);
      }
      const std::string asked = std::to_string(random() % keys);
      const auto found = model.find(asked);
      ASSERT_EQ(copy_of(states->counts.get(asked)), found == model.end() ? std::nullopt : std::optional(found->second));
    }
    std::map<std::string, std::int32_t> left;
    for (const auto& [key, count] : states->counts.entries()) left.emplace(key, count);
    EXPECT_EQ(left, model);
    EXPECT_EQ(states->counts.size(), model.size());
  }
}

}  // namespace
