#pragma once
// The file in a checkpoint directory that says where its job is served: `web.json`, written when the job begins to be
// served and removed when it ends. One that a killed process left behind is replaced by the next.
#include <optional>
#include <string>

#include "weir/core/storage.hpp"

namespace weir::detail {

class served_file {
 public:
  /// Writes it. Throws weir::error.
  served_file(storage& disk, const std::string& checkpoint_directory, const std::string& job, const std::string& url);
  ~served_file();
  served_file(const served_file&) = delete;
  served_file& operator=(const served_file&) = delete;

 private:
  storage& disk_;
  std::string path_;
};

/// The URL in the file; nothing if there is none. Throws weir::error for a file that says something else.
std::optional<std::string> served_at(storage& disk, const std::string& checkpoint_directory);

}  // namespace weir::detail
