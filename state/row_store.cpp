#include "weir/state/row_store.hpp"

namespace weir::detail {
namespace {

row_stores_maker registered = nullptr;  // before main, while libraries register themselves

}  // namespace

rocksdb_registration::rocksdb_registration(row_stores_maker make) noexcept { registered = make; }

row_stores_maker linked_rocksdb() noexcept { return registered; }

}  // namespace weir::detail
