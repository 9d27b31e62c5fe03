#pragma once
// A directory that exists as long as the object, for checkpoints and results. It lies under $TMPDIR: on the disk whose
// speed is to be measured.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

class temporary_directory {
 public:
  temporary_directory() {
    path_ = (std::filesystem::temp_directory_path() / "weir-benchmark-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) throw error("cannot create a temporary directory at " + path_);
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace weir::benchmarks
