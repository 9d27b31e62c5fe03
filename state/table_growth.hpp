#pragma once
// A key group of a keyed_table moves to a larger array: what a running snapshot and a cache know of its entries goes with
// them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/state/table_cache.hpp"
#include "weir/state/table_snapshot.hpp"

namespace weir::detail {

class table_growth {
 public:
  /// Of the key group `group`, to so many buckets. `snapshot` and `cache` may be null.
  table_growth(table_snapshot* snapshot, table_cache* cache, std::size_t group, std::size_t buckets);
  table_growth(const table_growth&) = delete;
  table_growth& operator=(const table_growth&) = delete;
  ~table_growth();

  /// Whether anything is known, so that `moved` must be called for each entry.
  bool takes_marks() const noexcept { return remembers_ || cache_ != nullptr; }
  void moved(const table_place& from, const table_place& to) noexcept;

  /// All entries have moved.
  void finish() noexcept;

 private:
  table_snapshot* snapshot_;
  table_cache* cache_;
  std::size_t group_;
  bool remembers_;
  std::vector<std::uint8_t> marks_;
  table_cache::marks cached_;
};

}  // namespace weir::detail
