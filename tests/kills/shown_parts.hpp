#pragma once
// What a job shows in its output directory, compared with what it may show.
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

class shown_parts {
 public:
  shown_parts(std::filesystem::path directory, std::string header, const std::vector<std::string>& expected);

  /// Reads the parts that have appeared since the last call. Returns what is wrong: a part that is gone or has changed,
  /// a line that is expected nowhere or is there more often than it may; empty: nothing.
  std::string look();

  /// The same at the end, when every line must be there and no hidden part may.
  std::string look_at_end();

 private:
  std::string take_in(const std::string& name, const std::string& text);

  std::filesystem::path directory_;
  std::string header_;
  std::unordered_map<std::string, std::size_t> missing_;  // how often each line must still appear
  std::map<std::string, std::string> parts_;              // contents of those seen
};
