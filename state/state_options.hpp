#pragma once
// Where a job keeps its keyed state; a member of run_options.
#include <cstddef>
#include <cstdint>
#include <string>

namespace weir {

enum class state_backend : std::uint8_t {
  heap,    ///< in memory
  rocksdb  ///< on disk, with as much in memory as there is room for; needs //state:rocksdb in the program
};

struct state_options {
  state_backend backend = state_backend::heap;
  std::string directory{};                      ///< of rocksdb while the job runs; empty: in the checkpoint directory
  /// Bytes for rocksdb's cache and buffers and for rows, over all slots. 0: what a budget of the job leaves, or the default
  /// where it has none.
  std::size_t memory = 0;

  static constexpr std::size_t memory_default = std::size_t{512} << 20;
  /// Of it, what is for the rows above rocksdb.
  static constexpr std::size_t row_share(std::size_t bytes) noexcept { return bytes / 3; }
};

}  // namespace weir
