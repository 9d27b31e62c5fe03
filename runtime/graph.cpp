#include "weir/runtime/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "weir/core/error.hpp"
#include "weir/core/key_group.hpp"

namespace weir::detail {
namespace {

void collect(const std::shared_ptr<const stage>& current, std::set<const stage*>& seen, graph& into) {
  if (!seen.insert(current.get()).second) return;
  for (const edge& input : current->inputs) collect(input.from, seen, into);
  into.stages.push_back(current);
}

std::string place(const std::source_location& where) { return fmt::format("{}:{}", where.file_name(), where.line()); }

void check_uids(const graph& graph) {
  std::map<std::string_view, std::source_location> seen;
  for (const auto& stage : graph.stages) {
    for (const operator_info& operation : stage->operators) {
      const auto take = [&](const std::string& name) {
        const auto [first, fresh] = seen.emplace(name, operation.where);
        if (fresh) return;
        throw error(fmt::format("job '{}': the uid '{}' is used twice, at {} and at {}; give each its own", graph.name, name,
                                place(first->second), place(operation.where)));
      };
      if (!operation.uid.empty()) take(operation.uid);
      for (const std::string& former : operation.former_uids) take(former);
    }
  }
}

}  // namespace

std::size_t graph::index_of(const stage& wanted) const {
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& s) { return s.get() == &wanted; });
  return static_cast<std::size_t>(found - stages.begin());
}

graph make_graph(std::string name, const std::vector<std::shared_ptr<const stage>>& sinks) {
  graph result;
  result.name = std::move(name);
  std::set<const stage*> seen;
  for (const auto& sink : sinks) collect(sink, seen, result);
  check_uids(result);
  return result;
}

std::size_t parallelism_of(const stage& stage, std::size_t slots) { return stage.parallelism.value_or(slots); }

void check_parallelism(const graph& graph, std::size_t slots) {
  for (const auto& stage : graph.stages) {
    const std::size_t parallelism = parallelism_of(*stage, slots);
    if (parallelism == 0) {
      throw error(fmt::format("job '{}': stage '{}' has parallelism 0; give it at least one subtask", graph.name,
                              describe_operators(*stage)));
    }
    for (const edge& input : stage->inputs) {
      const std::size_t producers = parallelism_of(*input.from, slots);
      if (input.how == partitioning::forward && producers != parallelism) {
        throw error(fmt::format(
            "job '{}': forward() joins stage '{}' of parallelism {} to stage '{}' of parallelism {}; use rebalance()",
            graph.name, describe_operators(*input.from), producers, describe_operators(*stage), parallelism));
      }
      if (input.how == partitioning::hash && parallelism > key_group_count::value_default) {
        throw error(fmt::format(
            "job '{}': stage '{}' has parallelism {} but there are only {} key groups; use parallelism({}) or fewer slots",
            graph.name, describe_operators(*stage), parallelism,
            key_group_count::value_default, key_group_count::value_default));
      }
    }
  }
}

std::size_t operator_for_time(const stage& stage) {
  for (std::size_t position = 0; position < stage.operators.size(); ++position) {
    if (!stage.operators[position].uid.empty()) return position;
  }
  return no_position;
}

bool reads_live_input(const stage& stage) {
  std::set<const struct stage*> seen;
  std::vector<const struct stage*> waiting{&stage};
  while (!waiting.empty()) {
    const struct stage* const next = waiting.back();
    waiting.pop_back();
    if (!seen.insert(next).second) continue;
    for (const operator_info& operation : next->operators) {
      if (operation.endless || !operation.replayable) return true;
    }
    for (const edge& input : next->inputs) waiting.push_back(input.from.get());
  }
  return false;
}

std::string describe_operators(const stage& stage) {
  std::string text;
  for (const operator_info& operation : stage.operators) {
    if (!text.empty()) text += " | ";
    text += operation.name.empty() ? operation.kind : operation.name;
    if (!operation.uid.empty()) text += fmt::format("<\"{}\">", operation.uid);
  }
  return text;
}

}  // namespace weir::detail
