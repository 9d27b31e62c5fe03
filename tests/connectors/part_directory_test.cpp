// The parts of a directory without a job: a few subtasks write, a coordinator played by hand takes checkpoints, commits them,
// or does not, and restores.
#include "weir/connectors/part_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "weir/connectors/part_name.hpp"
#include "weir/connectors/rolling_parts.hpp"
#include "weir/core/error.hpp"
#include "weir/testkit/manual_clock.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir::testing {
namespace {

using detail::closed_part;
using detail::encode_closed_parts;
using detail::hidden_part_prefix;
using detail::part_directory;
using detail::rolling_parts;
using detail::run_of_part;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string failure_of(const auto& call) {
  try {
    call();
  } catch (const error& cause) {
    return cause.what();
  }
  return "no failure";
}

struct sink_options {
  std::string path = "out";
  std::string job = "job";
  std::string uid = "sink";
  bool checkpoints = true;
  bool allow_duplicates = false;
};

/// One attempt of a job whose sink has so many subtasks, restored from `parts` or not at all.
class attempt {
 public:
  attempt(memory_storage& disk, std::size_t subtasks, const std::vector<prepared_part>& parts = {},
          const sink_options& options = {}) {
    for (std::size_t subtask = 0; subtask < subtasks; ++subtask) {
      sink_context context{options.job, options.uid, subtask, subtasks, clock_, disk, columns_, shared_, add_listener_,
                           [](const std::shared_ptr<committer>&) {}, options.checkpoints, 0, options.allow_duplicates};
      into_ = context.shared_committer<part_directory>(
          [&] { return std::make_shared<part_directory>(context, options.path); });
      if (subtask == 0) into_->recover(parts);
      writers_.emplace_back(context, directory(options.path).roll_bytes(20), "", ".txt", into_);
    }
  }

  rolling_parts& operator[](std::size_t subtask) { return writers_[subtask]; }
  part_directory& into() { return *into_; }

  /// What all subtasks put into a checkpoint.
  std::vector<prepared_part> checkpoint(std::uint64_t id) {
    std::vector<prepared_part> parts;
    for (rolling_parts& each : writers_) parts.push_back(each.prepare({.checkpoint = id, .completed = completed_}));
    return parts;
  }
  std::vector<prepared_part> finish() {
    std::vector<prepared_part> parts;
    for (rolling_parts& each : writers_) parts.push_back(each.prepare({.completed = completed_, .finished = true}));
    return parts;
  }
  void complete(std::uint64_t id, const std::vector<prepared_part>& parts) {
    into_->commit(parts);
    completed_ = std::max(completed_, id);
  }

 private:
  manual_clock clock_;
  std::vector<std::string> columns_;
  detail::shared_operator_state shared_;
  std::function<void(std::shared_ptr<detail::job_listener>)> add_listener_ = [](const auto&) {};
  std::shared_ptr<part_directory> into_;
  std::vector<rolling_parts> writers_;
  std::uint64_t completed_ = 0;
};

/// The rows in the visible parts.
std::vector<std::string> rows_in(const memory_storage& disk, const std::string& path = "out") {
  std::vector<std::string> rows;
  for (const std::string& file : disk.paths()) {
    if (!file.starts_with(path + "/part-")) continue;
    const std::string text = disk.read(file);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      rows.push_back(text.substr(at, text.find('\n', at) - at));
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::size_t hidden_in(const memory_storage& disk) {
  const auto paths = disk.paths();
  return static_cast<std::size_t>(
      std::count_if(paths.begin(), paths.end(), [](const std::string& path) { return path.starts_with("out/.job.sink."); }));
}

// ---- names --------------------------------------------------------------------------------------------------------------

TEST(part_name, tells_its_run) {
  EXPECT_EQ(detail::part_name(3, 0, 12, ".csv"), "part-3-0-12.csv");
  EXPECT_EQ(run_of_part("part-3-0-12.csv"), 3u);
  EXPECT_EQ(run_of_part("part-18446744073709551614-1-1.csv"), 18'446'744'073'709'551'614u);
}

TEST(part_name, is_not_taken_for_that_of_another_file) {
  for (const char* name : {"part-1.csv", "part-1-2.csv", "part-1-2-3", "part--1-2-3.csv", "part-1-2-3x.csv", "parts-1-2-3.csv",
                           "part-18446744073709551616-1-1.csv", "part-18446744073709551615-1-1.csv", ".part-1-2-3.csv", "",
                           "part-", "part-1-2-.csv", "part- 1-2-3.csv"}) {
    EXPECT_EQ(run_of_part(name), std::nullopt) << name;
  }
}

TEST(part_name, of_a_sink_begins_like_that_of_no_other) {
  EXPECT_EQ(hidden_part_prefix("job", "sink"), ".job.sink.");
  EXPECT_EQ(hidden_part_prefix("a.b/c", "d e"), ".a%2eb%2fc.d%20e.");
  const std::vector<std::string> texts{"a", "b", "a.b", "a%2eb", "", ".", "a.", ".b", "\xc3\xa4"};
  std::set<std::string> prefixes;
  for (const std::string& job : texts) {
    for (const std::string& uid : texts) prefixes.insert(hidden_part_prefix(job, uid));
  }
  EXPECT_EQ(prefixes.size(), texts.size() * texts.size());
}

// ---- checkpoints --------------------------------------------------------------------------------------------------------

TEST(part_directory, shows_what_a_complete_checkpoint_covers) {  // 2PC-01, counted from 1
  memory_storage disk;
  attempt job(disk, 1);
  std::map<std::uint64_t, std::vector<prepared_part>> taken;
  job[0].append("42\n");
  taken[1] = job.checkpoint(1);
  job[0].append("43\n");
  taken[2] = job.checkpoint(2);
  job[0].append("44\n");
  taken[3] = job.checkpoint(3);
  EXPECT_THAT(rows_in(disk), IsEmpty());
  job.complete(2, taken[2]);
  EXPECT_THAT(rows_in(disk), ElementsAre("42", "43"));
  EXPECT_EQ(hidden_in(disk), 1u) << "of checkpoint 3; an open part is made with its first row";
  job[0].append("45\n");
  EXPECT_EQ(hidden_in(disk), 2u);
}

TEST(part_directory, of_a_process_that_died_before_it_knew_is_completed) {  // 2PC-03
  memory_storage disk;
  std::vector<prepared_part> snapshot;
  {
    attempt job(disk, 1);
    job[0].append("42\n");
    job.checkpoint(1);
    job[0].append("43\n");
    snapshot = job.checkpoint(2);
    job[0].append("44\n");
  }
  disk.crash();
  attempt restored(disk, 1, snapshot);
  EXPECT_THAT(rows_in(disk), ElementsAre("42", "43"));
  EXPECT_EQ(hidden_in(disk), 0u);
}

TEST(part_directory, takes_commits_twice_and_late) {
  memory_storage disk;
  attempt job(disk, 2);
  job[0].append("a\n");
  const auto first = job.checkpoint(1);
  job.complete(1, first);
  job[1].append("b\n");
  const auto second = job.checkpoint(2);
  job.complete(2, second);
  job[0].append("c\n");
  job.complete(2, second);
  job.complete(1, first);
  EXPECT_THAT(rows_in(disk), ElementsAre("a", "b"));
  const auto third = job.checkpoint(3);
  job.complete(3, third);
  job.complete(1, first);
  job.complete(3, third);
  EXPECT_THAT(rows_in(disk), ElementsAre("a", "b", "c"));
}

TEST(part_directory, takes_late_commits_of_parts_that_their_reader_has_taken_away) {
  memory_storage disk;
  attempt job(disk, 1);
  job[0].append("a\n");
  const auto first = job.checkpoint(1);
  job.complete(1, first);
  disk.remove("out/part-1-0-0.txt");
  job[0].append("b\n");
  job.complete(2, job.checkpoint(2));
  job.complete(1, first);
  EXPECT_THAT(rows_in(disk), ElementsAre("b"));
}

TEST(part_directory, keeps_what_a_checkpoint_that_was_given_up_held) {
  memory_storage disk;
  attempt job(disk, 1);
  job[0].append("a\n");
  job.checkpoint(1);
  job[0].append("b\n");
  job.complete(2, job.checkpoint(2));
  EXPECT_THAT(rows_in(disk), ElementsAre("a", "b"));
}

TEST(part_directory, recovers_twice_and_is_no_danger_to_what_has_begun) {
  memory_storage disk;
  std::vector<prepared_part> snapshot;
  {
    attempt job(disk, 1);
    job[0].append("a\n");
    snapshot = job.checkpoint(1);
  }
  attempt restored(disk, 1, snapshot);
  restored.into().recover(snapshot);
  restored[0].append("b\n");
  restored.into().recover(snapshot);
  restored.complete(2, restored.checkpoint(2));
  EXPECT_THAT(rows_in(disk), ElementsAre("a", "b"));
}

TEST(part_directory, rolls_by_size_between_rows) {
  memory_storage disk;
  attempt job(disk, 1);
  for (int row = 0; row < 10; ++row) job[0].append("seven b\n");  // 20 bytes are 3 rows
  job.complete(1, job.checkpoint(1));
  EXPECT_EQ(rows_in(disk).size(), 10u);
  EXPECT_EQ(disk.read("out/part-1-0-0.txt"), "seven b\nseven b\nseven b\n");
  EXPECT_EQ(disk.read("out/part-1-0-3.txt"), "seven b\n");
}

TEST(part_directory, repeats_the_last_parts_of_subtasks_that_have_ended) {
  memory_storage disk;
  std::vector<prepared_part> last;
  {
    attempt job(disk, 1);
    job[0].append("a\n");
    job.checkpoint(1);
    job[0].append("b\n");
    last = job.finish();
    job.complete(2, last);
    job.complete(3, last);
    EXPECT_THAT(rows_in(disk), ElementsAre("a", "b"));
  }
  disk.remove("out/part-1-0-0.txt");  // a reader has taken it away
  attempt restored(disk, 1, last);
  EXPECT_THAT(rows_in(disk), ElementsAre("b"));
}

// ---- other numbers of subtasks ------------------------------------------------------------------------------------------

class rescaled_part_directory : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {};

TEST_P(rescaled_part_directory, shows_each_pending_part_once_and_removes_only_its_own_leftovers) {
  const auto [before, after] = GetParam();
  memory_storage disk;
  const std::vector<std::string> others{"out/notes.txt", "out/.hidden", "out/.job.other.part-1-0-0.txt", "out/.job.sink.note",
                                        "out/.other.sink.part-1-0-0.txt", "elsewhere/.job.sink.part-1-0-0.txt"};
  for (const std::string& path : others) disk.write(path, "not ours");
  std::vector<prepared_part> savepoint;
  std::vector<std::string> expected;
  const auto write = [&](attempt& job, std::size_t subtasks, const std::string& what, bool counts) {
    for (std::size_t subtask = 0; subtask < subtasks; ++subtask) {
      for (int row = 0; row < 5; ++row) {
        const std::string text = what + std::to_string(subtask) + "-" + std::to_string(row);
        job[subtask].append(text + "\n");
        if (counts) expected.push_back(text);
      }
    }
  };
  {
    attempt job(disk, before);
    write(job, before, "first", true);
    job.complete(1, job.checkpoint(1));
    write(job, before, "pending", true);
    savepoint = job.checkpoint(2);
    write(job, before, "lost", false);
    job.checkpoint(3);
    write(job, before, "open", false);
  }
  disk.crash();
  attempt restored(disk, after, savepoint);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(rows_in(disk), expected);
  EXPECT_EQ(hidden_in(disk), 1u) << "the note";
  write(restored, after, "restored", true);
  restored.complete(3, restored.checkpoint(3));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(rows_in(disk), expected);
  for (const std::string& path : others) EXPECT_EQ(disk.read(path), "not ours") << path;
}

INSTANTIATE_TEST_SUITE_P(slots, rescaled_part_directory,
                         ::testing::Values(std::pair(8, 1), std::pair(1, 8), std::pair(3, 3)));

// ---- results that must not come twice, or get lost ------------------------------------------------------------------------

class older_snapshot : public ::testing::Test {
 protected:
  /// A run of three checkpoints, of which the last two are complete.
  void run() {
    attempt job(disk_, 1);
    job[0].append("a\n");
    taken_[1] = job.checkpoint(1);
    job.complete(1, taken_[1]);
    job[0].append("b\n");
    taken_[2] = job.checkpoint(2);
    job.complete(2, taken_[2]);
  }
  std::string failure(const std::vector<prepared_part>& parts, const sink_options& options = {}) {
    return failure_of([&] { attempt(disk_, 1, parts, options); });
  }

  memory_storage disk_;
  std::map<std::uint64_t, std::vector<prepared_part>> taken_;
};

TEST_F(older_snapshot, is_refused) {
  run();
  EXPECT_THAT(failure(taken_[1]), HasSubstr("sink 'sink' cannot write to out: it holds newer results than the snapshot"));
  EXPECT_EQ(failure(taken_[2]), "no failure");
}

TEST_F(older_snapshot, is_refused_though_a_reader_has_taken_the_parts_away) {
  run();
  disk_.remove("out/part-1-0-0.txt");
  disk_.remove("out/part-1-0-1.txt");
  EXPECT_THAT(failure(taken_[1]), HasSubstr("it holds newer results"));
  EXPECT_EQ(failure(taken_[2]), "no failure");
}

TEST_F(older_snapshot, of_a_run_that_another_has_overtaken_is_refused) {
  run();
  std::vector<prepared_part> branch;
  {
    attempt again(disk_, 1, taken_[1], {.allow_duplicates = true});
    again[0].append("c\n");
    branch = again.checkpoint(2);
    again.complete(2, branch);
  }
  EXPECT_THAT(failure(taken_[2]), HasSubstr("it holds newer results"));
  EXPECT_EQ(failure(branch), "no failure");
}

TEST_F(older_snapshot, adds_its_results_if_that_is_allowed) {
  run();
  attempt again(disk_, 1, taken_[1], {.allow_duplicates = true});
  again[0].append("b\n");
  again.complete(2, again.checkpoint(2));
  EXPECT_THAT(rows_in(disk_), ElementsAre("a", "b", "b")) << "no part has replaced another";
}

TEST_F(older_snapshot, without_newer_results_is_none) {
  run();
  std::vector<prepared_part> later;
  {
    attempt job(disk_, 1, taken_[2]);
    later = job.checkpoint(3);
    job.complete(3, later);
  }
  EXPECT_EQ(failure(taken_[2]), "no failure");
  EXPECT_EQ(failure(later), "no failure");
}

TEST_F(older_snapshot, may_be_none_at_all) {
  run();
  EXPECT_THAT(failure({}), HasSubstr("it holds parts of an earlier run; remove them"));
  EXPECT_EQ(failure({}, {.allow_duplicates = true}), "no failure");
  disk_.remove("out/part-1-0-0.txt");
  disk_.remove("out/part-1-0-1.txt");
  EXPECT_EQ(failure({}), "no failure");
}

TEST(part_directory, gives_no_name_twice) {
  memory_storage disk;
  for (int run = 0; run < 3; ++run) {
    attempt job(disk, 1);
    job[0].append("row\n");
    job.complete(1, job.checkpoint(1));
    const std::string name = "out/part-" + std::to_string(run + 1) + "-0-0.txt";
    ASSERT_TRUE(disk.exists(name)) << name;
    disk.remove(name);
  }
}

TEST(part_directory, misses_a_part_that_nobody_has_seen) {
  memory_storage disk;
  std::vector<prepared_part> snapshot;
  {
    attempt job(disk, 1);
    job[0].append("a\n");
    job.complete(1, job.checkpoint(1));
    job[0].append("b\n");
    snapshot = job.checkpoint(2);
  }
  disk.remove("out/.job.sink.part-1-0-1.txt");
  for (int time = 0; time < 2; ++time) {
    EXPECT_THAT(failure_of([&] { attempt(disk, 1, snapshot); }),
                HasSubstr("its hidden part .job.sink.part-1-0-1.txt is gone, which a checkpoint holds"));
  }
}

TEST(part_directory, replaces_no_file_of_somebody_else) {
  memory_storage disk;
  attempt job(disk, 1);
  job[0].append("a\n");
  const auto parts = job.checkpoint(1);
  disk.write("out/part-1-0-0.txt", "not ours");
  EXPECT_THAT(failure_of([&] { job.complete(1, parts); }), HasSubstr("that this sink has not written; remove it"));
  EXPECT_EQ(disk.read("out/part-1-0-0.txt"), "not ours");
}

TEST(part_directory, goes_on_after_a_part_that_cannot_be_shown_and_says_so) {
  memory_storage disk;
  attempt job(disk, 2);
  job[0].append("a\n");
  job[1].append("b\n");
  const auto parts = job.checkpoint(1);
  disk.fail_next(storage_operation::rename, "no luck", 1);  // behind that of the mark
  EXPECT_THAT(failure_of([&] { job.complete(1, parts); }), HasSubstr("cannot write to out: "));
  EXPECT_THAT(rows_in(disk), ElementsAre("b"));
  job.complete(1, parts);
  EXPECT_THAT(rows_in(disk), ElementsAre("a", "b"));
}

TEST(part_directory, may_be_another_one_after_a_restore) {
  memory_storage disk;
  std::vector<prepared_part> snapshot;
  {
    attempt job(disk, 2);
    job[0].append("a\n");
    job[1].append("b\n");
    snapshot = job.checkpoint(1);
  }
  {
    attempt restored(disk, 1, snapshot, {.path = "new"});
    EXPECT_THAT(rows_in(disk), ElementsAre("a", "b")) << "they belong where the job wrote then";
    restored[0].append("c\n");
    snapshot = restored.checkpoint(2);
    restored.complete(2, snapshot);
    EXPECT_THAT(rows_in(disk, "new"), ElementsAre("c"));
  }
  attempt back(disk, 1, snapshot, {.path = "./new/"});
  EXPECT_THAT(rows_in(disk, "new"), ElementsAre("c"));
}

TEST(part_directory, belongs_to_one_sink_at_a_time) {
  memory_storage disk;
  attempt job(disk, 1);
  EXPECT_THAT(failure_of([&] { attempt(disk, 1, {}, {.uid = "second"}); }),
              HasSubstr("sink 'second' cannot write to out: sink 'sink' of the same job writes this directory; give each sink a "
                        "directory of its own"));
  job.into().job_ended(detail::job_outcome::finished);
  EXPECT_EQ(failure_of([&] { attempt(disk, 1, {}, {.uid = "second"}); }), "no failure");
}

TEST(part_directory, cannot_be_a_file) {
  memory_storage disk;
  disk.write("out", "a file");
  EXPECT_THAT(failure_of([&] { attempt(disk, 1); }), HasSubstr("sink 'sink' cannot write to out: "));
}

TEST(part_directory, with_a_damaged_mark_is_refused) {
  for (const char* text : {"", "weir results 1\nrun x\ncheckpoint 1\n", "weir results 1\nrun 1\ncheckpoint 1\nmore",
                           "weir results 2\nrun 1\ncheckpoint 1\n", "weir results 1\nrun 1\ncheckpoint 18446744073709551616\n"}) {
    memory_storage disk;
    disk.write("out/.weir-results", text);
    EXPECT_THAT(failure_of([&] { attempt(disk, 1); }), HasSubstr(".weir-results is damaged")) << text;
  }
}

TEST(part_directory, refuses_the_snapshot_of_a_sink_of_another_kind) {
  memory_storage disk;
  EXPECT_THAT(failure_of([&] { attempt(disk, 1, {std::string(1, '\0')}); }), HasSubstr("wrote no directory of parts"));
  EXPECT_THAT(failure_of([&] { attempt(disk, 1, {""}); }), HasSubstr("wrote no directory of parts"));
  EXPECT_THAT(failure_of([&] { attempt(disk, 1, {"\x02 cut"}); }), HasSubstr("cannot write to out"));
}

// ---- without checkpoints --------------------------------------------------------------------------------------------------

TEST(part_directory, without_checkpoints_shows_what_is_rolled) {
  memory_storage disk;
  attempt job(disk, 1, {}, {.checkpoints = false});
  job[0].append("as long as a part is\n");
  job[0].append("short\n");
  EXPECT_THAT(rows_in(disk), ElementsAre("as long as a part is"));
  job[0].roll();
  EXPECT_THAT(rows_in(disk), ElementsAre("as long as a part is", "short"));
  job[0].append("last\n");
  job.into().commit(job.finish());
  EXPECT_THAT(rows_in(disk), ElementsAre("as long as a part is", "last", "short"));
}

TEST(part_directory, without_checkpoints_removes_the_open_parts_of_a_job_that_fails) {
  memory_storage disk;
  attempt job(disk, 1, {}, {.checkpoints = false});
  job[0].append("as long as a part is\n");
  job[0].append("short\n");
  EXPECT_EQ(hidden_in(disk), 1u);
  job.into().job_ended(detail::job_outcome::failed);
  EXPECT_EQ(hidden_in(disk), 0u);
  EXPECT_THAT(rows_in(disk), ElementsAre("as long as a part is"));
}

}  // namespace
}  // namespace weir::testing
