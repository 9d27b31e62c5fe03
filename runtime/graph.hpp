#pragma once
// The description of a job as the runtime sees it: stages joined by edges, concrete types erased. The expression
// builds it; `plan` prints it; `job_execution` runs it, as often as one likes.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "weir/runtime/channel.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/state/state_schema.hpp"

namespace weir::detail {

enum class partitioning : std::uint8_t { forward, hash, rebalance, random, broadcast, global, custom };

/// What a snapshot says of an operator's keyed state (state/state_schema.hpp).
struct table_schema {
  std::string key;          ///< the type of the keys
  std::string state;        ///< that of the states
  std::string no_snapshot;  ///< why it cannot be part of a snapshot; empty where it can
  /// What the states are in this program, to read older ones: a type, or rows.
  const type_descriptor* state_type = nullptr;
  std::shared_ptr<const row_description> row{};
};

/// One operator of a stage, for the plan, for metrics and for messages.
struct operator_info {
  std::string kind{};               ///< "map", "aggregate", "from", "to", …
  std::string detail{};             ///< what it does, in the user's words: "tumbling(10s), count"; may be empty
  std::string uid{};                ///< empty where the operator has none
  std::vector<std::string> former_uids{};  ///< under which older snapshots may hold its state
  std::string name{};               ///< given by `name(...)`; may be empty
  std::string output_type{};        ///< element type after it; empty after a sink
  std::source_location where{};     ///< the user's line
  bool stateful = false;          ///< keeps keyed state
  bool grows = false;             ///< keeps it for every key, and neither windows, time to live nor a declaration bound it
  bool in_memory_source = false;  ///< a source that cannot be read again after a restart
  bool replayable = true;         ///< false: a source without positions that one could go back to
  bool endless = false;           ///< a source that never ends
  bool spills = false;            ///< what it holds may go to disk as it is
  bool commits = false;           ///< a sink that commits in two phases
  bool shows_at_end = false;      ///< a sink whose result appears when all input is read
  std::shared_ptr<const table_schema> table{};  ///< of its keyed state; null where it has none
};

struct stage;

/// Where the records of a stage come from.
struct edge {
  std::shared_ptr<const stage> from;
  std::size_t port = 0;   ///< which output of `from`: 0, or a side output
  std::string port_name;  ///< tag of the side output; empty for the main output
  partitioning how = partitioning::forward;
  std::string key;  ///< what a hash edge partitions by: "campaign"
  std::string element_type;
  std::string pre_aggregation;  ///< "pre-aggregated", or why not; empty where nothing is aggregated behind the edge
  std::size_t record_bytes = 0;  ///< bytes of one record in a batch, its time and hash included
  batch_maker make_batch = nullptr;  ///< makes batches of the element type
};

struct stage {
  std::vector<operator_info> operators;
  std::vector<std::string> columns;         ///< names of the flat columns of what a sink here receives
  std::vector<edge> inputs;                 ///< empty for a source stage
  std::optional<std::size_t> parallelism;   ///< none: the number of slots
  std::size_t ports = 0;                    ///< outputs; 0 for a stage that ends in sinks
  std::function<std::unique_ptr<subtask>(subtask_context&)> make_subtask;
};

/// A whole job: its stages with every stage after those that feed it.
struct graph {
  std::string name;
  std::vector<std::shared_ptr<const stage>> stages;

  std::size_t index_of(const stage& wanted) const;
};

/// Collects all stages above `sinks`, in topological order, and checks that uids are unique; the message names both
/// source lines. Throws weir::error.
graph make_graph(std::string name, const std::vector<std::shared_ptr<const stage>>& sinks);

/// Parallelism of a stage when the job runs in `slots` slots.
std::size_t parallelism_of(const stage& stage, std::size_t slots);

/// Checks the parts of a graph that depend on the number of slots. Throws weir::error.
void check_parallelism(const graph& graph, std::size_t slots);

inline constexpr std::size_t no_position = static_cast<std::size_t>(-1);
/// The operator under whose uid a stage's event time is stored: the first that has one; no_position where none has.
std::size_t operator_for_time(const stage& stage);

/// Whether a source above the stage may pause for as long as it likes: it has no end, or is standard input or a socket.
bool reads_live_input(const stage& stage);

/// "from<\"events\"> | filter | map": the operators of a stage, for messages and reports.
std::string describe_operators(const stage& stage);

}  // namespace weir::detail
