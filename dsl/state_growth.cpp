#include "weir/dsl/state_growth.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"

namespace weir::detail {

std::vector<std::string> growing_states(const graph& job) {
  std::vector<std::string> sentences;
  for (const auto& stage : job.stages) {
    for (const operator_info& operation : stage->operators) {
      if (!operation.grows) continue;
      sentences.push_back(fmt::format("the state of {} '{}' keeps a row for every key and nothing bounds it; give it {}"
                                      "bounded_keys(n)",
                                      operation.kind, operation.uid, operation.kind == "process" ? "ttl(...) or " : ""));
    }
  }
  return sentences;
}

void refuse_growing_states(const graph& job) {
  std::string all;
  for (const std::string& each : growing_states(job)) all += (all.empty() ? "" : "; ") + each;
  if (!all.empty()) throw error(fmt::format("job '{}' is not started under --strict: {}", job.name, all));
}

}  // namespace weir::detail
