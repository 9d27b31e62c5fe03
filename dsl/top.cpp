#include "weir/dsl/top.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void require_some_in_ranking(std::size_t count) {
  if (count == 0) throw error("weir: top<\"uid\">(0, by) keeps nothing; write how many records to keep");
}

}  // namespace weir::detail
