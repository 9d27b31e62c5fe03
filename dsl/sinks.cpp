#include "weir/dsl/sinks.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "weir/core/error.hpp"

namespace weir::detail {

void print_lines(std::string_view lines) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size() || std::fflush(stdout) != 0) {
    throw error(std::string("standard output cannot be written (") + std::strerror(errno) +
                "); give the program somewhere to print to, or use another sink");
  }
}

}  // namespace weir::detail
