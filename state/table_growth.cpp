#include "weir/state/table_growth.hpp"

#include <utility>

namespace weir::detail {

table_growth::table_growth(table_snapshot* snapshot, table_cache* cache, std::size_t group, std::size_t buckets)
    : snapshot_(snapshot),
      cache_(cache),
      group_(group),
      remembers_(snapshot != nullptr && snapshot->must_remember(group)),
      marks_(remembers_ ? buckets : 0),
      cached_(cache != nullptr ? buckets : 0) {}
table_growth::~table_growth() = default;

void table_growth::moved(const table_place& from, const table_place& to) noexcept {
  if (remembers_ && snapshot_->is_settled(from)) table_snapshot::mark(marks_, to);
  if (cache_ == nullptr) return;
  const table_cache::marks& old = cache_->of(group_);
  if (old.is_same(from.bucket, from.slot)) cached_.set_same(to.bucket, to.slot);
  if (old.is_used(from.bucket, from.slot)) cached_.set_used(to.bucket, to.slot);
}

void table_growth::finish() noexcept {
  if (remembers_) snapshot_->restart(group_, std::move(marks_));
  if (cache_ != nullptr) cache_->of(group_) = std::move(cached_);
}

}  // namespace weir::detail
