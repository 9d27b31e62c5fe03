// The example programs as a user meets them: options, exit statuses, messages, files left behind, signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>

#include "tests/examples/models.hpp"
#include "tests/examples/program.hpp"
#include "tests/examples/test_files.hpp"

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

const std::string first = "examples/first/first";
const std::string word_count = "examples/word_count/word_count";
const std::string campaign_views = "examples/campaign_views/campaign_views";
const std::string generate = "examples/campaign_views/generate";
const std::string flights = "examples/flights/flights";
const std::string fraud = "examples/fraud/fraud";
const std::string dedup = "examples/dedup/dedup";

/// What people read as one message: a line.
MATCHER(IsOneSentence, "") { return arg.size() > 1 && arg.find('\n') == arg.size() - 1; }

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> rows_of(const std::filesystem::path& table) {
  auto rows = table_of(table);
  rows.erase(rows.begin());
  return rows;
}

// ---- every program
// ----------------------------------------------------------------------------------------------------

struct program_case {
  std::string path;
  std::string job;
};
void PrintTo(const program_case& each, std::ostream* out) { *out << each.job; }

class each_program : public ::testing::TestWithParam<program_case> {
 protected:
  scratch_folder folder;
  program_result run(std::vector<std::string> arguments) {
    return run_program(GetParam().path, std::move(arguments), {.folder = folder.path()});
  }
};

TEST_P(each_program, lists_its_options) {
  const auto result = run({"--help"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("--input"), HasSubstr("--output"), HasSubstr("--slots"), HasSubstr("plan")));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_P(each_program, tells_its_version) {
  const auto result = run({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, StartsWith(GetParam().job + " (weir "));
}

TEST_P(each_program, refuses_wrong_options_with_a_sentence) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--slotz", "2"}, {"--slots", "none"}, {"--slots", "0"}, {"--input"}, {"walk"}}) {
    const auto result = run(wrong);
    EXPECT_EQ(result.status, 2) << wrong.front();
    EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job '" + GetParam().job + "': "), HasSubstr("--help")));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_P(each_program, plans_without_running) {
  const auto result = run({"plan", "--slots", "3"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, AllOf(StartsWith("job \"" + GetParam().job + "\", 3 slots\n"), HasSubstr("stage 1")));
  EXPECT_THAT(files_in(folder.path()), IsEmpty());
}

TEST_P(each_program, runs_without_any_option_in_any_folder) {
  const auto result = run({});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job '" + GetParam().job + "' finished in ")));
}

TEST_P(each_program, names_a_missing_input_file) {
  const auto result = run({"run", "--input", "nowhere.txt", "--output", "out.txt"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job '" + GetParam().job + "'"), HasSubstr("from<\""),
                                HasSubstr("nowhere.txt")));
  EXPECT_THAT(files_in(folder.path()), IsEmpty());
}

TEST_P(each_program, names_itself_where_there_is_no_snapshot) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"inspect", "nothing"}, {"plan", "--diff", "nothing"}}) {
    const auto result = run(command);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job '" + GetParam().job + "': "), HasSubstr("nothing")));
  }
}

INSTANTIATE_TEST_SUITE_P(examples, each_program,
                         ::testing::Values(program_case{first, "first"}, program_case{word_count, "word-count"},
                                           program_case{campaign_views, "campaign-views"},
                                           program_case{flights, "flights"}, program_case{fraud, "fraud"},
                                           program_case{dedup, "dedup"}),
                         [](const auto& each) {
                           std::string name = each.param.job;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// ---- results
// ----------------------------------------------------------------------------------------------------------

TEST(first_program, prints_the_doubled_numbers) {
  for (const char* slots : {"1", "2", "8"}) EXPECT_EQ(run_program(first, {"--slots", slots}).out, "2\n4\n6\n8\n10\n");
}

TEST(first_program, reads_and_writes_files) {
  const scratch_folder folder;
  folder.write("numbers.txt", "10\n-3\n0");
  const auto result = run_program(first, {"--input", "numbers.txt", "--output", "out.txt"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(text_of(folder / "out.txt"), "20\n-6\n0\n");
  EXPECT_THAT(files_in(folder.path()), ElementsAre("numbers.txt", "out.txt"));
}

TEST(first_program, tells_what_is_no_number) {
  const scratch_folder folder;
  folder.write("numbers.txt", "10\ntwo\n");
  const auto result = run_program(first, {"--input", "numbers.txt"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), HasSubstr("numbers.txt, line 2"), HasSubstr("expected an integer"),
                                HasSubstr("two")));
}

TEST(first_program, says_that_nobody_takes_its_output) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full";
  const scratch_folder folder;
  const std::string program = std::filesystem::absolute(first);
  const auto result = run_program("/bin/sh", {"-c", program + " > /dev/full"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), HasSubstr("standard output cannot be written (No space left")));
}

TEST(campaign_program, finds_in_a_file_and_in_memory_what_the_generator_has_counted) {
  const scratch_folder folder;
  const program_options here{.folder = folder.path()};
  const std::vector<std::string> input = {"--events", "300000", "--seed", "77"};
  auto arguments = input;
  arguments.insert(arguments.end(), {"--output", "events.jsonl", "--expected", "expected.csv"});
  ASSERT_EQ(run_program(generate, arguments, here).status, 0);
  const auto expected = table_of(folder / "expected.csv");
  ASSERT_EQ(expected.size(), 201u);  // 15 s of event time are two windows of 100 campaigns
  ASSERT_EQ(lines_of(folder / "events.jsonl").size(), 300'000u);

  for (const std::string slots : {"1", "2", "8"}) {
    arguments = input;
    arguments.insert(arguments.end(), {"--slots", slots, "--output", "made.csv"});
    auto result = run_program(campaign_views, arguments, here);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(table_of(folder / "made.csv"), expected) << slots << " slots";
    EXPECT_THAT(result.out, AllOf(HasSubstr("300,000"), HasSubstr("made.csv")));

    arguments = {"--input", "events.jsonl", "--seed", "77", "--slots", slots, "--output", "read.csv"};
    result = run_program(campaign_views, arguments, here);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(table_of(folder / "read.csv"), expected) << slots << " slots";
  }
}

TEST(campaign_program, shows_the_totals_of_its_table) {
  const scratch_folder folder;
  const auto result = run_program(campaign_views, {"--events", "1000000"}, {.folder = folder.path()});
  std::int64_t views = 0;
  const auto rows = rows_of(folder / "campaign_views.csv");
  for (const std::string& row : rows) views += std::stoll(row.substr(row.rfind(',') + 1));
  std::string grouped = std::to_string(views);
  grouped.insert(grouped.size() - 3, ",");
  EXPECT_THAT(result.out, AllOf(HasSubstr("views          " + grouped), HasSubstr("1,000,000"),
                                HasSubstr(std::to_string(rows.size()) + "    (one campaign")));
}

TEST(flights_program, counts_the_late_flights_of_the_real_data) {
  WEIR_NEEDS_SHARED_DATA(shared);
  const scratch_folder folder;
  const std::string input = *shared / "data" / "flights.jsonl";
  for (const std::string slots : {"1", "2", "8"}) {
    auto result = run_program(flights, {"--input", input, "--slots", slots}, {.folder = folder.path()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.err, AllOf(Not(HasSubstr("late")), HasSubstr("20000 records read, 6901 written")));
    EXPECT_EQ(table_of(folder / "flights_daily.csv"),
              table_of(*shared / "data" / "expected" / "flights_daily_by_origin.csv"));
    result =
        run_program(flights, {"--input", input, "--slots", slots, "--bound-minutes", "60", "--watermark-interval", "1"},
                    {.folder = folder.path()});
    EXPECT_THAT(result.err, HasSubstr("aggregate 'daily': 8 late records"));
  }
}

TEST(fraud_program, finds_in_a_file_and_in_memory_what_a_plain_loop_finds) {
  const scratch_folder folder;
  const program_options here{.folder = folder.path()};
  constexpr std::uint64_t count = 50'000;
  const auto made = [](std::uint64_t i) { return transaction_number(77, i); };
  std::string text = "account,cents,at\n";
  for (std::uint64_t i = 0; i < count; ++i) text += model::row_of(made(i)) + "\n";
  folder.write("transactions.csv", text);
  auto expected = model::fraud_alerts(count, made);
  ASSERT_GT(expected.size(), 50u);
  std::sort(expected.begin(), expected.end());
  for (const std::string slots : {"1", "2", "8"}) {
    for (const std::vector<std::string>& input :
         {std::vector<std::string>{"--input", "transactions.csv"}, {"--transactions", "50000", "--seed", "77"}}) {
      auto arguments = input;
      arguments.insert(arguments.end(), {"--slots", slots});
      const auto result = run_program(fraud, arguments, here);
      EXPECT_EQ(result.status, 0) << result.err;
      EXPECT_THAT(result.out, HasSubstr("alerts.csv"));
      EXPECT_EQ(rows_of(folder / "alerts.csv"), expected) << input.front() << ", " << slots << " slots";
    }
  }
}

TEST(dedup_program, finds_in_files_and_in_memory_what_a_plain_loop_finds) {
  const scratch_folder folder;
  const program_options here{.folder = folder.path()};
  constexpr std::uint64_t count = 20'000;
  std::string halves[2];
  for (std::uint64_t i = 0; i < count; ++i) halves[i % 2] += model::json_of_message(message_id(77, i)) + "\n";
  folder.write("messages-1.jsonl", halves[0]);
  folder.write("messages-2.jsonl", halves[1]);
  auto expected = model::different_messages(77, count);
  std::sort(expected.begin(), expected.end());
  for (const std::string slots : {"1", "2", "8"}) {
    for (const std::vector<std::string>& input :
         {std::vector<std::string>{"--input", "messages-*.jsonl"}, {"--messages", "20000", "--seed", "77"}}) {
      auto arguments = input;
      arguments.insert(arguments.end(), {"--slots", slots});
      const auto result = run_program(dedup, arguments, here);
      EXPECT_EQ(result.status, 0) << result.err;
      EXPECT_THAT(result.out, HasSubstr("dedup.jsonl"));
      auto found = lines_of(folder / "dedup.jsonl");
      std::sort(found.begin(), found.end());
      EXPECT_EQ(found, expected) << input.front() << ", " << slots << " slots";
    }
  }
}

// Without checkpoints parts appear as well, at the latest when the job ends.
TEST(programs_with_an_output_directory, write_parts_and_no_file) {
  struct output {
    std::string program, file;
    std::vector<std::string> arguments;
  };
  for (const auto& [program, file, arguments] :
       {output{campaign_views, "campaign_views.csv", {"--slots", "2", "--events", "500000"}},
        output{fraud, "alerts.csv", {"--slots", "2"}}, output{dedup, "dedup.jsonl", {"--slots", "2"}}}) {
    const scratch_folder folder;
    const program_options here{.folder = folder.path()};
    EXPECT_EQ(run_program(program, arguments, here).status, 0);
    auto with_parts = arguments;
    with_parts.insert(with_parts.end(), {"--output-dir", "parts"});
    const auto result = run_program(program, with_parts, here);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("parts"));
    std::vector<std::string> rows;
    for (const std::string& name : files_in(folder / "parts")) {
      if (name.front() == '.') continue;
      auto lines = lines_of(folder / "parts" / name);
      if (program != dedup) lines.erase(lines.begin());
      rows.insert(rows.end(), lines.begin(), lines.end());
    }
    std::sort(rows.begin(), rows.end());
    auto expected = lines_of(folder / file);
    if (program != dedup) expected.erase(expected.begin());
    std::sort(expected.begin(), expected.end());
    EXPECT_TRUE(rows == expected) << program;
  }
}

// ---- failures
// ---------------------------------------------------------------------------------------------------------

TEST(flights_program, tells_where_and_why_a_line_is_no_flight) {
  const scratch_folder folder;
  const std::string good =
      R"({"scheduled_ms":978312240000,"delay_min":-5,"distance_mi":407,"origin":"LAS","destination":"OAK"})";
  folder.write("bad.jsonl", good + "\n" +
                                R"({"scheduled_ms":978312240000,"delay_min":"soon","distance_mi":1,"origin":"A",)" +
                                R"("destination":"B"})" + "\n" + good + "\n");
  for (const char* slots : {"1", "2", "8"}) {
    const auto result = run_program(flights, {"--input", "bad.jsonl", "--slots", slots}, {.folder = folder.path()});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job 'flights'"), HasSubstr("from<\"flights\">"),
                                  HasSubstr("bad.jsonl, line 2"),
                                  HasSubstr("column 42: field \"delay_min\": expected an integer"), HasSubstr("soon")));
    EXPECT_THAT(files_in(folder.path()), ElementsAre("bad.jsonl"));
  }
}

TEST(flights_program, says_that_it_may_not_write_there) {
  const scratch_folder folder;
  std::filesystem::path forbidden = folder / "locked";
  std::filesystem::create_directory(forbidden);
  std::filesystem::permissions(forbidden, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  if (::geteuid() == 0) forbidden = "/proc";  // permissions do not hold root back
  for (const auto& output : {forbidden / "daily.csv", folder / "no such folder" / "daily.csv"}) {
    const auto result = run_program(flights, {"--output", output}, {.folder = folder.path()});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job 'flights'"), HasSubstr("sink 'table' cannot write"),
                                  HasSubstr(output.string())));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

// Not under the thread sanitizer: its shadow memory is a file, which the limit on file sizes hits first.
#if defined(__has_feature)
#define WEIR_UNDER_THREAD_SANITIZER __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define WEIR_UNDER_THREAD_SANITIZER 1
#else
#define WEIR_UNDER_THREAD_SANITIZER 0
#endif
#if !WEIR_UNDER_THREAD_SANITIZER
TEST(campaign_program, leaves_no_half_file_when_a_file_cannot_grow) {
  for (const char* slots : {"1", "2", "8"}) {
    const scratch_folder folder;
    const auto result = run_program(campaign_views, {"--events", "20000000", "--slots", slots, "--output", "out.csv"},
                                    {.folder = folder.path(), .file_bytes_max = 100'000});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, AllOf(IsOneSentence(), StartsWith("job 'campaign-views'"),
                                  HasSubstr("sink 'counts' cannot write out.csv")));
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(files_in(folder.path()), IsEmpty());
  }
}
#endif

TEST(campaign_program, leaves_no_half_file_on_a_full_disk) {
  const scratch_folder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=128k") != 0) {
    GTEST_SKIP() << "this user may not mount a small disk; the limit on file sizes is tested instead";
  }
  folder.write("older.csv", "kept\n");
  const auto result =
      run_program(campaign_views, {"--events", "20000000", "--output", "out.csv"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), HasSubstr("out.csv"), HasSubstr("No space left on device")));
  EXPECT_THAT(files_in(folder.path()), ElementsAre("older.csv"));
  ::umount(folder.path().c_str());
}

TEST(campaign_program, leaves_the_older_result_when_it_fails) {
  const scratch_folder folder;
  folder.write("out.csv", "older\n");
  folder.write("events.jsonl", "{}\n");
  const auto result =
      run_program(campaign_views, {"--input", "events.jsonl", "--output", "out.csv"}, {.folder = folder.path()});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(text_of(folder / "out.csv"), "older\n");
  EXPECT_THAT(files_in(folder.path()), ElementsAre("events.jsonl", "out.csv"));
}

// ---- signals
// ----------------------------------------------------------------------------------------------------------

/// The campaign job with more events than it can count in the time of a test, once it is at work.
class interrupted_job : public ::testing::Test {
 protected:
  running_program start(const char* slots) {
    return running_program(campaign_views, {"--events", "4000000000", "--slots", slots, "--output", "out.csv"},
                           {.folder = folder.path()});
  }
  bool at_work() const {
    return wait_until([&] {
      std::error_code failed;
      const auto size = std::filesystem::file_size(folder / ".out.csv.counts.in-progress", failed);
      return !failed && size > header.size() + 1;
    });
  }
  static constexpr std::string_view header = "campaign,window_start,window_end,views";
  /// Every row is whole and the same as in a run to the end: a window that was still open has no row.
  static void check_rows(const std::filesystem::path& file) {
    const auto rows = lines_of(file);
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows.front(), header);
    std::map<std::pair<std::int32_t, std::int64_t>, std::int64_t> found;
    long long last_end = first_event_ms;
    for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
      int campaign = 0;
      long long start = 0;
      long long end = 0;
      long long views = 0;
      ASSERT_EQ(std::sscanf(row->c_str(), "%d,%lld,%lld,%lld", &campaign, &start, &end, &views), 4) << *row;
      EXPECT_TRUE(found.emplace(std::pair(campaign, start), views).second) << "twice: " << *row;
      last_end = std::max(last_end, end);
    }
    ASSERT_FALSE(found.empty());
    const auto events = static_cast<std::uint64_t>(last_end - first_event_ms) * events_per_ms;
    const auto expected = model::campaign_views(ad_traffic(3000), events);
    EXPECT_TRUE(std::ranges::includes(expected, found)) << "a row differs from that of a run to the end";
  }
  scratch_folder folder;
};

TEST_F(interrupted_job, stops_and_says_what_it_leaves) {
  for (const auto& [signal, slots] : {std::pair(SIGINT, "1"), {SIGTERM, "2"}, {SIGINT, "8"}}) {
    running_program job = start(slots);
    ASSERT_TRUE(at_work());
    job.signal(signal);
    const auto result = job.wait();
    EXPECT_EQ(result.status, 130);
    EXPECT_THAT(result.err, AllOf(HasSubstr("job 'campaign-views' was stopped after "),
                                  HasSubstr("job 'campaign-views': aggregate 'views': "),
                                  HasSubstr("open entries of state were discarded without a result"),
                                  HasSubstr("what it had written is in out.csv.incomplete")));
    EXPECT_THAT(result.out, IsEmpty()) << "a table of results that are not there";
    EXPECT_THAT(files_in(folder.path()), ElementsAre("out.csv.incomplete"));
    check_rows(folder / "out.csv.incomplete");
    std::filesystem::remove(folder / "out.csv.incomplete");
  }
}

TEST_F(interrupted_job, is_cancelled_by_a_second_signal) {
  running_program job = start("2");
  ASSERT_TRUE(at_work());
  // Two different signals to a halted process arrive together when it goes on: neither is lost, none is too late.
  job.signal(SIGSTOP);
  job.signal(SIGINT);
  job.signal(SIGTERM);
  job.signal(SIGCONT);
  const auto result = job.wait();
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, AllOf(IsOneSentence(), HasSubstr("job 'campaign-views' was cancelled by a second signal")));
  EXPECT_THAT(files_in(folder.path()), IsEmpty());
}

}  // namespace
