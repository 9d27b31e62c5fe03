#include "weir/dsl/stage_draft.hpp"

#include <iterator>
#include <utility>

namespace weir::detail {

table_note::table_note() noexcept = default;
table_note::table_note(std::shared_ptr<const table_schema> table) noexcept : table_(std::move(table)) {}
table_note::table_note(const table_note& other) noexcept = default;
table_note& table_note::operator=(const table_note& other) noexcept = default;
table_note::~table_note() = default;

stage_draft::stage_draft() : made_(new stage) { made_->operators.reserve(4); }

stage_draft::stage_draft(const edge& input) : stage_draft() {
  made_->inputs.push_back(input);
  if (input.port_name.empty()) made_->columns = input.from->columns;
}

stage_draft::stage_draft(stage_draft&& other) noexcept : made_(std::exchange(other.made_, nullptr)) {}

stage_draft& stage_draft::operator=(stage_draft&& other) noexcept {
  std::swap(made_, other.made_);
  return *this;
}

stage_draft::~stage_draft() { delete made_; }

void stage_draft::add(const operator_note& note) {
  std::string_view names = note.uid;
  made_->operators.push_back({.kind = std::string(note.kind),
                              .detail = std::string(note.detail),
                              .uid = std::string(names.substr(0, names.find('\0'))),
                              .output_type = std::string(note.output_type),
                              .where = note.where,
                              .stateful = note.stateful,
                              .grows = note.grows,
                              .in_memory_source = note.in_memory_source,
                              .replayable = note.replayable,
                              .endless = note.endless,
                              .spills = note.spills,
                              .commits = note.commits,
                              .shows_at_end = note.shows_at_end,
                              .table = note.table.get()});
  while (names.find('\0') != names.npos) {
    names.remove_prefix(names.find('\0') + 1);
    made_->operators.back().former_uids.emplace_back(names.substr(0, names.find('\0')));
  }
}

void stage_draft::add_operators_of(stage_draft&& branch) {
  auto& added = branch.made_->operators;
  made_->operators.insert(made_->operators.end(), std::make_move_iterator(added.begin()),
                          std::make_move_iterator(added.end()));
}

void stage_draft::add_inputs_of(stage_draft&& other) {
  auto& added = other.made_->inputs;
  made_->inputs.insert(made_->inputs.end(), std::make_move_iterator(added.begin()),
                       std::make_move_iterator(added.end()));
}

void stage_draft::name_last(std::string_view name) {
  if (!made_->operators.empty()) made_->operators.back().name = name;
}

std::size_t stage_draft::operator_count() const noexcept { return made_->operators.size(); }

void stage_draft::set_parallelism(std::optional<std::size_t> subtasks) noexcept { made_->parallelism = subtasks; }

column_list stage_draft::columns() const { return std::make_shared<const std::vector<std::string>>(made_->columns); }
void stage_draft::set_columns(std::vector<std::string> columns) { made_->columns = std::move(columns); }
void stage_draft::take_columns_of(const stage_draft& other) { made_->columns = other.made_->columns; }
void stage_draft::clear_columns() { made_->columns.clear(); }

std::shared_ptr<const stage> stage_draft::close(std::size_t ports, const subtask_maker* maker) && {
  const std::shared_ptr<const subtask_maker> shared(maker);
  made_->ports = ports;
  made_->make_subtask = [shared](subtask_context& context) { return shared->make(context); };
  return std::shared_ptr<const stage>(std::exchange(made_, nullptr));
}

std::shared_ptr<const edge> make_edge(std::shared_ptr<const stage> from, const edge_note& note) {
  auto made = std::make_shared<edge>();
  made->from = std::move(from);
  made->port = note.port;
  made->port_name = note.port_name;
  made->how = note.how;
  made->key = note.key;
  made->element_type = note.element_type;
  made->pre_aggregation = note.pre_aggregation;
  made->record_bytes = note.record_bytes;
  made->make_batch = note.make_batch;
  return made;
}

}  // namespace weir::detail
