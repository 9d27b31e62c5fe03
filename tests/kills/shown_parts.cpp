#include "tests/kills/shown_parts.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

namespace {

std::optional<std::string> text_in(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

shown_parts::shown_parts(std::filesystem::path directory, std::string header, const std::vector<std::string>& expected)
    : directory_(std::move(directory)), header_(std::move(header)) {
  for (const std::string& line : expected) ++missing_[line];
}

std::string shown_parts::look() {
  for (const auto& [name, text] : parts_) {
    const std::optional<std::string> now = text_in(directory_ / name);
    if (!now) return name + " was visible and is gone";
    if (*now != text) return name + " was visible and has changed";
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(".") || parts_.contains(name)) continue;
    const std::optional<std::string> text = text_in(entry.path());
    if (!text) return name + " cannot be read";
    std::string problem = take_in(name, *text);
    if (!problem.empty()) return problem;
    parts_.emplace(name, *text);
  }
  return {};
}

std::string shown_parts::take_in(const std::string& name, const std::string& text) {
  if (text.empty() || text.back() != '\n') return name + " does not end with a line";
  std::istringstream lines(text);
  std::string line;
  if (!header_.empty() && (!std::getline(lines, line) || line != header_)) return name + " begins with '" + line + "'";
  while (std::getline(lines, line)) {
    const auto left = missing_.find(line);
    if (left == missing_.end()) return name + " has a line that is wrong: " + line;
    if (left->second == 0) return name + " has a line that was there before: " + line;
    --left->second;
  }
  return {};
}

std::string shown_parts::look_at_end() {
  std::string problem = look();
  if (!problem.empty()) return problem;
  std::size_t lacking = 0;
  std::string first;
  for (const auto& [line, times] : missing_) {
    lacking += times;
    if (times > 0) first = line;
  }
  if (lacking > 0) return std::to_string(lacking) + " lines never appeared, such as " + first;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(".") && name.find(".part-") != std::string::npos) return name + " is left over";
  }
  return {};
}
