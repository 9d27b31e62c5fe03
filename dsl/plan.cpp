#include "weir/dsl/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/dsl/plan_difference.hpp"
#include "weir/dsl/state_growth.hpp"
#include "weir/runtime/memory_shares.hpp"

namespace weir::detail {
namespace {

const char* name_of(partitioning how) {
  switch (how) {
    case partitioning::forward: return "forward";
    case partitioning::hash: return "hash";
    case partitioning::rebalance: return "rebalance";
    case partitioning::random: return "random";
    case partitioning::broadcast: return "broadcast";
    case partitioning::global: return "global";
    case partitioning::custom: return "partition";
  }
  return "";
}

std::string label(const operator_info& operation) {
  std::string text = operation.kind;
  if (!operation.uid.empty()) text += fmt::format("<\"{}\">", operation.uid);
  if (!operation.detail.empty()) text += fmt::format("({})", operation.detail);
  if (!operation.name.empty()) text += fmt::format(" \"{}\"", operation.name);
  return text;
}

std::string exchange_label(const edge& input) {
  std::string text = name_of(input.how);
  if (!input.key.empty()) text += fmt::format("({})", input.key);
  if (!input.port_name.empty()) text += fmt::format(" side output \"{}\"", input.port_name);
  return text;
}

bool keeps_operator_state(const operator_info& operation) {
  return operation.table != nullptr && operation.table->row != nullptr && !operation.table->row->operator_states.empty();
}

std::string draw_text(const graph& graph, std::size_t slots, const run_options& options) {
  std::string text = fmt::format("job \"{}\", {} slot{}\n", graph.name, slots, slots == 1 ? "" : "s");
  std::size_t in_flight = 0;
  for (std::size_t index = 0; index < graph.stages.size(); ++index) {
    const stage& stage = *graph.stages[index];
    text += fmt::format("\nstage {}, parallelism {}\n", index + 1, parallelism_of(stage, slots));
    for (const edge& input : stage.inputs) {
      in_flight += bytes_in_flight(input, stage, slots, options);
      text += fmt::format("  <- stage {} by {}, {}{}{}\n", graph.index_of(*input.from) + 1, exchange_label(input),
                          input.element_type, input.pre_aggregation.empty() ? "" : ", ", input.pre_aggregation);
    }
    for (const operator_info& operation : stage.operators) {
      std::string line = "  " + label(operation);
      if (!operation.output_type.empty()) line += " -> " + operation.output_type;
      if (operation.stateful) line += ", keyed state";
      if (keeps_operator_state(operation)) line += ", operator state";
      text += line + "\n";
    }
  }
  text += fmt::format("\nat most {} in flight between stages\n", bytes_text(in_flight));
  if (options.memory != 0) {
    run_options resolved = options;
    const memory_shares shares = share_out_memory(graph, slots, resolved);
    text += fmt::format("of {} of memory, {} are for state on the heap{}\n", bytes_text(shares.budget),
                        bytes_text(shares.state()),
                        shares.database == 0 ? "" : fmt::format(" and {} for rocksdb", bytes_text(shares.database)));
  }
  for (const auto& stage : graph.stages) {
    for (const operator_info& operation : stage->operators) {
      if (operation.in_memory_source) {
        text += "this job cannot be restored: " + label(operation) + " is read from memory\n";
      }
      if (!operation.replayable) {
        text += "records since the last checkpoint are lost in a failure: " + label(operation) + " cannot be read again\n";
      }
    }
  }
  for (const std::string& sentence : growing_states(graph)) text += sentence + "\n";
  return text;
}

std::string escaped(const std::string& text, bool for_mermaid) {
  std::string out;
  for (const char character : text) {
    if (character == '"') {
      out += for_mermaid ? "#quot;" : "\\\"";
    } else if (for_mermaid && character == '<') {
      out += "&lt;";
    } else if (for_mermaid && character == '>') {
      out += "&gt;";
    } else {
      out += character;
    }
  }
  return out;
}

std::string draw_graph(const graph& graph, plan_format format, std::size_t slots) {
  const bool mermaid = format == plan_format::mermaid;
  std::string text = mermaid ? "flowchart TB\n"
                             : fmt::format("digraph \"{}\" {{\n  node [shape=box];\n", escaped(graph.name, false));
  for (std::size_t index = 0; index < graph.stages.size(); ++index) {
    const stage& stage = *graph.stages[index];
    std::string content;
    for (const operator_info& operation : stage.operators) {
      content += escaped(label(operation), mermaid) + (mermaid ? "<br>" : "\\n");
    }
    content += fmt::format("parallelism {}", parallelism_of(stage, slots));
    text += mermaid ? fmt::format("  s{}[\"{}\"]\n", index + 1, content)
                    : fmt::format("  s{} [label=\"{}\"];\n", index + 1, content);
  }
  for (std::size_t index = 0; index < graph.stages.size(); ++index) {
    for (const edge& input : graph.stages[index]->inputs) {
      const std::size_t from = graph.index_of(*input.from) + 1;
      const std::string how = escaped(exchange_label(input), mermaid);
      text += mermaid ? fmt::format("  s{} -->|\"{}\"| s{}\n", from, how, index + 1)
                      : fmt::format("  s{} -> s{} [label=\"{}\"];\n", from, index + 1, how);
    }
  }
  if (!mermaid) text += "}\n";
  return text;
}

}  // namespace

std::string draw_plan(const graph& graph, plan_format format, std::size_t slots, const run_options& options) {
  check_parallelism(graph, slots);
  if (format == plan_format::json) return draw_json(graph);
  return format == plan_format::text ? draw_text(graph, slots, options) : draw_graph(graph, format, slots);
}

}  // namespace weir::detail
