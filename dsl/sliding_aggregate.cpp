#include "weir/dsl/sliding_aggregate.hpp"

namespace weir::detail {

void throw_other_windows(const std::string& directory, const std::string& windows) {
  throw error("weir: " + directory + " holds the contents of other windows than " + windows +
              "; restore with the windows it was taken with, or give the aggregate another uid");
}

}  // namespace weir::detail
