#pragma once
// What operators have in common that need the end of their input: the sentence where there is none.
#include "weir/dsl/operator.hpp"

namespace weir::detail {

template <class Source, class Operator>
struct stream_without_end {
  static_assert(never<Source, Operator>,
                "weir: sort_by<\"uid\">(...) and distinct<\"uid\">(...) need a stream that ends, and the source that this error "
                "names is not known to end; read a file, a range or generate(f, bounded(n)), or use window(...), top or "
                "dedup with ttl(...)");
};

}  // namespace weir::detail
