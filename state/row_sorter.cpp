#include "weir/state/row_sorter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/sorted_run.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t chunk_bytes_min = std::size_t{64} << 10;
/// Of many rows. So large a block goes back to the system by itself, not with all others when the last one is freed.
constexpr std::size_t chunk_bytes_max = std::size_t{1} << 20;
/// So many runs of one level become one.
constexpr std::size_t runs_of_level_max = 16;
/// So many rows are sorted at once: they and their entries fit into a core's own cache.
constexpr std::size_t section_rows_max = std::size_t{1} << 15;
/// Some 14 MiB, whose pages go back to the system in about the time of a step.
constexpr std::size_t chunks_forgotten_at_once = 8;
constexpr std::size_t sections_forgotten_at_once = 8;

}  // namespace

/// Runs of one level that become one.
struct row_sorter::joining {
  row_merge rows;
  run joined;
  run_writer writer;
};

row_sorter::row_sorter(storage& disk, const spill_places& places, std::string name)
    : disk_(disk), places_(places), name_(std::move(name)) {}

row_sorter::~row_sorter() {
  merging_.reset();
  abandon_joining();
  for (const run& each : runs_) discard(each);
}

void row_sorter::discard(const run& of) noexcept {
  if (of.shared) return;
  try {
    disk_.remove(of.path);
  } catch (...) {
    // The next attempt removes it.
  }
}

char* row_sorter::allocate(std::size_t bytes) {
  if (bytes > chunk_left_ || chunks_.empty()) {
    const std::size_t size = std::max(bytes, std::clamp(chunk_bytes_ / 16, chunk_bytes_min, chunk_bytes_max));
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    chunk_bytes_ += size;
    chunk_left_ = size;
  }
  // Of the last chunk what is left is its front.
  chunk_left_ -= bytes;
  return chunks_.back().get() + chunk_left_;
}

void row_sorter::add(std::string_view row) {
  char* const bytes = allocate(row.size());
  row.copy(bytes, row.size());
  if (sections_.empty() || sections_.back().size() == section_rows_max) {
    const bool many = !sections_.empty();
    sections_.emplace_back();
    if (many) sections_.back().reserve(section_rows_max);
  }
  sections_.back().push_back(entry_of({bytes, row.size()}));
  ++rows_;
  if (sections_.back().size() == section_rows_max) sort_last_section();
}

void row_sorter::sort_last_section() { std::sort(sections_.back().begin(), sections_.back().end()); }

void row_sorter::forget_rows() noexcept {
  sections_ = std::vector<std::vector<row_entry>>();
  chunks_ = std::vector<std::unique_ptr<char[]>>();
  chunk_bytes_ = 0;
  chunk_left_ = 0;
}

std::size_t row_sorter::unspilled_bytes() const noexcept {
  std::size_t entries = 0;
  for (const auto& section : sections_) entries += section.capacity();
  return chunk_bytes_ + entries * sizeof(row_entry);
}

std::size_t row_sorter::memory_bytes() const noexcept {
  return unspilled_bytes() + (merging_ ? merging_->memory_bytes() : 0);
}

std::string row_sorter::path_of_next_run() {
  disk_.create_directories(places_.spilled);
  return path_in(places_.spilled, fmt::format("{}-{}.run", name_, next_run_++));
}

void row_sorter::add_runs(row_merge& to, bool joined_only) const {
  for (const run& each : runs_) {
    if (each.joins || !joined_only) to.add(std::make_unique<run_reader>(disk_, each.path, each.bytes));
  }
}

void row_sorter::add_sections(row_merge& to) const {
  for (const auto& section : sections_) to.add(section);
}

void row_sorter::spill() {
  if (sections_.empty()) return;
  join_some(static_cast<std::size_t>(-1));
  write_run();
  begin_joining();
}

void row_sorter::write_run() {
  if (sections_.empty()) return;
  sort_last_section();
  row_merge rows;
  add_sections(rows);
  const run& added = runs_.emplace_back(run{.path = path_of_next_run()});
  run_writer writer(disk_, added.path);
  for (rows.begin(); !rows.done(); rows.advance()) writer.append(rows.row());
  runs_.back().bytes = writer.finish(!places_.shared.empty());
  spilled_bytes_ += runs_.back().bytes;
  forget_rows();
}

void row_sorter::begin_joining() {
  if (joining_) return;
  std::map<unsigned, std::size_t> runs_of_level;
  for (const run& each : runs_) ++runs_of_level[each.level];
  for (const auto& [level, count] : runs_of_level) {
    if (count < runs_of_level_max) continue;
    for (run& each : runs_) each.joins = each.level == level;
    const std::string path = path_of_next_run();
    joining_ = std::make_unique<joining>(
        joining{.rows = {}, .joined = {.path = path, .level = level + 1}, .writer = run_writer(disk_, path)});
    add_runs(joining_->rows, true);
    joining_->rows.begin();
    return;
  }
}

void row_sorter::join_some(std::size_t rows) {
  if (!joining_) return;
  row_merge& from = joining_->rows;
  for (; rows > 0 && !from.done(); --rows, from.advance()) joining_->writer.append(from.row());
  if (from.done()) finish_joining();
}

void row_sorter::finish_joining() {
  run& joined = joining_->joined;
  joined.bytes = joining_->writer.finish(!places_.shared.empty());
  spilled_bytes_ += joined.bytes;
  std::vector<run> left;
  for (const run& each : runs_) {
    if (each.joins) {
      discard(each);
    } else {
      left.push_back(each);
    }
  }
  left.push_back(joined);
  runs_ = std::move(left);
  joining_.reset();
  begin_joining();
}

void row_sorter::abandon_joining() noexcept {
  if (!joining_) return;
  discard(joining_->joined);
  joining_.reset();
}

std::string row_sorter::snapshot() {
  write_run();
  row_store_files files;
  files.format = row_store_files::format_now;
  for (run& each : runs_) {
    if (!each.shared) {
      disk_.create_directories(places_.shared);
      std::string target;
      do {  // those of an earlier attempt may have the same names
        target = path_in(places_.shared, fmt::format("{}-{}.run", name_, next_run_++));
      } while (disk_.exists(target));
      disk_.rename(each.path, target);
      each.path = std::move(target);
      each.shared = true;
    }
    const std::string name = each.path.substr(each.path.rfind('/') + 1);
    files.tables.push_back({name, name, each.bytes});
  }
  begin_joining();
  std::string part;
  encode(files, part);
  return part;
}

void row_sorter::read_snapshot(storage& disk, std::string_view part, const std::string& directory,
                               const std::function<void(std::string_view)>& visit) {
  const std::string shared = shared_directory_of(disk, directory);
  for (const shared_file& each : read_row_store_files(part, directory).tables) {
    run_reader reader(disk, path_in(shared, each.name), each.bytes);
    while (reader.next()) visit(reader.row());
  }
}

bool row_sorter::next(std::string_view& row) {
  if (all_taken_) return false;
  if (merging_) {
    merging_->advance();
  } else {
    abandon_joining();
    if (!sections_.empty()) sort_last_section();
    merging_ = std::make_unique<row_merge>();
    add_runs(*merging_, false);
    add_sections(*merging_);
    merging_->begin();
  }
  if (!merging_->done()) {
    row = merging_->row();
    return true;
  }
  merging_.reset();
  for (const run& each : std::exchange(runs_, {})) discard(each);
  rows_ = 0;
  all_taken_ = true;
  forget_some();
  return false;
}

bool row_sorter::forget_some() noexcept {
  if (chunks_.size() <= chunks_forgotten_at_once && sections_.size() <= sections_forgotten_at_once) {
    forget_rows();
    return false;
  }
  chunks_.resize(chunks_.size() - std::min(chunks_.size(), chunks_forgotten_at_once));
  sections_.resize(sections_.size() - std::min(sections_.size(), sections_forgotten_at_once));
  return true;
}

spill_room::spill_room(storage& disk, spill_places places) : disk_(disk), places_(std::move(places)) { clear(); }

spill_room::~spill_room() {
  try {
    clear();
  } catch (...) {
    // The next attempt tries again.
  }
}

void spill_room::clear() {
  if (places_.spilled.empty() || !disk_.exists(places_.spilled)) return;
  for (const std::string& name : disk_.list_directory(places_.spilled)) {
    disk_.remove(path_in(places_.spilled, name));
  }
  disk_.remove_directory(places_.spilled);
}

}  // namespace weir::detail
