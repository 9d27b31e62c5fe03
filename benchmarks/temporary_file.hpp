#pragma once
// A file that exists as long as the object.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

class temporary_file {
 public:
  /// Holds `content` from the start. Throws weir::error when it cannot be written.
  explicit temporary_file(const std::string& content) {
    path_ = (std::filesystem::temp_directory_path() / "weir-benchmark-XXXXXX").string();
    const int descriptor = ::mkstemp(path_.data());
    std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    if (file == nullptr) throw error("cannot create a temporary file at " + path_);
    const std::size_t written = std::fwrite(content.data(), 1, content.size(), file);
    if (std::fclose(file) != 0 || written != content.size()) throw error("cannot write the temporary file " + path_);
  }
  ~temporary_file() { std::remove(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace weir::benchmarks
