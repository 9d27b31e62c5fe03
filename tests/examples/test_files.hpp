#pragma once
// Files for the tests of the examples: those of a folder beside the checkout that a checkout may lack, and scratch
// ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

/// The folder with the real flights: $WEIR_SHARED, or `shared` beside the checkout that the test was built from.
inline std::optional<std::filesystem::path> shared_folder() {
  namespace files = std::filesystem;
  if (const char* given = std::getenv("WEIR_SHARED")) return files::path(given);
  std::error_code failed;
  // A test sees its data through links into the checkout.
  const files::path sample = files::canonical("examples/flights/sample.jsonl", failed);
  const files::path beside = sample.parent_path() / ".." / ".." / ".." / "shared";
  if (!failed && files::exists(beside / "data" / "flights.jsonl")) return files::canonical(beside);
  return std::nullopt;
}

/// For tests that need the real data: skipped with a sentence where it is missing.
#define WEIR_NEEDS_SHARED_DATA(folder)                                                                          \
  const auto folder = shared_folder();                                                                          \
  if (!folder) {                                                                                                \
    GTEST_SKIP()                                                                                                \
        << "NOT TESTED on the real flights: their folder is missing; set WEIR_SHARED to the folder that holds " \
           "data/flights.jsonl (bazel test --test_env=WEIR_SHARED=/path). The shipped sample is tested.";       \
  }                                                                                                             \
  static_assert(true, "")

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << "cannot read " << path;
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) found.push_back(line);
  return found;
}

/// The header, then the other lines sorted: files with the same rows in any order are equal.
inline std::vector<std::string> table_of(const std::filesystem::path& path) {
  std::vector<std::string> rows = lines_of(path);
  if (!rows.empty()) std::sort(rows.begin() + 1, rows.end());
  return rows;
}

/// A folder of the running test's own, empty at its beginning and removed at its end.
class scratch_folder {
 public:
  scratch_folder() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "." + test->name();
    std::replace(name.begin(), name.end(), '/', '_');
    path_ = std::filesystem::path(::testing::TempDir()) / name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~scratch_folder() {
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};
