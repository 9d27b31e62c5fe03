#pragma once
// The snapshot that a job is restored from, as its subtasks read it. Each reads its own share, in its own slot.
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/runtime/helper_thread.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/state_conversion.hpp"

namespace weir::detail {

struct graph;
struct table_schema;

class restored_snapshot {
 public:
  static constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();

  /// Reads the manifest. Throws weir::error naming what is missing or damaged.
  restored_snapshot(storage& storage, std::string directory);

  /// Gives state that operators have under a former uid the present one. Then throws weir::error where the snapshot does
  /// not fit the job: another job's, state whose uid has vanished (unless `allow_dropped_state`), another key type, state
  /// that cannot be converted, other key groups. Once, before all else.
  void fit(const graph& job, bool allow_dropped_state);

  const snapshot_manifest& manifest() const noexcept { return reader_.manifest(); }
  /// Those of the manifest, with present uids.
  const std::vector<snapshot_operator>& operators() const noexcept { return operators_; }
  const std::string& directory() const noexcept { return reader_.directory(); }
  /// Place of an operator in the manifest; npos where the snapshot knows no such uid.
  std::size_t find(std::string_view uid) const noexcept;
  /// How the states of an operator are converted; null: they need not be.
  const state_conversion* conversion(std::size_t index) const noexcept { return conversions_[index].get(); }
  /// For reading blocks; each subtask opens its own.
  snapshot_reader open() const { return reader_.clone(); }

  /// Before subtasks are restored: helpers may read blocks ahead of them.
  void read_ahead_with(helper_starter start) noexcept { start_helper_ = start; }
  /// Null: there are none.
  helper_starter start_helper() const noexcept { return start_helper_; }

  /// Whether any operator has put in a part of this name.
  bool has_part(std::string_view name) const noexcept;

  /// The parts of this name that the subtasks of an operator put in, with their numbers, in their order.
  std::vector<std::pair<std::size_t, std::string>> parts_of(std::string_view uid, std::string_view name) const;

 private:
  void rename(const graph& job);
  std::shared_ptr<const state_conversion> convert(const graph& job, const snapshot_operator& old,
                                                  const table_schema& table) const;

  snapshot_reader reader_;
  helper_starter start_helper_ = nullptr;
  std::vector<snapshot_operator> operators_;
  std::vector<std::shared_ptr<const state_conversion>> conversions_;  // by operator; null where there is nothing to do
};

}  // namespace weir::detail
