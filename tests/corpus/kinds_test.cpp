// The snapshots of operators of two inputs, of operator state, of calls under way and of windows of all sorts restore,
// in several numbers of slots, with all results as plain loops give them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/corpus/kinds_jobs.hpp"
#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/state/snapshot_block.hpp"

namespace {

using namespace corpus;
namespace files = std::filesystem;
using rows = std::vector<std::string>;

const files::path all = files::absolute("tests/corpus");

// ---- what must come out -----------------------------------------------------------------------------------------------

std::string row(const std::string& what, std::int64_t key, std::int64_t number, std::int64_t value) {
  return what + "," + std::to_string(key) + "," + std::to_string(number) + "," + std::to_string(value);
}

template <class Make>
std::vector<fact> made(Make&& make, std::uint64_t count) {
  std::vector<fact> facts;
  for (std::uint64_t i = 0; i < count; ++i) facts.push_back(make(i));
  return facts;
}
std::int64_t ms(const fact& each) { return weir::epoch_ms(each.at); }

rows of_operators() {
  rows found;
  const std::vector<fact> left = made(event_number, events);
  const std::vector<fact> right = made(change_number, changes);
  std::map<std::int32_t, std::int64_t> count, left_sum, right_sum, newest;
  for (const fact& each : left) {
    ++count[each.key];
    left_sum[each.key] += each.value;
    right_sum[each.key] += 0;
    found.push_back(row("dealt", 0, each.number, 0));
    if (each.number % 10 == 0) found.push_back(row("shared", 0, each.number, each.value));
    found.push_back(row("asked", each.key, each.number, 2 * each.value + 1));
    std::int64_t version = -1;
    for (const fact& other : right) {
      if (other.key == each.key && ms(other) <= ms(each)) version = other.number;
    }
    found.push_back(row("version", each.key, each.number, version));
  }
  for (const fact& each : right) right_sum[each.key] += (each.value % 3 + 1) * each.value;
  for (const fact& each : made(rule_number, rules)) newest[each.key] = each.value;
  std::int64_t sum_of_rules = 0;
  for (const auto& [name, value] : newest) sum_of_rules += value;
  for (const auto& [key, number] : count) {
    found.push_back(row("count", key, 0, number));
    found.push_back(row("limits", key, rule_names, left_sum[key] + sum_of_rules));
    found.push_back(row("both", key, left_sum[key], right_sum[key]));
  }
  return found;
}

rows of_windows() {
  rows found;
  std::map<std::int32_t, std::vector<fact>> by_key;
  for (const fact& each : made(click_number, clicks)) by_key[each.key].push_back(each);
  for (const auto& [key, its] : by_key) {
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> sliding;  // sum and greatest, by begin
    std::map<std::int64_t, std::vector<std::int64_t>> tumbling;
    std::int64_t sum = 0;
    std::int64_t in_seven = 0;
    std::int64_t fired = its.front().value;
    std::int64_t session = 0;
    std::int64_t in_session = 0;
    for (std::size_t i = 0; i < its.size(); ++i) {
      const fact& each = its[i];
      for (std::int64_t begin = ms(each) / 5'000 * 5'000; begin > ms(each) - 20'000; begin -= 5'000) {
        auto& [total, most] = sliding.try_emplace(begin, 0, each.value).first->second;
        total += each.value;
        most = std::max(most, each.value);
      }
      tumbling[ms(each) / 30'000 * 30'000].push_back(each.value);
      in_seven += each.value;
      if (i % 7 == 6) found.push_back(row("sevens", key, 0, std::exchange(in_seven, 0)));
      sum += each.value;
      if (std::abs(each.value - fired) > 600) {
        found.push_back(row("jumps", key, 0, sum));
        fired = each.value;
      }
      in_session += each.value;
      if (i + 1 == its.size() || ms(its[i + 1]) - ms(each) > 3'000) {
        found.push_back(row("sessions", key, session++, std::exchange(in_session, 0)));
      }
    }
    for (const auto& [begin, of] : sliding) {
      found.push_back(row("sums", key, begin, of.first));
      found.push_back(row("most", key, begin, of.second));
    }
    for (const auto& [begin, values] : tumbling) {
      std::int64_t so_far = 0;
      std::int64_t last_three = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        so_far += values[i];
        if (i % 3 == 2) found.push_back(row("threes", key, begin, so_far));
        if (i + 3 >= values.size()) last_three += values[i];
      }
      found.push_back(row("last three", key, begin, last_three));
    }
    for (const fact& click : its) {
      for (const fact& view : made(view_number, views)) {
        if (view.key != key || ms(view) / 10'000 != ms(click) / 10'000) continue;
        found.push_back(row("pairs", key, ms(click) / 10'000 * 10'000, click.number * 1'000 + view.number));
      }
    }
  }
  return found;
}

// ---- tests ------------------------------------------------------------------------------------------------------------

rows sorted(rows lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

rows rows_in(const files::path& file) {
  std::ifstream stream(file);
  EXPECT_TRUE(stream.is_open()) << file;
  rows lines;
  std::string line;
  std::getline(stream, line);
  EXPECT_EQ(line, "what,key,number,value");
  while (std::getline(stream, line)) lines.push_back(line);
  return sorted(std::move(lines));
}

/// A copy of a snapshot and what lies beside it, as the working directory.
class copied {
 public:
  explicit copied(const files::path& from) : before_(files::current_path()) {
    files::copy(from, directory_.path(), files::copy_options::recursive);
    // A checkout may be read only.
    for (const auto& each : files::recursive_directory_iterator(directory_.path())) {
      files::permissions(each, files::perms::owner_write, files::perm_options::add);
    }
    files::current_path(directory_.path());
  }
  ~copied() { files::current_path(before_); }
  copied(const copied&) = delete;
  copied& operator=(const copied&) = delete;

 private:
  weir::testing::temporary_directory directory_;
  files::path before_;
};

/// Restores the snapshot of `kind` of every format that has one; `input` is what the first source has.
void restore_all(const std::string& kind, const weir::job& job, const std::string& source, std::uint64_t input,
                 const rows& expected) {
  int restored = 0;
  for (std::uint32_t version = 1; version <= weir::detail::snapshot_format_version; ++version) {
    const files::path from = all / std::to_string(version) / kind;
    if (!files::exists(from)) continue;
    for (const std::size_t slots : {1, 2, 3}) {
      SCOPED_TRACE("format " + std::to_string(version) + ", " + std::to_string(slots) + " slots");
      const copied copy(from);
      weir::run_options options{.slots = slots};
      options.checkpoints.directory = "kept";
      options.restore = "snapshot";
      const weir::job_report report = job.run(options);
      EXPECT_LT(report.find(source)->records_out, input) << "nothing was restored";
      EXPECT_GT(report.find(source)->records_out, 0u) << "nothing was left to read";
      EXPECT_EQ(rows_in("out.csv"), sorted(expected));
      ++restored;
    }
  }
  EXPECT_GE(restored, 3);
}

TEST(corpus_of_kinds, operators_are_restored) {
  restore_all("operators", make_operators_job([] {}), "events", events, of_operators());
}

TEST(corpus_of_kinds, windows_are_restored) {
  restore_all("windows", make_windows_job([] {}), "clicks", clicks, of_windows());
}

}  // namespace
