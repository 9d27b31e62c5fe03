#include "weir/dsl/sorted_rows.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"
#include "weir/core/key_group.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/memory_budget.hpp"
#include "weir/state/snapshot_block.hpp"

namespace weir::detail {
namespace {

/// Many times what comes in with a batch: sixteen runs are one before the next is written.
constexpr std::size_t rows_joined_per_step = 8 * results_per_step_max;

/// The record in a row; its last four bytes say how many come before it.
std::string_view record_in(std::string_view row, const std::string& of) {
  std::uint32_t key_bytes = 0;
  if (row.size() >= sizeof(key_bytes)) {
    std::string_view length = row.substr(row.size() - sizeof(key_bytes));
    for (std::size_t byte = 0; byte < sizeof(key_bytes); ++byte) {
      key_bytes = key_bytes << 8 | static_cast<unsigned char>(length[byte]);
    }
  }
  if (row.size() < sizeof(key_bytes) + key_bytes) throw_damaged(of, "a sorted row is shorter than its order");
  return row.substr(key_bytes, row.size() - sizeof(key_bytes) - key_bytes);
}

}  // namespace

void sorted_rows::open(operator_context& context) {
  static const spill_places nowhere;
  const subtask_context& subtask = context.subtask;
  disk_ = subtask.storage;
  budget_ = subtask.memory;
  metrics_ = &context.metrics;
  uid_ = subtask.of->operators[context.position].uid;
  sorter_.emplace(*disk_, subtask.spill == nullptr ? nowhere : *subtask.spill,
                  fmt::format("{:010}-{}-{}", begins_after(subtask), subtask.subtask_of_job, context.position));
}

template <class Call>
void sorted_rows::writing(Call&& call) const {
  try {
    call();
  } catch (const snapshot_damaged&) {
    throw;
  } catch (const error& cause) {
    throw error(fmt::format("sort_by '{}' cannot keep on disk what it sorts: {}", uid_, cause.what()));
  }
}

void sorted_rows::end_row() {
  for (std::size_t byte = length_bytes; byte-- > 0;) row_.push_back(static_cast<char>(key_bytes_ >> (8 * byte)));
  sorter_->add(row_);
}

void sorted_rows::keep_to_share() {
  writing([this] { sorter_->join_some(rows_joined_per_step); });
  if (budget_ == nullptr || !sorter_->can_spill()) return;
  const std::size_t share = budget_->shares().state();
  const std::size_t own = sorter_->unspilled_bytes();
  if (own < share / 4 && (own < share / 32 || budget_->held() < share / 2)) return;
  writing([this] { sorter_->spill(); });
  metrics_->spilled_bytes.set(sorter_->spilled_bytes());
}

bool sorted_rows::next(std::string_view& record) {
  std::string_view row;
  if (!sorter_->next(row)) return false;
  static const std::string name = "what sort_by has spilled";
  record = record_in(row, name);
  return true;
}

void sorted_rows::put_into(const operator_snapshot& out) {
  if (sorter_->rows() == 0) return;
  writing([&] { out.part(std::string(runs_name), sorter_->snapshot()); });
  metrics_->spilled_bytes.set(sorter_->spilled_bytes());
}

void sorted_rows::restore(const operator_restore& from, const std::function<void(std::string_view)>& take) {
  for (const auto& [old_subtask, part] : from.parts(runs_name)) {
    const auto held = groups_of_subtask(static_cast<std::uint32_t>(old_subtask),
                                        static_cast<std::uint32_t>(from.old_parallelism()));
    if (!common_groups(held, from.groups())) continue;
    std::size_t rows = 0;
    row_sorter::read_snapshot(*disk_, part, from.directory(), [&](std::string_view row) {
      take(record_in(row, from.directory()));
      if (++rows % rows_per_slice != 0) return;
      keep_to_share();
      from.taken_some();
    });
  }
}

}  // namespace weir::detail
