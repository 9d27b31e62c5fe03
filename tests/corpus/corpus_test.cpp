// Snapshots that earlier versions wrote: each is restored, with either backend and in several numbers of slots, and the
// results are those of plain loops over the input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/corpus/corpus_files.hpp"
#include "tests/corpus/corpus_job.hpp"
#include "tests/rocksdb/temporary_directory.hpp"
#include "weir/state/snapshot_block.hpp"

namespace {

using namespace weir;
namespace files = std::filesystem;

const files::path all = files::absolute("tests/corpus");

const std::set<std::string> both = {"heap", "rocksdb"};

/// The folders of the corpus, by format version: "1/heap", "1/rocksdb".
std::map<std::uint32_t, std::set<std::string>> corpora() {
  std::map<std::uint32_t, std::set<std::string>> found;
  for (const auto& version : files::directory_iterator(all)) {
    const std::string name = version.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& each : files::directory_iterator(version)) {
      found[static_cast<std::uint32_t>(std::stoul(name))].insert(each.path().filename());
    }
  }
  return found;
}

/// A copy of one of them, as the working directory.
class copied_corpus {
 public:
  explicit copied_corpus(const files::path& from) : before_(files::current_path()) {
    files::copy(from, directory_.path(), files::copy_options::recursive);
    // A checkout may be read only.
    for (const auto& each : files::recursive_directory_iterator(directory_.path())) {
      files::permissions(each, files::perms::owner_write, files::perm_options::add);
    }
    files::current_path(directory_.path());
    corpus::set_time_of_input();
  }
  ~copied_corpus() { files::current_path(before_); }
  copied_corpus(const copied_corpus&) = delete;
  copied_corpus& operator=(const copied_corpus&) = delete;

 private:
  weir::testing::temporary_directory directory_;
  files::path before_;
};

// ---- what is there --------------------------------------------------------------------------------------------------

/// The lines behind the header, sorted.
std::vector<std::string> rows_in(const files::path& file) {
  std::ifstream stream(file);
  EXPECT_TRUE(stream.is_open()) << file;
  std::vector<std::string> rows;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) rows.push_back(line);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::string> rows_in_parts(const files::path& directory) {
  std::vector<std::string> rows;
  for (const auto& each : files::directory_iterator(directory)) {
    if (each.path().extension() != ".csv" || each.path().filename().string().starts_with(".")) continue;
    const auto some = rows_in(each.path());
    rows.insert(rows.end(), some.begin(), some.end());
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

// ---- what must be there ---------------------------------------------------------------------------------------------

struct paid {
  std::int64_t account = 0;
  std::string shop;
  std::int64_t amount = 0;
  std::int64_t at = 0;
};

std::vector<paid> payments_in(const files::path& file) {
  std::ifstream stream(file);
  std::vector<paid> found;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    std::istringstream cells(line);
    paid each;
    char comma = 0;
    cells >> each.account >> comma;
    std::getline(cells, each.shop, ',');
    cells >> each.amount >> comma >> each.at;
    found.push_back(each);
  }
  return found;
}

template <class... Cells>
std::string row(const Cells&... cells) {
  std::ostringstream text;
  const char* separator = "";
  ((text << std::exchange(separator, ",") << cells), ...);
  return text.str();
}

std::vector<std::string> sorted(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string sorted_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : sorted(words)) text += (text.empty() ? "" : " ") + each;
  return text;
}

std::vector<std::string> summaries_of(const std::vector<paid>& payments) {
  std::map<std::int64_t, std::vector<paid>> by_account;
  for (const paid& each : payments) by_account[each.account].push_back(each);
  std::vector<std::string> rows;
  for (const auto& [account, its] : by_account) {
    std::vector<std::string> amounts;
    std::map<std::string, std::int64_t> by_shop;
    std::int64_t sum = 0;
    for (const paid& each : its) {
      amounts.push_back(std::to_string(each.amount));
      by_shop[each.shop] += each.amount;
      sum += each.amount;
    }
    std::vector<std::string> shops;
    for (const auto& [shop, total] : by_shop) shops.push_back(shop + "=" + std::to_string(total));
    const double average = static_cast<double>(sum) / static_cast<double>(its.size());
    rows.push_back(
        row(account, its.size(), sorted_words(amounts), sorted_words(shops), sum, std::llround(average * 1000)));
  }
  return sorted(rows);
}

std::vector<std::string> windows_of(const std::vector<paid>& payments) {
  std::map<std::pair<std::string, std::int64_t>, std::tuple<std::int64_t, std::int64_t, std::int64_t>> windows;
  for (const paid& each : payments) {
    auto& [count, sum, most] = windows[{each.shop, each.at / 60'000 * 60'000}];
    ++count;
    sum += each.amount;
    most = std::max(most, each.amount);
  }
  std::vector<std::string> rows;
  for (const auto& [window, of] : windows) {
    rows.push_back(
        row(window.first, window.second, window.second + 60'000, std::get<0>(of), std::get<1>(of), std::get<2>(of)));
  }
  return sorted(rows);
}

/// rolling(sum) keeps all other members of the first record.
std::vector<std::string> running_sums() {
  std::map<std::int32_t, corpus::sale> held;
  std::vector<std::string> rows;
  for (std::uint64_t i = 0; i < corpus::sales; ++i) {
    const corpus::sale each = corpus::sale_number(i);
    const auto [found, first] = held.try_emplace(each.account, each);
    if (!first) found->second.amount += each.amount;
    rows.push_back(row(found->second.number, found->second.account, found->second.shop, found->second.amount));
  }
  return sorted(rows);
}

std::vector<std::string> memories() {
  std::map<std::string, std::vector<corpus::sale>> by_shop;
  std::vector<std::string> rows;
  for (std::uint64_t i = 0; i < corpus::sales; ++i) {
    const corpus::sale each = corpus::sale_number(i);
    auto& before = by_shop[each.shop];
    std::int64_t of_account = each.amount;
    for (const corpus::sale& older : before) {
      if (older.account == each.account) of_account += older.amount;
    }
    rows.push_back(row(each.number, before.empty() ? -1 : before.back().number, before.size() + 1, of_account));
    before.push_back(each);
  }
  return sorted(rows);
}

// ---- tests
// ------------------------------------------------------------------------------------------------------------

/// Takes checkpoints of its own, or none.
void restore_and_compare(std::size_t slots, state_backend backend, bool checkpoints) {
  run_options options{.slots = slots};
  if (checkpoints) options.checkpoints.directory = "kept";
  if (!checkpoints) options.state.directory = "state";
  options.state.backend = backend;
  options.restore = "snapshot";
  const job_report report = corpus::make_job([] {}).run(options);
  const std::vector<paid> payments = payments_in("payments.csv");
  ASSERT_GT(payments.size(), 500u);
  EXPECT_LT(report.find("payments")->records_out, payments.size()) << "nothing was restored";
  EXPECT_GT(report.find("payments")->records_out, 0u) << "nothing was left to read";
  EXPECT_LT(report.find("sales")->records_out, corpus::sales);
  EXPECT_EQ(report.find("windows")->late_records, 0u);
  EXPECT_EQ(rows_in("summaries.csv"), summaries_of(payments));
  EXPECT_EQ(rows_in_parts("windows"), windows_of(payments));
  EXPECT_EQ(rows_in("running.csv"), running_sums());
  EXPECT_EQ(rows_in("memories.csv"), memories());
}

/// Calls `test(backend)` in a copy of each snapshot of the job of corpus_job.hpp, for both backends.
template <class Test>
void with_each_snapshot(Test&& test) {
  int restored = 0;
  for (const auto& [version, names] : corpora()) {
    for (const std::string& name : names) {
      if (!both.contains(name)) continue;  // kinds_test.cpp restores the others
      for (const state_backend backend : {state_backend::heap, state_backend::rocksdb}) {
        SCOPED_TRACE("format " + std::to_string(version) + ", " + name + ", into " +
                     (backend == state_backend::heap ? "heap" : "rocksdb"));
        const copied_corpus copy(all / std::to_string(version) / name);
        test(backend);
        ++restored;
      }
    }
  }
  EXPECT_GE(restored, 4);
}

TEST(corpus, is_restored_from_all_formats) {
  for (const std::size_t slots : {1, 2, 5}) {
    SCOPED_TRACE(std::to_string(slots) + " slots");
    with_each_snapshot([&](state_backend backend) { restore_and_compare(slots, backend, true); });
  }
}

TEST(corpus, is_restored_by_jobs_that_take_no_checkpoints) {
  with_each_snapshot([](state_backend backend) { restore_and_compare(3, backend, false); });
}

TEST(corpus, needs_a_place_for_tables_of_rocksdb) {
  const copied_corpus copy(all / "1" / "rocksdb");
  try {
    corpus::make_job([] {}).run({.slots = 1, .restore = "snapshot"});
    FAIL() << "it was restored";
  } catch (const error& cause) {
    EXPECT_NE(std::string(cause.what()).find("snapshot was taken with rocksdb, whose tables need a place"),
              std::string::npos)
        << cause.what();
  }
}

TEST(corpus, has_snapshots_of_every_format_up_to_the_present_one) {
  const auto found = corpora();
  for (std::uint32_t version = 1; version <= detail::snapshot_format_version; ++version) {
    EXPECT_TRUE(found.contains(version) && std::ranges::includes(found.at(version), both))
        << "tests/corpus/" << version << " lacks snapshots; README.md there says how they are written";
  }
  EXPECT_EQ(found.rbegin()->first, detail::snapshot_format_version) << "a format that is not written yet";
}

/// The version that a snapshot itself says it has is that of its folder.
TEST(corpus, holds_what_its_folders_say) {
  for (const auto& [version, names] : corpora()) {
    for (const std::string& name : names) {
      std::ifstream manifest(all / std::to_string(version) / name / "snapshot" / "MANIFEST");
      std::string line;
      std::getline(manifest, line);
      std::getline(manifest, line);
      EXPECT_EQ(line, "\"weir_snapshot\": " + std::to_string(version) + ",") << name;
    }
  }
}

}  // namespace
