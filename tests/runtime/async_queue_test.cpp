// The order in which inputs of an async subtask start and leave, against a model that looks at everything each time.
#include "weir/runtime/async_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "weir/runtime/async_calls.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir::detail {
namespace {

using weir::testing::random_numbers;

/// What was added, in order, and how far each has come.
struct modelled {
  bool is_mark;
  bool admitted = false;
  bool done = false;
  bool left = false;
};

class queue_model {
 public:
  queue_model(bool ordered, std::size_t capacity) : ordered_(ordered), capacity_(capacity) {}

  std::vector<modelled> items;

  std::size_t in_use() const {
    return static_cast<std::size_t>(
        std::count_if(items.begin(), items.end(), [](const modelled& each) { return each.admitted && !each.left; }));
  }
  bool full() const {
    return in_use() >= capacity_ ||
           std::any_of(items.begin(), items.end(), [](const modelled& each) { return !each.admitted; });
  }
  /// Admits up to the next input; its number, or that of the end.
  std::size_t admit() {
    for (std::size_t number = 0; number < items.size(); ++number) {
      if (items[number].admitted) continue;
      if (in_use() >= capacity_) break;
      items[number].admitted = true;
      if (!items[number].is_mark) return number;
    }
    return items.size();
  }
  /// Whether `number` may leave now.
  bool may_leave(std::size_t number) const {
    const modelled& wanted = items[number];
    if (wanted.left || !wanted.admitted || (!wanted.is_mark && !wanted.done)) return false;
    for (std::size_t before = 0; before < number; ++before) {
      const bool holds_back = ordered_ || wanted.is_mark || items[before].is_mark;
      if (holds_back && !items[before].left) return false;
    }
    return true;
  }
  bool anything_may_leave() const {
    for (std::size_t number = 0; number < items.size(); ++number) {
      if (may_leave(number)) return true;
    }
    return false;
  }

 private:
  bool ordered_;
  std::size_t capacity_;
};

void compare_with_model(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_numbers random(seed);
  const bool ordered = random.one_in(2);
  const std::size_t capacity = 1 + random.below(8);
  async_queue queue(ordered, capacity);
  queue_model model(ordered, capacity);
  for (int step = 0; step < 400; ++step) {
    ASSERT_EQ(queue.full(), model.full());
    switch (random.below(5)) {
      case 0:
        queue.add(std::make_shared<async_call>());
        model.items.push_back({.is_mark = false});
        break;
      case 1:
        if (random.one_in(3)) {
          // A mark is known by its time, which is its number.
          queue.add_mark({.watermark = from_epoch_ms(static_cast<std::int64_t>(model.items.size()))});
          model.items.push_back({.is_mark = true});
        }
        break;
      case 2: {
        const async_call* const admitted = queue.admit();
        const std::size_t expected = model.admit();
        ASSERT_EQ(admitted == nullptr ? model.items.size() : admitted->number, expected);
        break;
      }
      case 3: {
        std::vector<std::uint64_t> running;
        for (std::size_t number = 0; number < model.items.size(); ++number) {
          const modelled& each = model.items[number];
          if (!each.is_mark && each.admitted && !each.done) running.push_back(number);
        }
        if (running.empty()) break;
        const std::uint64_t done = running[random.below(running.size())];
        async_call* const call = queue.find(done);
        ASSERT_NE(call, nullptr);
        queue.complete(*call);
        model.items[done].done = true;
        break;
      }
      default: {
        const async_queue::item* const next = queue.next();
        ASSERT_EQ(next != nullptr, model.anything_may_leave());
        if (next == nullptr) break;
        const std::size_t number =
            next->call != nullptr ? next->call->number : static_cast<std::size_t>(epoch_ms(*next->mark.watermark));
        ASSERT_TRUE(model.may_leave(number)) << number;
        model.items[number].left = true;
        queue.pop();
        ASSERT_EQ(queue.find(number), nullptr);
        break;
      }
    }
  }
  const bool all_left =
      std::all_of(model.items.begin(), model.items.end(), [](const modelled& each) { return each.left; });
  EXPECT_EQ(queue.empty(), all_left);
}

TEST(async_queue, lets_start_and_leave_what_its_order_and_capacity_allow) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) compare_with_model(seed);
}

TEST(async_queue, fires_timers_in_order_unless_they_are_cancelled) {
  async_queue queue(true, 10);
  const auto at = [](int ms) { return processing_clock::time_point(std::chrono::milliseconds{ms}); };
  for (int i = 0; i < 3; ++i) {
    queue.add(std::make_shared<async_call>());
    queue.time_out_at(*queue.admit(), at(10 * (i + 1)));
  }
  queue.retry_at(*queue.find(2), at(5));
  EXPECT_EQ(queue.next_timer(), at(5));
  queue.complete(*queue.find(0));
  async_queue::timer_kind kind{};
  EXPECT_EQ(queue.due(at(4), kind), nullptr);
  EXPECT_EQ(queue.due(at(25), kind), queue.find(2));
  EXPECT_EQ(kind, async_queue::timer_kind::retry);
  EXPECT_EQ(queue.due(at(25), kind), queue.find(1));
  EXPECT_EQ(kind, async_queue::timer_kind::timeout);
  EXPECT_EQ(queue.due(at(25), kind), nullptr);
  EXPECT_EQ(queue.next_timer(), at(30));
}

TEST(retry_schedule, waits_longer_each_time_up_to_a_limit) {
  using std::chrono::milliseconds;
  const retry_schedule growing{
      .attempts_max = 9, .delay = milliseconds{10}, .delay_max = milliseconds{70}, .multiplier = 2};
  std::vector<std::int64_t> pauses;
  for (std::uint32_t attempts = 1; attempts <= 5; ++attempts) pauses.push_back(growing.after(attempts).count());
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{10, 20, 40, 70, 70}));
  const retry_schedule fixed{
      .attempts_max = 9, .delay = milliseconds{7}, .delay_max = milliseconds{7}, .multiplier = 1};
  EXPECT_EQ(fixed.after(1), milliseconds{7});
  EXPECT_EQ(fixed.after(8), milliseconds{7});
  const retry_schedule never_overflows{
      .attempts_max = 4'000'000'000, .delay = milliseconds{1}, .delay_max = milliseconds{1000}, .multiplier = 10};
  EXPECT_EQ(never_overflows.after(3'999'999'999), milliseconds{1000});
}

}  // namespace
}  // namespace weir::detail
