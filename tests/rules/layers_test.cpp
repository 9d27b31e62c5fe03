// The rules that keep the architecture: includes point one way, and time, threads and disks are reached through the four
// concepts that the simulator replaces. tests/rules/allowed.txt lists the exceptions.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// Which folders each folder may include.
const std::map<std::string, std::set<std::string>> layers{
    {"core", {"core"}},
    {"state", {"state", "core"}},
    {"windows", {"windows", "state", "core"}},
    {"runtime", {"runtime", "state", "core"}},
    {"dsl", {"dsl", "windows", "runtime", "state", "core"}},
    {"connectors", {"connectors", "runtime", "state", "core"}},
    {"web", {"web", "dsl", "windows", "runtime", "state", "core"}},
};

const std::vector<std::string> guarded{
    "system_clock::now", "steady_clock::now", "high_resolution_clock::now", "clock_gettime", "std::time(",
    "std::thread",       "std::jthread",      "std::async",                 "sleep_for",     "usleep(",
    "std::ifstream",     "std::ofstream",     "std::fstream",               "fopen(",        "O_CREAT",  "O_RDONLY",
    "std::random_device", "std::exit",        "std::abort",                 "std::terminate", "quick_exit",
};

struct source_line {
  std::string file;
  std::string text;
};

std::vector<source_line> lines_of(const std::string& folder) {
  std::vector<source_line> lines;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    for (std::string text; std::getline(file, text);) {
      const std::size_t comment = text.find("//");
      lines.push_back({folder + "/" + entry.path().filename().string(), text.substr(0, comment)});
    }
  }
  return lines;
}

TEST(layers, include_only_what_lies_below_them) {
  for (const auto& [folder, below] : layers) {
    const auto lines = lines_of(folder);
    ASSERT_FALSE(lines.empty()) << folder << " has no sources here";
    for (const source_line& line : lines) {
      const std::string prefix = "#include \"weir/";
      if (!line.text.starts_with(prefix)) continue;
      const std::string included = line.text.substr(prefix.size(), line.text.find('/', prefix.size()) - prefix.size());
      EXPECT_TRUE(below.contains(included)) << line.file << " includes " << line.text;
    }
  }
}

// So every such header is compiled as the first include of a source; the others are in tests/headers.
TEST(layers, have_sources_that_include_their_own_header_first) {
  std::set<std::string> folders{"testkit"};
  for (const auto& [folder, below] : layers) folders.insert(folder);
  std::size_t checked = 0;
  for (const std::string& folder : folders) {
    std::map<std::string, std::string> first_includes;
    for (const source_line& line : lines_of(folder)) {
      if (line.text.starts_with("#include")) first_includes.try_emplace(line.file, line.text);
    }
    for (const auto& [file, first] : first_includes) {
      if (!file.ends_with(".cpp")) continue;
      const std::string header = file.substr(0, file.size() - 4) + ".hpp";
      if (!fs::exists(header)) continue;
      EXPECT_EQ(first, "#include \"weir/" + header + "\"") << file;
      ++checked;
    }
  }
  EXPECT_GT(checked, 50U);
}

TEST(layers, reach_time_threads_and_disks_through_concepts) {
  std::set<std::pair<std::string, std::string>> allowed;
  std::ifstream list("tests/rules/allowed.txt");
  for (std::string text; std::getline(list, text);) {
    if (text.empty() || text.starts_with("#")) continue;
    std::istringstream words(text);
    std::string file;
    std::string symbol;
    words >> file >> symbol;
    allowed.emplace(file, symbol);
  }
  ASSERT_FALSE(allowed.empty());
  std::set<std::pair<std::string, std::string>> used;
  for (const auto& [folder, below] : layers) {
    for (const source_line& line : lines_of(folder)) {
      for (const std::string& symbol : guarded) {
        if (line.text.find(symbol) == std::string::npos) continue;
        used.emplace(line.file, symbol);
        EXPECT_TRUE(allowed.contains({line.file, symbol}))
            << line.file << " uses " << symbol << ": go through clock, executor, channel or storage";
      }
    }
  }
  for (const auto& entry : allowed) {
    EXPECT_TRUE(used.contains(entry)) << "tests/rules/allowed.txt: " << entry.first << " no longer needs "
                                      << entry.second;
  }
}

}  // namespace
