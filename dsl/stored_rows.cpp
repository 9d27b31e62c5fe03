#include "weir/dsl/stored_rows.hpp"

#include <algorithm>
#include <utility>

#include "weir/runtime/graph.hpp"

namespace weir::detail {
namespace {

/// Calls `take(part, groups)` for the parts that hold rows of this subtask's key groups, and which groups those are.
template <class Take>
void each_part(const operator_restore& from, Take&& take) {
  for (const auto& [old_subtask, part] : from.parts(files_name)) {
    const auto held = groups_of_subtask(static_cast<std::uint32_t>(old_subtask),
                                        static_cast<std::uint32_t>(from.old_parallelism()));
    if (const auto groups = common_groups(held, from.groups())) take(part, *groups);
  }
}

}  // namespace

std::optional<key_group_range> common_groups(key_group_range left, key_group_range right) {
  const key_group_range common{std::max(left.first, right.first), std::min(left.last, right.last)};
  return common.first <= common.last ? std::optional(common) : std::nullopt;
}

void mean_row_bytes::add(std::size_t bytes) noexcept {
  constexpr std::size_t rows_max = std::size_t{1} << 16;
  if (rows_ >= rows_max) {
    rows_ /= 2;
    bytes_ /= 2;
  }
  ++rows_;
  bytes_ += bytes;
}

stored_rows_base::stored_rows_base() = default;
stored_rows_base::~stored_rows_base() = default;

bool stored_rows_base::has_stores(const operator_context& context) {
  stores_ = context.subtask.stores;
  return stores_ != nullptr && stores_->keeps_rows();
}

void stored_rows_base::open_store(operator_context& context, key_group_range groups,
                                  std::function<bool(std::string_view)> expired) {
  store_ = stores_->open({.uid = context.subtask.of->operators[context.position].uid,
                          .subtask = context.subtask.subtask,
                          .groups = groups,
                          .expired = std::move(expired)});
}

void stored_rows_base::begin_fetch() noexcept {
  missing_.clear();
  keys_.clear();
  key_begins_.clear();
}

void stored_rows_base::begin_missing(std::size_t position, std::uint32_t key_group) {
  key_begins_.push_back(keys_.size());
  missing_.push_back(position);
  append_row_group(key_group, keys_);
}

void stored_rows_base::read_missing(const row_store::found_visitor& found) {
  key_begins_.push_back(keys_.size());
  views_.clear();
  for (std::size_t i = 0; i + 1 < key_begins_.size(); ++i) {
    views_.emplace_back(keys_.data() + key_begins_[i], key_begins_[i + 1] - key_begins_[i]);
  }
  store_->read(views_, found);
}

bool stored_rows_base::cache_should_change(std::size_t owned) {
  const std::size_t bytes = store_->cache_bytes();
  if (bytes == cache_bytes_ && owned <= owned_bytes_ + owned_bytes_ / 4 && owned >= owned_bytes_ / 2) return false;
  cache_bytes_ = bytes;
  owned_bytes_ = owned;
  return true;
}

void stored_rows_base::scan_parts(const operator_restore& from, const row_store::row_visitor& take) const {
  each_part(from, [&](const std::string& part, key_group_range groups) {
    stores_->scan_part(part, from.directory(), groups, take);
  });
}

void stored_rows_base::restore_parts(const operator_restore& from) {
  each_part(from, [&](const std::string& part, key_group_range groups) {
    if (from.conversion() == nullptr) {
      store_->restore(part, from.directory(), groups);
      return;
    }
    stores_->scan_part(part, from.directory(), groups, [&](std::string_view key, std::string_view row) {
      row_.clear();
      from.conversion()->convert(row, row_);
      store_->put(key, row_);
    });
  });
}

}  // namespace weir::detail
