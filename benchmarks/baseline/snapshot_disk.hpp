#pragma once
// What the disk and the memory of this machine can do, for snapshots: writing a file durably, as `dd bs=1M conv=fsync`
// does it, and reading one into memory that nobody has touched.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

inline constexpr std::size_t disk_block_bytes = std::size_t{1} << 20;

/// Writes `bytes` to a new file, block by block from one buffer, and syncs it at the end.
inline void hand_write_durably(const std::string& path, std::size_t bytes) {
  const std::vector<char> block(disk_block_bytes, 'x');
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) throw error("cannot create " + path);
  for (std::size_t written = 0; written < bytes;) {
    const ::ssize_t count = ::write(file, block.data(), std::min(block.size(), bytes - written));
    if (count <= 0) throw error("cannot write " + path);
    written += static_cast<std::size_t>(count);
  }
  if (::fsync(file) != 0 || ::close(file) != 0) throw error("cannot make durable " + path);
}

/// Fresh memory, of huge pages where the system has them.
class untouched_memory {
 public:
  explicit untouched_memory(std::size_t bytes) : bytes_(bytes) {
    void* const mapped = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw error("no memory for the copy of a snapshot");
    ::madvise(mapped, bytes_, MADV_HUGEPAGE);
    first_ = static_cast<char*>(mapped);
  }
  ~untouched_memory() { ::munmap(first_, bytes_); }
  untouched_memory(const untouched_memory&) = delete;
  untouched_memory& operator=(const untouched_memory&) = delete;
  char* first() const noexcept { return first_; }

 private:
  std::size_t bytes_;
  char* first_;
};

/// Reads a whole file block by block and copies it to `memory`, which has room for it.
inline std::size_t hand_read(const std::string& path, const untouched_memory& memory) {
  std::vector<char> block(disk_block_bytes);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw error("cannot open " + path);
  std::size_t copied = 0;
  for (;;) {
    const ::ssize_t count = ::read(file, block.data(), block.size());
    if (count < 0) throw error("cannot read " + path);
    if (count == 0) break;
    std::memcpy(memory.first() + copied, block.data(), static_cast<std::size_t>(count));
    copied += static_cast<std::size_t>(count);
  }
  ::close(file);
  return copied;
}

}  // namespace weir::benchmarks
