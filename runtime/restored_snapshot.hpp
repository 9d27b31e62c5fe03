#pragma once
// The snapshot that a job is restored from, as its subtasks read it. Each reads its own share, in its own slot.
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/state/snapshot_reader.hpp"

namespace weir::detail {

struct graph;

class restored_snapshot {
 public:
  static constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();

  /// Reads the manifest. Throws weir::error naming what is missing or damaged.
  restored_snapshot(storage& storage, std::string directory);

  /// Throws weir::error where the snapshot does not fit the job: another job's, state whose uid has vanished (unless
  /// `allow_dropped_state`), another key or state type, other key groups.
  void check(const graph& job, bool allow_dropped_state) const;

  const snapshot_manifest& manifest() const noexcept { return reader_.manifest(); }
  const std::string& directory() const noexcept { return reader_.directory(); }
  /// Place of an operator in the manifest; npos where the snapshot knows no such uid.
  std::size_t find(std::string_view uid) const noexcept;
  /// For reading blocks; each subtask opens its own.
  snapshot_reader open() const { return reader_.clone(); }

  /// Whether any operator has put in a part of this name.
  bool has_part(std::string_view name) const noexcept;

  /// The parts of this name that the subtasks of an operator put in, with their numbers, in their order.
  std::vector<std::pair<std::size_t, std::string>> parts_of(std::string_view uid, std::string_view name) const;

 private:
  snapshot_reader reader_;
};

}  // namespace weir::detail
