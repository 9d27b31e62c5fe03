#include "weir/dsl/connect.hpp"

namespace weir::detail {

std::optional<std::size_t> parallelism_of_both(std::optional<std::size_t> left, std::optional<std::size_t> right) {
  if (left && right && *left != *right) {
    throw error("weir: connect(left, right): parallelism(" + std::to_string(*left) + ") on one side and parallelism(" +
                std::to_string(*right) +
                ") on the other set the same stage; put one parallelism(n) behind connect(left, right)");
  }
  return left ? left : right;
}

}  // namespace weir::detail
