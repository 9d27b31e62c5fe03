#include "weir/dsl/sinks.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>

#include "weir/core/error.hpp"

namespace weir::detail {

std::mutex& mutex_of(const void* target) {
  static std::array<std::mutex, 64> mutexes;  // targets may share one: nobody holds two
  return mutexes[std::hash<const void*>{}(target) / alignof(std::max_align_t) % mutexes.size()];
}

void print_lines(std::string_view lines) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size() || std::fflush(stdout) != 0) {
    throw error(std::string("standard output cannot be written (") + std::strerror(errno) +
                "); give the program somewhere to print to, or use another sink");
  }
}

}  // namespace weir::detail
