#pragma once
// Which sinks of this program write which files: two must not write the same one.
#include <string>

#include "weir/core/storage.hpp"

namespace weir::detail {

/// Throws weir::error for what cannot be replaced by a result, and must not be: a directory, a device, no name at all.
void refuse_what_is_no_file(storage& storage, const std::string& path);

/// Held while a sink writes a file, or the files of a directory.
class claimed_file {
 public:
  claimed_file() = default;
  /// Throws weir::error if another sink holds it; `what` it is.
  claimed_file(const storage& storage, const std::string& path, const std::string& uid, const std::string& what = "file");
  claimed_file(claimed_file&& other) noexcept;
  claimed_file& operator=(claimed_file&& other) noexcept;
  ~claimed_file() { release(); }

  void release() noexcept;

 private:
  const storage* storage_ = nullptr;  ///< null: nothing is held
  std::string path_;
};

}  // namespace weir::detail
