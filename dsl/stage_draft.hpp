#pragma once
// The run-time half of a stage under construction: its operators, inputs and column names. Every pipe, exchange and
// sink works on one; its code is compiled once, in stage_draft.cpp, and not again in every job.
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "weir/runtime/graph.hpp"

namespace weir::detail {

/// A shared_ptr whose copies and end are calls, not code in every pipe.
class table_note {
 public:
  table_note() noexcept;
  table_note(std::shared_ptr<const table_schema> table) noexcept;  // NOLINT: `.table = make_table_schema(...)`
  table_note(const table_note& other) noexcept;
  table_note& operator=(const table_note& other) noexcept;
  ~table_note();

  const std::shared_ptr<const table_schema>& get() const noexcept { return table_; }

 private:
  std::shared_ptr<const table_schema> table_;
};

/// One operator as a draft takes it; the texts are copied.
struct operator_note {
  std::string_view kind{};
  std::string_view detail{};
  std::string_view uid{};  ///< with former names (fixed_string::with_former)
  std::string_view output_type{};
  std::source_location where{};
  bool stateful = false;
  bool grows = false;
  bool in_memory_source = false;
  bool replayable = true;
  bool endless = false;
  bool spills = false;
  bool commits = false;
  bool shows_at_end = false;
  table_note table{};
};

/// One edge as a draft takes it; the texts are copied.
struct edge_note {
  std::size_t port = 0;
  std::string_view port_name{};
  partitioning how = partitioning::forward;
  std::string_view key{};
  std::string_view element_type{};
  std::string_view pre_aggregation{};
  std::size_t record_bytes = 0;
  batch_maker make_batch = nullptr;
};

/// Makes the subtasks of a closed stage.
class subtask_maker {
 public:
  virtual ~subtask_maker() = default;
  virtual std::unique_ptr<subtask> make(subtask_context& context) const = 0;
};

/// The names of flat columns; empty: those of the element type.
using column_list = std::shared_ptr<const std::vector<std::string>>;

class stage_draft {
 public:
  /// The draft of a stage that reads a source.
  stage_draft();
  /// The draft of a stage that reads `input`; columns are those of the stage before it, except behind a side output.
  explicit stage_draft(const edge& input);
  stage_draft(stage_draft&& other) noexcept;
  stage_draft& operator=(stage_draft&& other) noexcept;
  ~stage_draft();

  void add(const operator_note& note);
  /// Takes the operators of `branch` behind its own.
  void add_operators_of(stage_draft&& branch);
  /// Takes the inputs of `other` beside its own.
  void add_inputs_of(stage_draft&& other);
  /// Names the operator added last.
  void name_last(std::string_view name);
  std::size_t operator_count() const noexcept;

  void set_parallelism(std::optional<std::size_t> subtasks) noexcept;

  column_list columns() const;
  void set_columns(std::vector<std::string> columns);
  void take_columns_of(const stage_draft& other);
  void clear_columns();

  /// The finished stage; takes ownership of `maker`.
  std::shared_ptr<const stage> close(std::size_t ports, const subtask_maker* maker) &&;

 private:
  stage* made_;
};

/// An edge that leaves `from`.
std::shared_ptr<const edge> make_edge(std::shared_ptr<const stage> from, const edge_note& note);

}  // namespace weir::detail
