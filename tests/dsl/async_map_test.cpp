// async_map through the operator harness: order, capacity, timeouts, retries, snapshots (semantics 9), and its three
// kinds of functions. What the services of these tests answer, and when, is up to each test.
#include "weir/dsl/async_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "weir/testkit/operator_harness.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using weir::testing::driver_options;
using weir::testing::operator_harness;

/// Has been asked about numbers, and answers as the test says. The answer to n is 2n.
class doubling_service {
 public:
  void ask(int number, async_result<int> result) { asked_.push_back({number, std::move(result)}); }

  std::vector<int> asked() const {
    std::vector<int> numbers;
    for (const question& each : asked_) numbers.push_back(each.number);
    return numbers;
  }
  void answer(std::size_t index) { asked_[index].result.complete(2 * asked_[index].number); }
  const async_result<int>& result(std::size_t index) const { return asked_[index].result; }
  void forget() { asked_.clear(); }
  /// Begins to count anew; what was asked before stays open.
  void begin_anew() {
    std::move(asked_.begin(), asked_.end(), std::back_inserter(before_));
    asked_.clear();
  }

 private:
  struct question {
    int number;
    async_result<int> result;
  };
  std::vector<question> asked_;
  std::vector<question> before_;
};

struct asking {
  std::shared_ptr<doubling_service> service;
  void operator()(const int& number, async_result<int> result) const { service->ask(number, std::move(result)); }
};

/// An operator and the service that it asks.
template <class Options>
struct asked_operator {
  std::shared_ptr<doubling_service> service = std::make_shared<doubling_service>();
  decltype(operator_harness<int>(async_map<"doubled">(asking{}, std::declval<Options>()))) harness;

  explicit asked_operator(const Options& options, const driver_options& how = {})
      : harness(operator_harness<int>(async_map<"doubled">(asking{service}, options), how)) {}

  void answer(std::size_t index) {
    service->answer(index);
    settle();
  }
  void settle() { harness.advance_processing_time(0ns); }
  std::vector<int> values() const { return harness.values(); }
};

using output = weir::testing::output_item<int>;
output record(int value, std::chrono::milliseconds time) {
  return weir::testing::timed_record<int>{value, timestamp{time}};
}
output mark(std::chrono::milliseconds time) { return weir::testing::watermark{timestamp{time}}; }
output last_mark() { return weir::testing::watermark{max_timestamp}; }

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const error& thrown) {
    return thrown.what();
  }
  return "nothing was thrown";
}

// ---- order (9.2, 9.3) -----------------------------------------------------------------------------------------------

TEST(async_map, in_order_gives_results_and_watermarks_as_their_inputs_came) {  // ASYNC-01
  asked_operator under_test(ordered(2).timeout(1000ms));
  under_test.harness.push(1, 1ms);
  under_test.harness.push(2, 2ms);
  under_test.harness.watermark(2ms);
  under_test.harness.push(3, 3ms);
  under_test.harness.end();
  under_test.answer(1);
  EXPECT_THAT(under_test.harness.output(), IsEmpty());
  under_test.answer(0);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 2, 3));
  under_test.answer(2);
  EXPECT_THAT(under_test.harness.output(),
              ElementsAre(record(2, 1ms), record(4, 2ms), mark(2ms), record(6, 3ms), last_mark()));
}

TEST(async_map, unordered_gives_results_as_they_come_between_watermarks) {  // ASYNC-02
  asked_operator under_test(unordered(6).timeout(1000ms));
  under_test.harness.push(1, 1ms);
  under_test.harness.push(2, 2ms);
  under_test.harness.watermark(2ms);
  under_test.harness.push(3, 3ms);
  under_test.harness.end();
  under_test.answer(2);
  EXPECT_THAT(under_test.harness.output(), IsEmpty()) << "3 came behind the watermark";
  under_test.answer(1);
  EXPECT_THAT(under_test.harness.output(), ElementsAre(record(4, 2ms)));
  under_test.answer(0);
  EXPECT_THAT(under_test.harness.output(),
              ElementsAre(record(4, 2ms), record(2, 1ms), mark(2ms), record(6, 3ms), last_mark()));
}

TEST(async_map, passes_idleness_in_its_place) {
  asked_operator under_test(unordered());
  under_test.harness.push(1, 1ms);
  under_test.harness.idle();
  EXPECT_THAT(under_test.harness.output(), IsEmpty());
  under_test.answer(0);
  EXPECT_THAT(under_test.harness.output(), ElementsAre(record(2, 1ms), output(weir::testing::idleness{true})));
}

TEST(async_map, takes_none_one_or_many_results_of_a_call_and_only_its_first_completion) {
  asked_operator under_test(ordered());
  for (int number : {1, 2, 3}) under_test.harness.push(number, 7ms);
  under_test.service->result(0).complete_all(std::vector{10, 11, 12});
  under_test.service->result(0).complete(13);
  under_test.service->result(1).complete();
  under_test.service->result(2).complete(30, 31);
  under_test.service->result(2).complete_exceptionally(std::runtime_error("too late"));
  under_test.settle();
  EXPECT_THAT(under_test.harness.output(),
              ElementsAre(record(10, 7ms), record(11, 7ms), record(12, 7ms), record(30, 7ms), record(31, 7ms)));
}

TEST(async_map, fails_with_a_call_that_fails_or_is_forgotten) {
  asked_operator failing(ordered());
  failing.harness.push(1, 1ms);
  failing.service->result(0).complete_exceptionally(std::runtime_error("the database is gone"));
  EXPECT_THAT(message_of([&] { failing.settle(); }), HasSubstr("async_map<\"doubled\">"));
  asked_operator forgetting(ordered());
  forgetting.harness.push(1, 1ms);
  forgetting.service->forget();
  EXPECT_THAT(message_of([&] { forgetting.settle(); }), HasSubstr("dropped its async_result"));
}

// ---- capacity (9.1) -------------------------------------------------------------------------------------------------

TEST(async_map, calls_for_no_more_than_its_capacity_at_a_time) {
  asked_operator under_test(ordered(2));
  for (int number : {1, 2, 3, 4}) under_test.harness.push(number, 1ms);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 2));
  under_test.answer(1);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 2)) << "2 has not left";
  under_test.answer(0);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 2, 3, 4));
}

TEST(async_map, counts_a_watermark_as_one_in_flight) {
  asked_operator under_test(unordered(2));
  under_test.harness.push(1, 1ms);
  under_test.harness.watermark(1ms);
  under_test.harness.push(2, 2ms);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1));
  under_test.answer(0);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 2));
}

// ---- timeouts (9.4) -------------------------------------------------------------------------------------------------

TEST(async_map, fails_where_a_call_takes_too_long) {  // ASYNC-03
  asked_operator under_test(ordered(10).timeout(10ms));
  under_test.harness.push(1, 1ms);
  under_test.answer(0);
  under_test.harness.advance_processing_time(5ms);
  under_test.harness.push(2, 1ms);
  under_test.harness.advance_processing_time(9ms);  // the timeout of 1 is over, but it has been answered
  EXPECT_THAT(under_test.values(), ElementsAre(2));
  EXPECT_THAT(
      message_of([&] { under_test.harness.advance_processing_time(1ms); }),
      HasSubstr("async_map \"doubled\": the call for an element had no result after 10 ms and 1 attempt; give it"));
}

TEST(async_map, asks_a_handler_instead_where_there_is_one) {  // ASYNC-04
  asked_operator under_test(ordered(10).timeout(10ms, [](const int& late) { return -late; }));
  under_test.harness.push(1, 1ms);
  under_test.harness.push(2, 2ms);
  under_test.answer(1);
  under_test.harness.advance_processing_time(10ms);
  under_test.answer(0);  // too late
  EXPECT_THAT(under_test.harness.output(), ElementsAre(record(-1, 1ms), record(4, 2ms)));
}

TEST(async_map, lets_a_timeout_cover_all_attempts_and_a_handler_answer_later) {
  auto late = std::make_shared<std::vector<async_result<int>>>();
  const auto keep = [late](const int&, async_result<int> result) { late->push_back(std::move(result)); };
  asked_operator under_test(unordered(10).timeout(15ms, keep).retry(fixed_delay(5, 10ms).if_empty()));
  under_test.harness.push(1, 1ms);
  under_test.service->result(0).complete();
  under_test.settle();
  under_test.harness.advance_processing_time(10ms);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 1));
  under_test.harness.advance_processing_time(5ms);
  under_test.answer(1);  // too late
  under_test.harness.advance_processing_time(100ms);
  EXPECT_THAT(under_test.service->asked(), ElementsAre(1, 1)) << "there are no attempts behind a timeout";
  ASSERT_EQ(late->size(), 1u);
  EXPECT_THAT(under_test.values(), IsEmpty());
  late->front().complete(77, 78);
  under_test.settle();
  EXPECT_THAT(under_test.values(), ElementsAre(77, 78));
}

// ---- retries (9.5) --------------------------------------------------------------------------------------------------

/// The doubling function that has nothing for odd numbers.
struct even_only {
  std::shared_ptr<std::vector<int>> calls = std::make_shared<std::vector<int>>();
  void operator()(const int& number, async_result<int> result) const {
    calls->push_back(number);
    if (number % 2 == 0) return result.complete(2 * number);
    result.complete();
  }
};

TEST(async_map, tries_again_as_often_as_it_may_and_then_the_last_outcome_stands) {  // ASYNC-05
  const even_only function;
  auto harness = operator_harness<int>(async_map<"even">(function, ordered(6).retry(fixed_delay(2, 10ms).if_empty())));
  for (int number = 1; number <= 6; ++number) harness.push(number, std::chrono::milliseconds{number});
  EXPECT_THAT(harness.values(), IsEmpty()) << "1 keeps its place while it waits";
  harness.advance_processing_time(9ms);
  EXPECT_EQ(function.calls->size(), 6u);
  harness.advance_processing_time(1ms);
  EXPECT_THAT(harness.output(), ElementsAre(record(4, 2ms), record(8, 4ms), record(12, 6ms)));
  EXPECT_THAT(*function.calls, ElementsAre(1, 2, 3, 4, 5, 6, 1, 3, 5));
}

TEST(async_map, tries_once_more_and_at_once_where_the_input_has_ended) {
  const even_only function;
  auto harness = operator_harness<int>(async_map<"even">(function, ordered(6).retry(fixed_delay(9, 10ms).if_empty())));
  for (int number : {1, 2}) harness.push(number, 1ms);
  harness.end();
  EXPECT_THAT(*function.calls, ElementsAre(1, 2, 1));
  EXPECT_THAT(harness.output(), ElementsAre(record(4, 1ms), last_mark()));
}

TEST(async_map, tries_again_after_an_exception_unless_told_otherwise) {
  asked_operator under_test(ordered().retry(exponential_backoff(3, 10ms, 1s, 3)));
  under_test.harness.push(1, 1ms);
  const auto fail = [&](std::size_t attempt) {
    under_test.service->result(attempt).complete_exceptionally(std::runtime_error("busy " + std::to_string(attempt)));
    under_test.settle();
  };
  fail(0);
  under_test.harness.advance_processing_time(10ms);
  EXPECT_EQ(under_test.service->asked().size(), 2u);
  under_test.service->result(0).complete(99);  // that attempt is over
  fail(1);
  under_test.harness.advance_processing_time(29ms);
  EXPECT_EQ(under_test.service->asked().size(), 2u);
  under_test.harness.advance_processing_time(1ms);
  EXPECT_EQ(under_test.service->asked().size(), 3u);
  EXPECT_THAT(under_test.values(), IsEmpty());
  EXPECT_THAT(message_of([&] { fail(2); }), HasSubstr("busy 2"));
}

TEST(async_map, asks_predicates_what_is_tried_again) {
  const auto is_busy = [](const std::exception& cause) { return std::string(cause.what()) == "busy"; };
  const auto is_negative = [](const int& result) { return result < 0; };
  asked_operator under_test(ordered().retry(fixed_delay(9, 0ms).if_exception(is_busy).if_result(is_negative)));
  under_test.harness.push(1, 1ms);
  under_test.service->result(0).complete_exceptionally(std::runtime_error("busy"));
  under_test.settle();
  under_test.service->result(1).complete(5, -5);
  under_test.settle();
  under_test.service->result(2).complete(6);
  under_test.settle();
  EXPECT_THAT(under_test.values(), ElementsAre(6));
  under_test.harness.push(2, 2ms);
  under_test.service->result(3).complete_exceptionally(std::runtime_error("no such table"));
  EXPECT_THAT(message_of([&] { under_test.settle(); }), HasSubstr("no such table"));
}

// ---- snapshots (9.6) ------------------------------------------------------------------------------------------------

TEST(async_map, calls_again_for_all_that_a_snapshot_found_in_flight) {  // ASYNC-06
  asked_operator under_test(ordered(10), {.snapshots = true});
  for (int number = 0; number < 10; ++number) under_test.harness.push(number, 0ms);
  under_test.service->begin_anew();
  under_test.harness.snapshot_restore();
  EXPECT_THAT(under_test.service->asked(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  under_test.harness.end();
  for (std::size_t index = 10; index > 0; --index) under_test.service->answer(index - 1);
  under_test.settle();
  std::vector<output> expected;
  for (int number = 0; number < 10; ++number) expected.push_back(record(2 * number, 0ms));
  expected.push_back(last_mark());
  EXPECT_EQ(under_test.harness.output(), expected);
}

TEST(async_map, takes_a_snapshot_while_more_waits_than_it_may_call_for) {
  asked_operator under_test(ordered(2), {.slots = 1, .batch_records = 4, .snapshots = true});
  for (int number = 0; number < 3; ++number) under_test.harness.push(number, std::chrono::milliseconds{number});
  under_test.answer(1);  // is done, but has not left
  under_test.harness.push_all({{3, timestamp{3ms}}, {4, timestamp{4ms}}, {5, timestamp{5ms}}, {6, timestamp{6ms}}});
  under_test.service->begin_anew();
  under_test.harness.snapshot_restore();
  EXPECT_THAT(under_test.service->asked(), ElementsAre(0, 1));
  for (std::size_t index = 0; index < 7; ++index) under_test.answer(index);
  EXPECT_THAT(under_test.values(), ElementsAre(0, 2, 4, 6, 8, 10, 12));
  under_test.service->begin_anew();
  under_test.harness.snapshot_restore();
  EXPECT_THAT(under_test.service->asked(), IsEmpty()) << "all have left";
}

TEST(async_map, deals_out_what_is_in_flight_to_other_numbers_of_subtasks) {
  asked_operator under_test(unordered(3), {.snapshots = true});
  for (int number = 0; number < 8; ++number) under_test.harness.push(number, std::chrono::milliseconds{number});
  for (const std::size_t slots : {3u, 2u}) {
    under_test.service->begin_anew();
    under_test.harness.snapshot_restore(slots);
    EXPECT_EQ(under_test.service->asked().size(), slots == 3 ? 8u : 6u);
  }
  under_test.harness.end();
  for (std::size_t index = 0; index < 8; ++index) under_test.answer(index);
  std::vector<std::pair<int, std::int64_t>> found;
  for (const auto& each : under_test.harness.records()) found.emplace_back(each.value, epoch_ms(each.time));
  std::sort(found.begin(), found.end());
  std::vector<std::pair<int, std::int64_t>> expected;
  for (int number = 0; number < 8; ++number) expected.emplace_back(2 * number, number);
  EXPECT_EQ(found, expected);
}

// ---- coroutines -----------------------------------------------------------------------------------------------------

async_task<int> after(int value, std::chrono::milliseconds delay) {
  co_await async_delay(delay);
  co_return value;
}
async_task<void> refuse(int number) {
  co_await async_delay(1ms);
  if (number > 100) throw std::runtime_error("larger than 100");
}

TEST(async_map, runs_coroutines_on_the_clock_of_the_job) {
  int factor = 2;  // is captured, and outlives every suspension
  auto harness = operator_harness<int>(async_map<"delayed">(
                                           [factor](const int& number) -> async_task<int> {
                                             co_await refuse(number);
                                             const int doubled = co_await after(factor * number,
                                                                                std::chrono::milliseconds{10 - number});
                                             co_return doubled;
                                           },
                                           unordered()) |
                                       map([](int doubled) { return doubled + 1; }));
  for (int number : {1, 2, 3}) harness.push(number, 1ms);
  harness.advance_processing_time(1ms);
  harness.advance_processing_time(6ms);
  EXPECT_THAT(harness.values(), IsEmpty());
  harness.advance_processing_time(1ms);
  EXPECT_THAT(harness.values(), ElementsAre(7));
  harness.advance_processing_time(10ms);
  EXPECT_THAT(harness.values(), ElementsAre(7, 5, 3));
  harness.push(101, 1ms);
  EXPECT_THAT(message_of([&] { harness.advance_processing_time(1ms); }), HasSubstr("larger than 100"));
}

// ---- futures --------------------------------------------------------------------------------------------------------

TEST(async_map, awaits_futures) {
  auto promises = std::make_shared<std::vector<std::promise<std::string>>>(3);
  auto harness = operator_harness<int, no_clock>(async_map<"awaited">(
      [promises](int number) { return (*promises)[static_cast<std::size_t>(number)].get_future(); }, unordered(3)));
  for (int number : {0, 1, 2}) harness.push(number);
  (*promises)[1].set_value("one");
  harness.advance_processing_time(0ns);
  EXPECT_THAT(harness.values(), ElementsAre("one"));
  (*promises)[2].set_value("two");
  harness.advance_processing_time(0ns);
  EXPECT_THAT(harness.values(), ElementsAre("one", "two"));
  (*promises)[0].set_exception(std::make_exception_ptr(std::runtime_error("zero")));
  EXPECT_THAT(message_of([&] { harness.advance_processing_time(0ns); }), HasSubstr("zero"));
}

// ---- threads --------------------------------------------------------------------------------------------------------

/// Answers from two threads of its own.
class threaded_service {
 public:
  threaded_service() {
    for (std::jthread& each : threads_) each = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void ask(int number, async_result<int> result) {
    const std::lock_guard lock(mutex_);
    asked_.push_back([number, result = std::move(result)] { result.complete(2 * number); });
  }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<std::function<void()>> taken;
      {
        const std::lock_guard lock(mutex_);
        taken.swap(asked_);
      }
      for (auto each = taken.rbegin(); each != taken.rend(); ++each) (*each)();
      std::this_thread::sleep_for(20us);
    }
  }

  std::mutex mutex_;
  std::vector<std::function<void()>> asked_;
  std::jthread threads_[2];
};

TEST(async_map, takes_results_from_other_threads) {
  const auto service = std::make_shared<threaded_service>();
  std::vector<int> numbers(2000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<int> results;
  job("threads",
      from(numbers) |
          async_map<"asked">(
              [service](const int& number, async_result<int> result) { service->ask(number, std::move(result)); },
              ordered(50)) |
          to<"out">(into(results)))
      .run({.slots = 1});
  std::vector<int> expected;
  for (const int number : numbers) expected.push_back(2 * number);
  EXPECT_EQ(results, expected);
}

TEST(async_map, leaves_open_what_is_in_the_last_checkpoint_of_a_job_that_stops) {
  const std::string directory =
      std::filesystem::path(::testing::TempDir()) / ("weir_async_stop_" + std::to_string(::getpid()));
  std::filesystem::remove_all(directory);
  std::vector<int> results;
  std::atomic<int> calls = 0;
  std::atomic<bool> answers = false;
  const auto held = std::make_shared<std::vector<async_result<int>>>();
  const job under_test("stopped", from<"numbers">(std::vector<int>{1, 2, 3}) |
                                      async_map<"asked">([&, held](const int& number, async_result<int> result) {
                                        if (answers) {
                                          result.complete(2 * number);
                                        } else {
                                          held->push_back(std::move(result));
                                        }
                                        ++calls;
                                      }) |
                                      to<"out">(into(results)));
  run_options options{.slots = 1};
  options.checkpoints.directory = directory;
  {
    job_handle running = under_test.start(options);
    while (calls < 3) std::this_thread::sleep_for(1ms);
    running.stop();
    running.wait();
  }
  EXPECT_THAT(results, IsEmpty());
  answers = true;
  options.restore = "latest";
  under_test.run(options);
  EXPECT_THAT(results, ElementsAre(2, 4, 6));
  EXPECT_EQ(calls, 6);
  std::filesystem::remove_all(directory);
}

// ---- what makes no sense --------------------------------------------------------------------------------------------

TEST(async_map, refuses_options_that_make_no_sense) {
  EXPECT_THAT(message_of([] { ordered(0); }), HasSubstr("ordered(0): nothing could be in flight"));
  EXPECT_THAT(message_of([] { unordered(0); }), HasSubstr("unordered(0)"));
  EXPECT_THAT(message_of([] { static_cast<void>(ordered().timeout(-1ms)); }), HasSubstr(".timeout(-1ms)"));
  EXPECT_THAT(message_of([] { fixed_delay(0, 1ms); }), HasSubstr("counts the first one"));
  EXPECT_THAT(message_of([] { exponential_backoff(3, 10ms, 5ms); }), HasSubstr("a longest one that is not less"));
}

TEST(async_map, says_in_the_plan_how_it_calls) {
  std::vector<int> results;
  const job described("planned", from({1, 2}) |
                                     async_map<"even">(even_only{}, ordered(6).retry(fixed_delay(2, 10ms).if_empty())) |
                                     to<"out">(into(results)));
  EXPECT_THAT(described.plan(), HasSubstr("ordered, 6 in flight, 2 attempts"));
}

}  // namespace
}  // namespace weir
