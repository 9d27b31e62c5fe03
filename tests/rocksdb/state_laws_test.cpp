// The laws of keyed state, held by every backend: whatever is done to the states and timers of a process function, also
// over snapshots, in other slots, and when the state moves from one backend to another, answers are those of plain
// containers. With rocksdb there is room for no row, for a few and for all, so that rows leave the table after each
// batch, now and then, or never.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct command {
  BOOST_HANA_DEFINE_STRUCT(command, (std::string, key), (std::int32_t, action), (std::int64_t, number));
};
constexpr std::int32_t actions = 14;

struct plus {
  std::int64_t operator()(std::int64_t left, std::int64_t right) const { return left + right; }
};

std::string described(const std::string& key, std::optional<std::int64_t> last, const std::vector<std::int64_t>& added,
                      const std::map<std::string, std::int64_t>& counts, std::optional<std::int64_t> sum) {
  std::string text = key + ": last " + (last ? std::to_string(*last) : "none") + ", added";
  for (const std::int64_t each : added) text += " " + std::to_string(each);
  text += ", counts";
  for (const auto& [name, count] : counts) text += " " + name + "=" + std::to_string(count);
  return text + ", sum " + (sum ? std::to_string(*sum) : "none");
}

struct keeper {
  BOOST_HANA_DEFINE_STRUCT(keeper, (value_state<std::int64_t>, last), (list_state<std::int64_t>, added),
                           (map_state<std::string, std::int64_t>, counts), (reducing_state<std::int64_t, plus>, sum));
  using output_type = std::string;

  void process(const command& given, process_context<std::string>& context, collector<std::string>& out) {
    const std::int64_t n = given.number;
    const std::string name = "counted-" + std::to_string(n % 5);
    switch (given.action) {
      case 0:
        last = n;
        break;
      case 1:
        last.clear();
        break;
      case 2:
        added.add(n);
        break;
      case 3:
        added.clear();
        break;
      case 4:
        counts.put(name, n);
        break;
      case 5:
        counts.remove(name);
        break;
      case 6:
        sum.add(n);
        break;
      case 7:
        sum.clear();
        break;
      case 8:
        context.register_event_time_timer(from_epoch_ms(n));
        break;
      case 9:
        context.delete_event_time_timer(from_epoch_ms(n));
        break;
      case 10:
        forget();
        break;
      default:
        out(answer(context.key()));
    }
  }
  void on_timer(timestamp at, process_context<std::string>& context, collector<std::string>& out) {
    out(std::to_string(epoch_ms(at)) + " " + answer(context.key()));
    if (epoch_ms(at) % 3 == 0) forget();
  }

  void forget() {
    last.clear();
    added.clear();
    counts.clear();
    sum.clear();
  }
  std::string answer(const std::string& key) {
    std::map<std::string, std::int64_t> all;
    for (const auto& [name, count] : counts.entries()) all[name] = count;
    const auto& list = added.get();
    return described(key, last.has_value() ? std::optional(*last) : std::nullopt, {list.begin(), list.end()}, all,
                     sum.has_value() ? std::optional(*sum) : std::nullopt);
  }
};

/// The same in plain containers.
class model {
 public:
  std::vector<std::string> process(const command& given) {
    row& own = rows_[given.key];
    const std::int64_t n = given.number;
    const std::string name = "counted-" + std::to_string(n % 5);
    switch (given.action) {
      case 0:
        own.last = n;
        break;
      case 1:
        own.last.reset();
        break;
      case 2:
        own.added.push_back(n);
        break;
      case 3:
        own.added.clear();
        break;
      case 4:
        own.counts[name] = n;
        break;
      case 5:
        own.counts.erase(name);
        break;
      case 6:
        own.sum = own.sum.value_or(0) + n;
        break;
      case 7:
        own.sum.reset();
        break;
      case 8:
        timers_.insert({n, given.key});
        break;
      case 9:
        timers_.erase({n, given.key});
        break;
      case 10:
        forget(own);
        break;
      default:
        return {answer(given.key)};
    }
    return {};
  }
  std::vector<std::string> watermark(std::int64_t to) {
    std::vector<std::string> fired;
    while (!timers_.empty() && timers_.begin()->first <= to) {
      const auto [at, key] = *timers_.begin();
      timers_.erase(timers_.begin());
      fired.push_back(std::to_string(at) + " " + answer(key));
      if (at % 3 == 0) forget(rows_[key]);
    }
    return fired;
  }

 private:
  struct row {
    std::optional<std::int64_t> last;
    std::vector<std::int64_t> added;
    std::map<std::string, std::int64_t> counts;
    std::optional<std::int64_t> sum;
  };
  static void forget(row& of) { of = row(); }
  std::string answer(const std::string& key) {
    const row& own = rows_[key];
    return described(key, own.last, own.added, own.counts, own.sum);
  }

  std::map<std::string, row> rows_;
  std::set<std::pair<std::int64_t, std::string>> timers_;
};

/// Keys of one time fire in no order, and keys in several slots answer in none.
std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

struct setting {
  const char* name;
  state_backend backend;
  std::size_t memory;
  bool moves;  ///< at each snapshot to any backend
};

class state_laws : public ::testing::TestWithParam<setting> {};

TEST_P(state_laws, answers_as_plain_containers_do) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t bound) { return random() % bound; };
    const temporary_directory directory;
    posix_storage disk;
    auto harness = operator_harness<command>(
        key_by(&command::key) | process<"keeper">(keeper{}),
        {.slots = 2,
         .storage = &disk,
         .snapshots = true,
         .state = {.backend = GetParam().backend, .directory = directory.path(), .memory = GetParam().memory}});
    model expected;
    std::int64_t now = 0;
    for (int step = 0; step < 150; ++step) {
      std::vector<std::string> answers;
      const std::uint32_t chosen = below(10);
      harness.take_output();
      if (chosen < 7) {
        std::vector<timed_record<command>> records;
        for (std::uint32_t left = 1 + below(60); left > 0; --left) {
          const std::int32_t action = static_cast<std::int32_t>(below(actions));
          const std::int64_t number = action == 8 || action == 9 ? now + below(30) : below(1000);
          const command given{"key-" + std::to_string(below(100)) + std::string(below(2) * 20, '+'), action, number};
          records.push_back({given, from_epoch_ms(now)});
          for (std::string& each : expected.process(given)) answers.push_back(std::move(each));
        }
        harness.push_all(records);
      } else if (chosen < 9) {
        now += 1 + below(20);
        harness.watermark(std::chrono::milliseconds(now));
        answers = expected.watermark(now);
      } else {
        if (GetParam().moves) harness.keep_state_in(below(2) == 0 ? state_backend::heap : state_backend::rocksdb);
        harness.snapshot_restore(1 + below(4));
      }
      ASSERT_EQ(sorted(harness.values()), sorted(answers)) << "step " << step;
    }
  }
}

/// Deleted timers stay in the queue until they are more than half of it; to drop them it looks at all rows, also at
/// those that are nothing but a timer.
TEST_P(state_laws, fire_a_timer_where_very_many_were_deleted) {
  constexpr std::int64_t keys = 70;
  const temporary_directory directory;
  posix_storage disk;
  auto harness = operator_harness<command>(
      key_by(&command::key) | process<"keeper">(keeper{}),
      {.storage = &disk,
       .snapshots = true,
       .state = {.backend = GetParam().backend, .directory = directory.path(), .memory = GetParam().memory}});
  std::vector<timed_record<command>> records;
  for (std::int64_t i = 0; i < 6000; ++i) {
    const std::string key = std::to_string(i % keys);
    if (i >= keys) records.push_back({{key, 9, 1000 + i - keys}, from_epoch_ms(0)});
    records.push_back({{key, 8, 1000 + i}, from_epoch_ms(0)});
  }
  harness.push_all(records);
  harness.watermark(100s);
  std::vector<std::string> expected;
  for (std::int64_t i = 6000 - keys; i < 6000; ++i) {
    expected.push_back(std::to_string(1000 + i) + " " + described(std::to_string(i % keys), {}, {}, {}, {}));
  }
  EXPECT_EQ(harness.values(), expected);
  EXPECT_EQ(harness.report().find("keeper")->event_timers, 0u);
}

/// Counts per key, and lists in each subtask the keys that it saw first.
struct first_seen {
  BOOST_HANA_DEFINE_STRUCT(first_seen, (value_state<std::int64_t>, count), (operator_list_state<std::string>, keys));
  using output_type = std::vector<std::string>;
  void process(const command& given, process_context<std::string>& context, collector<output_type>& out) {
    if (given.action == 1) return out(output_type(keys.begin(), keys.end()));
    if (!count.has_value()) keys.add(context.key());
    count = count.value_or(0) + 1;
  }
};

TEST_P(state_laws, keep_operator_state_beside_rows) {
  const temporary_directory directory;
  posix_storage disk;
  auto harness = operator_harness<command>(
      key_by(&command::key) | process<"seen">(first_seen{}),
      {.storage = &disk,
       .snapshots = true,
       .state = {.backend = GetParam().backend, .directory = directory.path(), .memory = GetParam().memory}});
  std::mt19937 random(7);
  std::vector<std::string> all;
  for (std::size_t round = 0; round < 6; ++round) {
    harness.take_output();
    std::vector<timed_record<command>> records;
    for (std::size_t i = 0; i < 20; ++i) {
      const std::string key = "key-" + std::to_string(20 * round + i);
      for (int times = 0; times < 2; ++times) records.push_back({{key, 0, 0}, from_epoch_ms(0)});
      all.push_back(key);
    }
    for (const std::string& key : all) records.push_back({{key, 1, 0}, from_epoch_ms(0)});
    harness.push_all(records);
    std::set<std::vector<std::string>> lists;
    for (const auto& list : harness.values()) lists.insert(list);
    std::vector<std::string> listed;
    for (const auto& list : lists) listed.insert(listed.end(), list.begin(), list.end());
    ASSERT_EQ(sorted(listed), sorted(all)) << "round " << round;
    if (GetParam().moves) harness.keep_state_in(random() % 2 == 0 ? state_backend::heap : state_backend::rocksdb);
    harness.snapshot_restore(1 + random() % 4);
  }
}

INSTANTIATE_TEST_SUITE_P(all, state_laws,
                         ::testing::Values(setting{"heap", state_backend::heap, 0, false},
                                           setting{"rocksdb_without_room", state_backend::rocksdb, 1, false},
                                           setting{"rocksdb_with_little_room", state_backend::rocksdb, 500'000, false},
                                           setting{"rocksdb", state_backend::rocksdb, std::size_t{64} << 20, false},
                                           setting{"either", state_backend::rocksdb, 1, true}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace weir::testing
