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
  std::size_t memory = std::size_t{512} << 20;  ///< bytes for rocksdb's cache and buffers and for rows, over all slots
};

}  // namespace weir
