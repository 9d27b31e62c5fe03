// Sinks that commit in two phases: first the observed cases 2PC-01 and 2PC-03 and what may come twice or late, step by step
// without a job; then a sink of a user's own in jobs with and without checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/runtime/transaction_table.hpp"
#include "weir/core/error.hpp"
#include "weir/runtime/transactions.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::table_committer;
using testing::table_writer;
using testing::transaction_table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct table_sink {
  template <class Element>
  static constexpr bool accepts = std::is_same_v<Element, int>;
  std::string describe() const { return "table"; }

  template <class Element>
  table_writer open(sink_context& context) const {
    context.shared_committer<table_committer>([&] { return std::make_shared<table_committer>(*into); });
    return table_writer(*into);
  }
  transaction_table* into;
};

/// One subtask of the sink and what a coordinator says to it.
class protocol {
 public:
  explicit protocol(transaction_table& into) : committer_(into), writer_(into) {}

  void in(const std::string& row) { writer_.write(row); }
  void snapshot(std::uint64_t id) { taken_[id] = {writer_.prepare({.checkpoint = id, .completed = completed_})}; }
  void finish() { taken_[0] = {writer_.prepare({.completed = completed_, .finished = true})}; }
  void complete(std::uint64_t id) {
    committer_.commit(taken_.at(id));
    completed_ = std::max(completed_, id);
  }
  const std::vector<prepared_part>& taken(std::uint64_t id) const { return taken_.at(id); }
  table_committer& committer() { return committer_; }

 private:
  table_committer committer_;
  table_writer writer_;
  std::map<std::uint64_t, std::vector<prepared_part>> taken_;
  std::uint64_t completed_ = 0;
};

// ---- the observed cases; checkpoints are counted from 1 here, from 0 there -----------------------------------------------

TEST(two_phase_commit, of_a_completed_checkpoint) {  // 2PC-01
  transaction_table into;
  protocol sink(into);
  sink.in("42");
  sink.snapshot(1);
  sink.in("43");
  sink.snapshot(2);
  sink.in("44");
  sink.snapshot(3);
  sink.complete(2);
  EXPECT_THAT(into.rows(), ElementsAre("42", "43"));
  EXPECT_EQ(into.open_transactions(), 2u) << "that of checkpoint 3, which is prepared, and the current one";
}

TEST(two_phase_commit, after_a_failure_before_completion_is_known) {  // 2PC-03
  transaction_table into;
  std::vector<prepared_part> snapshot;
  {
    protocol sink(into);
    sink.in("42");
    sink.snapshot(1);
    sink.in("43");
    sink.snapshot(2);
    sink.in("44");
    snapshot = sink.taken(2);
  }
  EXPECT_THAT(into.rows(), IsEmpty());
  table_committer(into).recover(snapshot);
  EXPECT_THAT(into.rows(), ElementsAre("42", "43"));
  EXPECT_EQ(into.open_transactions(), 0u);
}

// ---- what may come twice or late -------------------------------------------------------------------------------------

TEST(two_phase_commit, of_one_checkpoint_twice_is_once) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  sink.complete(1);
  sink.complete(1);
  EXPECT_THAT(into.rows(), ElementsAre("a"));
}

TEST(two_phase_commit, of_an_older_checkpoint_after_a_newer_does_nothing) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  sink.in("b");
  sink.snapshot(2);
  sink.complete(2);
  sink.complete(1);
  EXPECT_THAT(into.rows(), ElementsAre("a", "b"));
}

TEST(two_phase_commit, of_a_checkpoint_that_was_given_up_comes_with_the_next) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);  // given up
  sink.in("b");
  sink.snapshot(2);
  sink.complete(2);
  sink.in("c");
  sink.snapshot(3);
  sink.complete(3);
  EXPECT_THAT(into.rows(), ElementsAre("a", "b", "c"));
}

TEST(two_phase_commit, forgets_what_is_committed) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  const std::size_t bytes = sink.taken(1)[0].size();
  for (std::uint64_t id = 2; id < 10; ++id) {
    sink.complete(id - 1);
    sink.in("x");
    sink.snapshot(id);
    EXPECT_EQ(sink.taken(id)[0].size(), bytes);
  }
}

TEST(two_phase_commit, after_the_last_record_repeats_with_every_checkpoint) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  sink.in("b");
  sink.finish();
  sink.complete(0);
  sink.complete(0);
  EXPECT_THAT(into.rows(), ElementsAre("a", "b"));
  EXPECT_EQ(into.open_transactions(), 0u);
}

TEST(two_phase_commit, recovers_twice_and_after_it_was_committed) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  sink.in("lost");
  sink.complete(1);
  for (int time = 0; time < 2; ++time) table_committer(into).recover(sink.taken(1));
  EXPECT_THAT(into.rows(), ElementsAre("a"));
  EXPECT_EQ(into.open_transactions(), 0u);
}

TEST(two_phase_commit, goes_on_after_one_that_fails_and_says_so) {
  transaction_table into;
  protocol sink(into);
  sink.in("a");
  sink.snapshot(1);
  sink.in("b");
  sink.snapshot(2);
  into.fail_next_commit();
  try {
    sink.complete(2);
    FAIL() << "nobody said that a transaction failed";
  } catch (const error& cause) {
    EXPECT_THAT(cause.what(), HasSubstr("the table is locked"));
  }
  EXPECT_THAT(into.rows(), ElementsAre("b"));
  sink.complete(2);
  EXPECT_THAT(into.rows(), ElementsAre("b", "a"));
}

// ---- in jobs ----------------------------------------------------------------------------------------------------------

std::vector<int> numbers_to(int end) {
  std::vector<int> numbers;
  for (int i = 0; i < end; ++i) numbers.push_back(i);
  return numbers;
}

std::vector<std::string> texts_to(int end) {
  std::vector<std::string> texts;
  for (int i = 0; i < end; ++i) texts.push_back(std::to_string(i));
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

class two_phase_sink : public ::testing::Test {
 protected:
  two_phase_sink() { std::filesystem::remove_all(folder_); }
  ~two_phase_sink() override { std::filesystem::remove_all(folder_); }

  run_options with_checkpoints() const {
    run_options options{.slots = 2};
    options.checkpoints.directory = folder_.string();
    options.checkpoints.interval = 1ms;
    options.restart = {.strategy = restart_kind::fixed_delay, .attempts = 3, .delay = 1ms};
    return options;
  }

  const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "two_phase_sink";
};

TEST_F(two_phase_sink, commits_each_record_once_over_a_failure) {
  static std::atomic<int> calls;
  calls = 0;
  transaction_table into;
  const job numbers("numbers", from<"numbers">(numbers_to(200'000)) | rebalance() | map([](int number) {
                                 if (++calls == 150'000) throw std::runtime_error("out of luck");
                                 return number;
                               }) | to<"out">(table_sink{&into}));
  const job_report report = numbers.run(with_checkpoints());
  EXPECT_EQ(sorted(into.rows()), texts_to(200'000));
  EXPECT_EQ(into.open_transactions(), 0u);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("out of luck")));
}

TEST_F(two_phase_sink, commits_at_the_end_where_no_checkpoints_are_taken) {
  transaction_table into;
  job("numbers", from(numbers_to(1000)) | rebalance() | to<"out">(table_sink{&into})).run({.slots = 3});
  EXPECT_EQ(sorted(into.rows()), texts_to(1000));
  EXPECT_EQ(into.open_transactions(), 0u);
}

TEST_F(two_phase_sink, commits_nothing_of_a_job_that_fails_without_checkpoints) {
  transaction_table into;
  const job failing("numbers", from({1, 2, 3}) | map([](int number) {
                                 if (number == 3) throw std::runtime_error("out of luck");
                                 return number;
                               }) | to<"out">(table_sink{&into}));
  EXPECT_THROW(failing.run({.slots = 1}), error);
  EXPECT_THAT(into.rows(), IsEmpty());
}

TEST_F(two_phase_sink, may_stand_in_a_branch) {
  transaction_table small;
  transaction_table all;
  job("numbers", from<"numbers">(numbers_to(100)) |
                     branch(filter([](int number) { return number < 10; }) | to<"small">(table_sink{&small}),
                            to<"all">(table_sink{&all})))
      .run(with_checkpoints());
  EXPECT_EQ(sorted(small.rows()), texts_to(10));
  EXPECT_EQ(sorted(all.rows()), texts_to(100));
}

struct sink_without_committer {
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "nobody"; }
  template <class Element>
  table_writer open(sink_context&) const {
    return table_writer(*into);
  }
  transaction_table* into;
};

TEST_F(two_phase_sink, needs_a_committer) {
  transaction_table into;
  try {
    job("numbers", from<"numbers">(std::vector{1}) | to<"out">(sink_without_committer{&into})).run(with_checkpoints());
    FAIL() << "nobody commits, and nobody said so";
  } catch (const error& cause) {
    EXPECT_THAT(cause.what(), HasSubstr("sink 'out' prepares results that nobody commits"));
  }
}

}  // namespace
}  // namespace weir
