#include "weir/connectors/directory.hpp"

#include <utility>

#include "weir/core/error.hpp"

namespace weir {

directory::directory(std::string path) : path_(std::move(path)) {
  if (path_.empty()) throw error("weir: directory(\"\"): the path is empty; name a directory, \".\" for this one");
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
}

directory directory::roll_bytes(std::uint64_t bytes) && {
  if (bytes == 0) throw error("weir: directory(\"" + path_ + "\").roll_bytes(0): a part holds at least a row; give 1 or more");
  roll_bytes_ = bytes;
  return std::move(*this);
}

directory directory::roll_after(std::chrono::milliseconds time) && {
  if (time < std::chrono::milliseconds{1}) {
    throw error("weir: directory(\"" + path_ + "\").roll_after(...): a part takes at least a millisecond; give more");
  }
  roll_after_ = time;
  return std::move(*this);
}

}  // namespace weir
