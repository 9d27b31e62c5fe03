// What is in a snapshot, and which of its state other code can take up, told without running a job.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/dsl/plan_difference.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::string, who), (std::int64_t, pages), (timestamp, at));
};
struct page_count {
  BOOST_HANA_DEFINE_STRUCT(page_count, (std::int64_t, pages));
};
struct visitor {
  BOOST_HANA_DEFINE_STRUCT(visitor, (value_state<page_count>, seen), (list_state<timestamp>, times));
  using output_type = std::int64_t;
  void process(const visit& each, process_context<std::string>& context, collector<std::int64_t>&) {
    if (!seen.has_value()) times.add(each.at);
    seen = page_count{each.pages};
    context.register_event_time_timer(each.at + 1h);
  }
  void on_timer(timestamp, process_context<std::string>&, collector<std::int64_t>&) {}
};
/// The same after a change: another member, and the list has another type.
struct visitor_later {
  BOOST_HANA_DEFINE_STRUCT(visitor_later, (value_state<page_count>, seen), (list_state<std::int64_t>, times));
  using output_type = std::int64_t;
  void process(const visit&, auto&, auto&) {}
  void on_timer(timestamp, process_context<std::string>&, collector<std::int64_t>&) {}
};

class inspected : public ::testing::Test {
 protected:
  inspected() {
    std::filesystem::remove_all(folder_);
    run_options with{.slots = 2};
    with.checkpoints.directory = kept_;
    // A stop keeps the timers and windows of a stream that goes on.
    job_handle running = live().start(with);
    while (running.metrics().find("visitors")->records_in < 1000) {
      std::this_thread::sleep_for(1ms);
    }
    running.stop();
    running.wait();
  }
  ~inspected() override { std::filesystem::remove_all(folder_); }

  job live() const { return make(visitor{}); }
  template <class Function>
  job make(Function function) const {
    auto visits = from<"visits">(generate(
                                     [](std::uint64_t i) {
                                       const char* const names[] = {"ann", "bob, jr", "cy"};
                                       return visit{names[i % 3], static_cast<std::int64_t>(i % 3) + 1,
                                                    from_epoch_ms(static_cast<std::int64_t>(i % 3) * 60'000)};
                                     }),
                                 event_time(&visit::at, ascending())) |
                  share();
    return job("visits", visits | key_by(&visit::who) | process<"visitors">(std::move(function)) | to<"none">(discard()),
               visits | key_by(&visit::who) | window(global()) | aggregate<"ever">(sum(&visit::pages)) | to<"nowhere">(discard()));
  }

  std::vector<std::string> lines(std::string_view uid, state_format format) {
    std::vector<std::string> found;
    snapshot_reader snapshot(disk_, snapshot_directory_at(disk_, kept_));
    write_state(snapshot, uid, format, [&](std::string_view line) { found.emplace_back(line); });
    std::sort(found.begin() + (format == state_format::csv ? 1 : 0), found.end());
    return found;
  }

  const std::string folder_ = ::testing::TempDir() + "inspected";
  const std::string kept_ = folder_ + "/kept";
  posix_storage disk_;
};

TEST_F(inspected, snapshots_say_what_they_hold) {
  const std::string text = describe_snapshot(snapshot_reader(disk_, snapshot_directory_at(disk_, kept_)));
  EXPECT_THAT(text, HasSubstr("chk-0000000001: checkpoint 1 of job 'visits'"));
  EXPECT_THAT(text, HasSubstr("process 'visitors', parallelism 2: 3 rows"));
  EXPECT_THAT(text, HasSubstr("  key    string\n  state  seen: value<{pages: int64}>; times: list<timestamp>; timers\n"));
}

TEST_F(inspected, state_is_shown_as_json_lines_and_csv) {
  const std::vector<std::string> json = lines("visitors", state_format::json);
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[1], "{\"key\": \"bob, jr\", \"seen\": {\"pages\": 2}, \"times\": [\"1970-01-01T00:01:00.000Z\"], \"timers\": "
                     "{\"event\": [\"1970-01-01T01:01:00.000Z\"], \"processing\": []}}\n");
  const std::vector<std::string> csv = lines("visitors", state_format::csv);
  ASSERT_EQ(csv.size(), 4u);
  EXPECT_EQ(csv[0], "key,seen,times,timers\n");
  EXPECT_EQ(csv[1], "\"bob, jr\",\"{\"\"pages\"\": 2}\",\"[\"\"1970-01-01T00:01:00.000Z\"\"]\","
                    "\"{\"\"event\"\": [\"\"1970-01-01T01:01:00.000Z\"\"], \"\"processing\"\": []}\"\n");
  EXPECT_THAT(lines("ever", state_format::json)[2], StartsWith("{\"key\": \"cy\", \"window_start\": "));
  EXPECT_THAT(lines("ever", state_format::csv)[0], "key,window_start,window_end,state\n");
}

TEST_F(inspected, unknown_state_and_directories_are_named) {
  const auto refused = [&](auto&& call) -> std::string {
    try {
      call();
    } catch (const error& cause) {
      return cause.what();
    }
    return {};
  };
  EXPECT_THAT(refused([&] { lines("nobody", state_format::json); }),
              HasSubstr("holds no keyed state of 'nobody'; there is that of 'visitors', 'ever'"));
  EXPECT_THAT(refused([&] { snapshot_directory_at(disk_, folder_ + "/none"); }), HasSubstr("none holds no complete snapshot"));
}

TEST_F(inspected, plans_say_which_state_survives) {
  const auto older = detail::planned_states_at(disk_, kept_);
  const job same = live();
  const auto kept = detail::compare_plans(older, detail::planned_states_of(same.description()), &same.description());
  EXPECT_TRUE(kept.all_survive);
  EXPECT_THAT(kept.text, HasSubstr("process 'visitors': survives\n"));

  const job changed = make(visitor_later{});
  const auto lost = detail::compare_plans(older, detail::planned_states_of(changed.description()), &changed.description());
  EXPECT_FALSE(lost.all_survive);
  EXPECT_THAT(lost.text, HasSubstr("process 'visitors': does not survive: state 'times' was timestamp and is int64\n"));

  const job renamed("visits", from<uid<"views", "visits">>(std::vector<int>{1}) | to<"new">(discard()));
  const auto gone = detail::compare_plans(older, detail::planned_states_of(renamed.description()), nullptr);
  EXPECT_THAT(gone.text, HasSubstr("from 'views', formerly 'visits': survives\n"));
  EXPECT_THAT(gone.text, HasSubstr("to 'new': new, begins without state\n"));
  EXPECT_THAT(gone.text, HasSubstr("process 'visitors': does not survive: no operator has this uid\n"));
  EXPECT_FALSE(gone.all_survive);
}

TEST_F(inspected, plans_in_json_are_compared_like_snapshots) {
  const std::string path = folder_ + "/plan.json";
  std::ofstream(path) << live().plan(plan_format::json);
  const auto difference =
      detail::compare_plans(detail::planned_states_at(disk_, kept_), detail::planned_states_at(disk_, path), nullptr);
  EXPECT_TRUE(difference.all_survive) << difference.text;
  std::ofstream(path) << "no plan";
  EXPECT_THROW(detail::planned_states_at(disk_, path), error);
}

}  // namespace
}  // namespace weir
