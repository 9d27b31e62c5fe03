#include "weir/windows/combine.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {

void refuse_equal_columns(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) {
        throw error("weir: combine() has two columns named \"" + names[i] +
                    "\"; name one of them with .as<\"...\">()");
      }
    }
  }
}

}  // namespace weir::detail
