#pragma once
// How far the visible results in a directory go. It is written down in the directory before parts become visible, so that a
// job which is restored from an older snapshot, and would make them again, can be told from one that goes on; the parts
// themselves may have been taken away by their readers.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/storage.hpp"

namespace weir::detail {

/// A checkpoint of a run over a directory. Later ones compare greater.
struct results_mark {
  std::uint64_t run = 0;         ///< counted from 1
  std::uint64_t checkpoint = 0;  ///< `at_end` where all subtasks of the sink had ended; 0 where none are taken
  static constexpr std::uint64_t at_end = ~std::uint64_t{0};
  friend auto operator<=>(const results_mark&, const results_mark&) = default;
};

/// The mark of a directory, if it has one. Throws weir::error for one that cannot be read.
std::optional<results_mark> read_results_mark(storage& storage, const std::string& directory);

/// Replaces it, durably and at once.
void write_results_mark(storage& storage, const std::string& directory, const results_mark& mark);

}  // namespace weir::detail
