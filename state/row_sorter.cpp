#include "weir/state/row_sorter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/state/shared_files.hpp"
#include "weir/state/snapshot_block.hpp"
#include "weir/state/sorted_run.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t chunk_bytes_min = std::size_t{64} << 10;
/// So many runs of one level become one.
constexpr std::size_t runs_of_level_max = 16;

std::uint64_t prefix_of(std::string_view row) noexcept {
  std::uint64_t prefix = 0;
  for (std::size_t byte = 0; byte < sizeof(prefix); ++byte) {
    prefix = prefix << 8 | (byte < row.size() ? static_cast<unsigned char>(row[byte]) : 0u);
  }
  return prefix;
}

}  // namespace

/// The rows of several runs, and of what is in memory, in order.
struct row_sorter::merge {
  std::vector<std::unique_ptr<run_reader>> readers;
  std::vector<std::size_t> heap;  // those that have a row, the one with the least first; `in_memory` is among them
  const std::vector<entry>* entries = nullptr;
  std::size_t next_entry = 0;

  static constexpr std::size_t in_memory = static_cast<std::size_t>(-1);

  std::string_view row_of(std::size_t reader) const noexcept {
    return reader == in_memory ? (*entries)[next_entry].row() : readers[reader]->row();
  }
  auto greater() const noexcept {
    return [this](std::size_t left, std::size_t right) { return row_of(right) < row_of(left); };
  }

  void add(std::unique_ptr<run_reader> reader) {
    if (!reader->next()) return;
    readers.push_back(std::move(reader));
    heap.push_back(readers.size() - 1);
  }
  void add(const std::vector<entry>& sorted) {
    entries = &sorted;
    if (!sorted.empty()) heap.push_back(in_memory);
  }
  void begin() { std::make_heap(heap.begin(), heap.end(), greater()); }

  bool done() const noexcept { return heap.empty(); }
  std::string_view row() const noexcept { return row_of(heap.front()); }
  void advance() {
    std::pop_heap(heap.begin(), heap.end(), greater());
    const std::size_t reader = heap.back();
    const bool more = reader == in_memory ? ++next_entry < entries->size() : readers[reader]->next();
    if (more) {
      std::push_heap(heap.begin(), heap.end(), greater());
    } else {
      heap.pop_back();
    }
  }

  std::size_t memory_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const auto& reader : readers) bytes += reader->memory_bytes();
    return bytes;
  }

  bool stands = false;  // at a row that next() has given
};

row_sorter::row_sorter(storage& disk, const spill_places& places, std::string name)
    : disk_(disk), places_(places), name_(std::move(name)) {}

row_sorter::~row_sorter() {
  merging_.reset();
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
    const std::size_t size = std::max(bytes, chunk_bytes_min);
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
  entries_.push_back({prefix_of(row), bytes, static_cast<std::uint32_t>(row.size())});
  ++rows_;
}

void row_sorter::sort_entries() {
  std::sort(entries_.begin(), entries_.end(), [](const entry& left, const entry& right) {
    return left.prefix != right.prefix ? left.prefix < right.prefix : left.row() < right.row();
  });
}

void row_sorter::forget_entries() noexcept {
  entries_ = std::vector<entry>();
  chunks_ = std::vector<std::unique_ptr<char[]>>();
  chunk_bytes_ = 0;
  chunk_left_ = 0;
}

std::size_t row_sorter::memory_bytes() const noexcept {
  return chunk_bytes_ + entries_.capacity() * sizeof(entry) + (merging_ ? merging_->memory_bytes() : 0);
}

std::string row_sorter::path_of_next_run() {
  disk_.create_directories(places_.spilled);
  return path_in(places_.spilled, fmt::format("{}-{}.run", name_, next_run_++));
}

void row_sorter::spill() {
  if (entries_.empty()) return;
  sort_entries();
  const run& added = runs_.emplace_back(run{path_of_next_run(), 0, 0, false});
  run_writer writer(disk_, added.path);
  for (const entry& each : entries_) writer.append(each.row());
  runs_.back().bytes = writer.finish(!places_.shared.empty());
  spilled_bytes_ += runs_.back().bytes;
  forget_entries();
  merge_levels();
}

row_sorter::run row_sorter::join(const std::vector<run>& runs, unsigned level) {
  merge all;
  for (const run& each : runs) all.add(std::make_unique<run_reader>(disk_, each.path, each.bytes));
  run joined{path_of_next_run(), 0, level, false};
  run_writer writer(disk_, joined.path);
  for (all.begin(); !all.done(); all.advance()) writer.append(all.row());
  joined.bytes = writer.finish(!places_.shared.empty());
  spilled_bytes_ += joined.bytes;
  return joined;
}

void row_sorter::merge_levels() {
  for (unsigned level = 0;; ++level) {
    std::vector<run> merged;
    for (const run& each : runs_) {
      if (each.level == level) merged.push_back(each);
    }
    if (merged.size() < runs_of_level_max) return;
    run joined = join(merged, level + 1);
    std::erase_if(runs_, [level](const run& each) { return each.level == level; });
    runs_.push_back(std::move(joined));
    for (const run& each : merged) discard(each);
  }
}

std::string row_sorter::snapshot() {
  spill();
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
  if (!merging_) {
    sort_entries();
    merging_ = std::make_unique<merge>();
    for (const run& each : runs_) merging_->add(std::make_unique<run_reader>(disk_, each.path, each.bytes));
    merging_->add(entries_);
    merging_->begin();
  }
  if (merging_->stands) merging_->advance();
  merging_->stands = !merging_->done();
  if (merging_->stands) {
    row = merging_->row();
    return true;
  }
  merging_.reset();
  forget_entries();
  for (const run& each : std::exchange(runs_, {})) discard(each);
  rows_ = 0;
  return false;
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
