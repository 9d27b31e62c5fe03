#include "weir/runtime/watermark_valve.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using weir::from_epoch_ms;
using weir::detail::valve_output;
using weir::detail::watermark_valve;

constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();

enum class action { watermark, idle, active, finished };

struct step {
  action what;
  std::size_t channel;
  std::int64_t time = 0;
  std::string expected = {};
};

constexpr action wm = action::watermark;
constexpr action idle = action::idle;
constexpr action active = action::active;
constexpr action finished = action::finished;

valve_output apply(watermark_valve& valve, const step& each) {
  switch (each.what) {
    case action::watermark:
      return valve.watermark(each.channel, from_epoch_ms(each.time));
    case action::idle:
      return valve.idle(each.channel);
    case action::active:
      return valve.active(each.channel);
    case action::finished:
      return valve.finished(each.channel);
  }
  return {};
}

std::string text_of(const valve_output& output) {
  std::string text;
  const auto append = [&](const std::string& item) { text += (text.empty() ? "" : ", ") + item; };
  if (output.watermark == weir::max_timestamp) {
    append("wm MAX");
  } else if (output.watermark) {
    append("wm " + std::to_string(epoch_ms(*output.watermark)));
  }
  if (output.idle) append("IDLE");
  if (output.active) append("ACTIVE");
  return text;
}

void run(std::size_t channels, const std::vector<step>& steps) {
  watermark_valve valve(channels);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    ASSERT_EQ(text_of(apply(valve, steps[i])), steps[i].expected) << "step " << i;
  }
}

// WM-05, WM-08, WM-10 and WM-11 were observed on Flink 2.2.0.

TEST(watermark_valve, forwards_the_minimum_over_its_channels) {  // WM-05
  run(3, {{wm, 0, 0},
          {wm, 1, 0},
          {wm, 2, 0, "wm 0"},
          {wm, 0, 12},
          {wm, 2, 8},
          {wm, 2, 10},
          {wm, 1, 15, "wm 10"},
          {wm, 2, 17, "wm 12"},
          {wm, 0, 20, "wm 15"}});
}

TEST(watermark_valve, leaves_idle_channels_out) {  // WM-08
  run(3, {{wm, 0, 15}, {wm, 1, 10}, {idle, 2, 0, "wm 10"}, {wm, 1, 18, "wm 15"}, {wm, 0, 20, "wm 18"}});
}

TEST(watermark_valve, flushes_the_maximum_when_the_last_channel_becomes_idle) {  // WM-10
  run(3, {{wm, 0, 10}, {wm, 1, 5}, {wm, 2, 3, "wm 3"}, {idle, 0}, {idle, 1}, {idle, 2, 0, "wm 10, IDLE"}});
}

TEST(watermark_valve, realigns_a_channel_that_comes_back_behind) {  // WM-11
  run(3, {{wm, 0, 10},
          {wm, 1, 7},
          {wm, 2, 3, "wm 3"},
          {idle, 2, 0, "wm 7"},
          {active, 2},
          {wm, 2, 5},
          {wm, 2, 9},
          {wm, 1, 12, "wm 9"}});
}

TEST(watermark_valve, passes_a_single_channel_through) {
  run(1, {{wm, 0, 0, "wm 0"}, {wm, 0, 25, "wm 25"}, {wm, 0, 25}, {wm, 0, 18}, {wm, 0, 26, "wm 26"}});
}

TEST(watermark_valve, waits_for_a_channel_that_never_sent) { run(2, {{wm, 0, 5}, {wm, 0, 9}, {wm, 1, 3, "wm 3"}}); }

TEST(watermark_valve, ignores_a_watermark_that_goes_backwards) {
  run(2, {{wm, 0, 10}, {wm, 1, 4, "wm 4"}, {wm, 1, 2}, {wm, 0, 7}, {wm, 1, 20, "wm 10"}});
}

TEST(watermark_valve, reports_only_changes_of_the_whole_input) {
  run(2, {{idle, 0},
          {idle, 0},
          {idle, 1, 0, "IDLE"},
          {idle, 1},
          {active, 1, 0, "ACTIVE"},
          {active, 1},
          {active, 0},
          {idle, 0},
          {idle, 1, 0, "IDLE"}});
}

TEST(watermark_valve, ignores_watermarks_on_idle_channels) {
  run(1, {{wm, 0, 25, "wm 25"}, {idle, 0, 0, "IDLE"}, {wm, 0, 50}, {active, 0, 0, "ACTIVE"}, {wm, 0, 30, "wm 30"}});
}

TEST(watermark_valve, is_not_held_back_by_a_channel_that_came_back_behind) {
  run(3, {{wm, 0, 10},
          {wm, 1, 7},
          {wm, 2, 3, "wm 3"},
          {idle, 2, 0, "wm 7"},
          {active, 2},
          {wm, 1, 9, "wm 9"},
          {wm, 2, 8},
          {wm, 1, 12, "wm 10"},
          {wm, 2, 11},
          {wm, 0, 20, "wm 11"}});
}

TEST(watermark_valve, flushes_nothing_if_the_last_channel_was_not_the_one_behind) {
  // Channel 2 comes back behind the output, is the only active one, and goes again: nothing was waiting for it.
  run(3, {{wm, 0, 10},
          {wm, 1, 5},
          {wm, 2, 3, "wm 3"},
          {idle, 0},
          {idle, 2, 0, "wm 5"},
          {active, 2},
          {idle, 1},
          {wm, 2, 4},
          {idle, 2, 0, "IDLE"}});
}

TEST(watermark_valve, emits_nothing_while_every_active_channel_is_unaligned) {
  run(2, {{wm, 0, 10},
          {wm, 1, 7, "wm 7"},
          {idle, 1, 0, "wm 10"},
          {active, 1},
          {idle, 0},
          {wm, 1, 9},
          {wm, 1, 10},
          {wm, 1, 11, "wm 11"}});
}

TEST(watermark_valve, advances_when_the_channel_behind_becomes_idle) {
  run(3, {{wm, 0, 25}, {wm, 1, 10}, {wm, 2, 17, "wm 10"}, {idle, 1, 0, "wm 17"}, {idle, 2, 0, "wm 25"}});
}

TEST(watermark_valve, ends_when_every_channel_has_ended) {
  run(2, {{wm, 0, 5}, {wm, 0, end}, {finished, 0}, {wm, 1, 7, "wm 7"}, {wm, 1, end, "wm MAX"}, {finished, 1}});
  run(1, {{wm, 0, end, "wm MAX"}, {finished, 0}});
}

TEST(watermark_valve, lets_go_of_an_ended_channel) {
  run(2, {{wm, 0, 5}, {wm, 1, 9, "wm 5"}, {wm, 0, end, "wm 9"}, {finished, 0}, {wm, 1, 12, "wm 12"}});
}

TEST(watermark_valve, does_not_end_while_an_idle_channel_may_come_back) {
  run(2, {{wm, 0, 5},
          {wm, 1, 9, "wm 5"},
          {idle, 1},
          {wm, 0, end, "wm 9, IDLE"},
          {finished, 0},
          {active, 1, 0, "ACTIVE"},
          {wm, 1, 11, "wm 11"},
          {idle, 1, 0, "IDLE"},
          {wm, 1, end, "wm MAX"}});
}

TEST(watermark_valve, becomes_idle_when_only_ended_channels_are_not) {
  run(2, {{wm, 0, 5}, {wm, 0, end}, {finished, 0}, {wm, 1, 7, "wm 7"}, {idle, 1, 0, "IDLE"}});
}

TEST(watermark_valve, is_held_back_by_a_stopped_channel) {
  run(2, {{wm, 0, 5}, {wm, 1, 9, "wm 5"}, {finished, 0}, {wm, 1, 12}, {finished, 1}});
}

TEST(watermark_valve, goes_on_from_a_restored_watermark) {
  watermark_valve valve(2, from_epoch_ms(100));
  EXPECT_EQ(valve.current(), from_epoch_ms(100));
  EXPECT_EQ(valve.watermark(0, from_epoch_ms(50)), valve_output{});
  EXPECT_EQ(valve.watermark(0, from_epoch_ms(120)), valve_output{});
  EXPECT_EQ(text_of(valve.watermark(1, from_epoch_ms(110))), "wm 110");
  EXPECT_EQ(valve.current(), from_epoch_ms(110));
  EXPECT_EQ(text_of(valve.idle(1)), "wm 120");
  EXPECT_EQ(text_of(valve.idle(0)), "IDLE");
  EXPECT_TRUE(valve.is_idle());
}

TEST(watermark_valve, says_whether_it_has_left_a_channel_behind) {
  watermark_valve valve(3);
  for (const std::size_t channel : {0, 1, 2}) valve.watermark(channel, from_epoch_ms(10));
  EXPECT_EQ(watermark_valve::current_in(valve.encode()), from_epoch_ms(10));
  EXPECT_FALSE(watermark_valve::leaves_one_behind_in(valve.encode()));
  valve.watermark(2, weir::max_timestamp);  // has ended at 10
  for (const std::size_t channel : {0, 1}) valve.watermark(channel, from_epoch_ms(20));
  EXPECT_FALSE(watermark_valve::leaves_one_behind_in(valve.encode()));
  EXPECT_EQ(watermark_valve::highest_in(valve.encode()), from_epoch_ms(20)) << "without the one that has ended";
  valve.idle(1);
  valve.watermark(0, from_epoch_ms(30));
  EXPECT_EQ(watermark_valve::current_in(valve.encode()), from_epoch_ms(30));
  EXPECT_TRUE(watermark_valve::leaves_one_behind_in(valve.encode()));
  valve.active(1);
  EXPECT_TRUE(watermark_valve::leaves_one_behind_in(valve.encode()));
  valve.watermark(1, from_epoch_ms(30));
  EXPECT_FALSE(watermark_valve::leaves_one_behind_in(valve.encode()));
  valve.watermark(1, from_epoch_ms(40));
  EXPECT_EQ(watermark_valve::current_in(valve.encode()), from_epoch_ms(30));
  EXPECT_EQ(watermark_valve::highest_in(valve.encode()), from_epoch_ms(40)) << "of a channel that is ahead";
}

// WMGEN-03, observed on Flink 2.2.0, which merges the splits of a source subtask. Here a subtask reads one split at a time,
// and splits meet in the valve of the stage behind. The final output of each sequence is the combined watermark.

TEST(watermark_valve, merges_splits) {
  run(3, {{wm, 0, 2}, {wm, 1, 5}, {idle, 2, 0, "wm 2"}});
  run(2, {{wm, 0, 2}, {wm, 1, 5, "wm 2"}, {idle, 0, 0, "wm 5"}});
  run(2, {{wm, 0, 5}, {wm, 1, 2, "wm 2"}, {idle, 0}, {idle, 1, 0, "wm 5, IDLE"}});
  run(2, {{wm, 0, 2}, {wm, 1, 5, "wm 2"}, {idle, 0, 0, "wm 5"}, {active, 0}, {wm, 0, 3}, {wm, 0, 5}, {wm, 0, 6},
          {wm, 1, 7, "wm 6"}});
}

}  // namespace
