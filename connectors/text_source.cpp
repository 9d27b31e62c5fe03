#include "weir/connectors/text_source.hpp"

#include <unistd.h>

#include <algorithm>

namespace weir::detail {

std::vector<source_split> file_splits(storage& storage, const std::string& pattern, std::uint64_t split_bytes) {
  const bool glob = pattern.find_first_of("*?[") != std::string::npos;
  std::vector<file_info> files;
  if (glob && !storage.exists(pattern)) {
    files = storage.list(pattern);
    if (files.empty()) throw error("no file matches '" + pattern + "'; check the pattern and the working directory");
  } else {
    files.push_back(storage.stat(pattern));
  }
  std::vector<source_split> splits;
  for (std::size_t file = 0; file < files.size(); ++file) {
    const file_info& info = files[file];
    if (!info.regular) {
      splits.push_back({.path = info.path, .end = unlimited_split, .file = file});
      continue;
    }
    const std::uint64_t part = split_bytes == 0 ? std::max<std::uint64_t>(info.size, 1) : split_bytes;
    for (std::uint64_t begin = 0; begin < info.size; begin += part) {
      splits.push_back({info.path, begin, std::min(begin + part, info.size), file, info.size, info.modified_ns});
    }
  }
  return splits;
}

std::string first_line(storage& storage, const std::string& path) {
  line_reader lines(storage.open(path), path);
  std::string_view line;
  return lines.next_line(line) ? std::string(line) : std::string();
}

void fail_malformed(const parse_failure& failure) {
  throw error("malformed record: " + failure.message() +
              "; correct it, or let the source skip such records with skip_malformed() or split<\"malformed\">()");
}

close_descriptor::~close_descriptor() {
  if (descriptor >= 0) ::close(descriptor);
}

live_input standard_input_connection::open() const {
  return {close_descriptor(-1), fd_line_reader(STDIN_FILENO, describe())};
}

}  // namespace weir::detail
