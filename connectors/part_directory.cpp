#include "weir/connectors/part_directory.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "weir/connectors/part_name.hpp"
#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// Begins what closed_parts are encoded to: the parts of a single file (part_file.hpp) begin otherwise.
constexpr char tag = 2;

/// Does what `action` does; errors name the sink, unless those who call do, and the directory.
template <class Action>
void naming(const std::string& uid, const std::string& path, Action&& action) {
  try {
    action();
  } catch (const error& cause) {
    const std::string sink = uid.empty() ? "" : "sink '" + uid + "' ";
    throw error(sink + "cannot write to " + path + ": " + cause.what());
  }
}

/// Equal for ways to write one path.
std::string normal(const std::string& path) { return (std::filesystem::path(path) / ".").lexically_normal().string(); }

}  // namespace

prepared_part encode_closed_parts(const closed_parts& prepared) {
  prepared_part bytes(1, tag);
  encode(prepared, bytes);
  return bytes;
}

closed_parts decode_closed_parts(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != tag) {
    throw error("the snapshot is of a sink that wrote no directory of parts; give this one another uid");
  }
  return decode_all<closed_parts>(bytes.substr(1));
}

part_directory::part_directory(const sink_context& context, const std::string& path)
    : job_(context.job_name),
      uid_(context.uid),
      storage_(context.storage),
      path_(path),
      hidden_prefix_(hidden_part_prefix(job_, uid_)),
      checkpoints_(context.checkpoints),
      allow_duplicates_(context.allow_duplicates) {
  naming(uid_, path_, [&] {
    storage_.create_directories(path_);
    open();
  });
}

part_directory::part_directory(const part_directory& own, const std::string& path)
    : job_(own.job_),
      uid_(own.uid_),
      storage_(own.storage_),
      path_(path),
      hidden_prefix_(own.hidden_prefix_),
      checkpoints_(own.checkpoints_),
      allow_duplicates_(own.allow_duplicates_) {
  open();
}

void part_directory::open() {
  claimed_ = claimed_file(storage_, path_, uid_, "directory");
  lock_ = storage_.lock(in_directory(".weir-lock"));
  mark_ = read_results_mark(storage_, path_);
}

void part_directory::show(const closed_part& part) {
  const std::lock_guard lock(mutex_);
  naming(uid_, path_, [&] {
    raise_mark({run_, 0});
    rename_all({part});
  });
}

void part_directory::commit(const std::vector<prepared_part>& parts) {
  const std::lock_guard lock(mutex_);
  naming({}, path_, [&] {
    std::map<std::string, std::vector<prepared_part>> elsewhere;
    make_visible(own_of(parts, elsewhere));
    commit_elsewhere(elsewhere);
  });
}

void part_directory::recover(const std::vector<prepared_part>& parts) {
  const std::lock_guard lock(mutex_);
  naming(uid_, path_, [&] {
    std::map<std::string, std::vector<prepared_part>> elsewhere;
    const covered restored = own_of(parts, elsewhere);
    const std::vector<std::string> names = storage_.list_directory(path_);
    if (run_ == 0) refuse_newer_results(restored.mark, names);
    make_visible(restored);
    commit_elsewhere(elsewhere);
    remove_hidden(false);
    if (run_ == 0) choose_run(restored.mark, names);
  });
}

part_directory::covered part_directory::own_of(
    const std::vector<prepared_part>& parts, std::map<std::string, std::vector<prepared_part>>& elsewhere) const {
  covered own;
  bool all_ended = true;
  for (const prepared_part& bytes : parts) {
    closed_parts prepared = decode_closed_parts(bytes);
    if (normal(prepared.directory) != normal(path_)) {
      if (!prepared.parts.empty()) elsewhere[prepared.directory].push_back(bytes);
      continue;
    }
    own.mark.run = std::max(own.mark.run, prepared.run);
    own.mark.checkpoint = std::max(own.mark.checkpoint, prepared.checkpoint);
    all_ended = all_ended && prepared.checkpoint == 0;
    own.parts.insert(own.parts.end(), prepared.parts.begin(), prepared.parts.end());
  }
  if (own.mark.run != 0 && all_ended) own.mark.checkpoint = results_mark::at_end;
  return own;
}

void part_directory::commit_elsewhere(const std::map<std::string, std::vector<prepared_part>>& parts) {
  for (const auto& [path, prepared] : parts) {
    if (!storage_.exists(path)) {
      throw error("the snapshot has results in the directory " + path + ", which is gone; bring it back");
    }
    part_directory(*this, path).commit(prepared);
  }
}

void part_directory::refuse_newer_results(const results_mark& restored, const std::vector<std::string>& names) const {
  if (allow_duplicates_) return;
  std::uint64_t newest_run = 0;
  for (const std::string& name : names) newest_run = std::max(newest_run, run_of_part(name).value_or(0));
  if (restored.run == 0) {
    if (newest_run == 0) return;
    throw error("it holds parts of an earlier run; remove them, name another directory, or add to them with "
                "--allow-duplicates");
  }
  if (mark_.value_or(results_mark{newest_run, 0}) <= restored) return;
  throw error("it holds newer results than the snapshot that the job is restored from, and the job would write them "
              "again; restore the newest checkpoint, name another directory, or add to them with --allow-duplicates");
}

void part_directory::choose_run(const results_mark& restored, const std::vector<std::string>& names) {
  run_ = restored.run;
  if (mark_) run_ = std::max(run_, mark_->run);
  for (const std::string& name : names) run_ = std::max(run_, run_of_part(name).value_or(0));
  ++run_;
}

/// The mark is written between two looks at the disk: before it no part has been renamed, so that one which is missing is
/// lost; behind it one that is missing was renamed, and perhaps taken away since.
void part_directory::make_visible(const covered& all) {
  std::vector<closed_part> hidden;
  for (const closed_part& part : all.parts) {
    if (visible_.contains(part.visible)) continue;
    const bool is_visible = storage_.exists(in_directory(part.visible));
    if (storage_.exists(in_directory(part.hidden))) {
      if (is_visible) throw error("there is a file " + part.visible + " that this sink has not written; remove it");
      hidden.push_back(part);
    } else if (!is_visible && !(mark_ && *mark_ >= results_mark{all.mark.run, part.checkpoint})) {
      throw error("its hidden part " + part.hidden + " is gone, which a checkpoint holds; bring it back, or restore another " +
                  "checkpoint");
    }
  }
  if (!hidden.empty()) {
    raise_mark(all.mark);
    rename_all(hidden);
  }
  visible_.clear();
  for (const closed_part& part : all.parts) visible_.insert(part.visible);
}

void part_directory::raise_mark(const results_mark& mark) {
  if (mark_ && *mark_ >= mark) return;
  write_results_mark(storage_, path_, mark);
  mark_ = mark;
}

/// Goes on after one that fails, so that the others are seen.
void part_directory::rename_all(const std::vector<closed_part>& parts) {
  std::exception_ptr first;
  for (const closed_part& part : parts) {
    try {
      storage_.rename(in_directory(part.hidden), in_directory(part.visible));
    } catch (const error&) {
      if (first == nullptr) first = std::current_exception();
    }
  }
  if (first != nullptr) std::rethrow_exception(first);
}

void part_directory::remove_hidden(bool of_this_run) {
  for (const std::string& name : storage_.list_directory(path_)) {
    if (!name.starts_with(hidden_prefix_)) continue;
    const std::optional<std::uint64_t> run = run_of_part(std::string_view(name).substr(hidden_prefix_.size()));
    if (run && (*run == run_) == of_this_run) storage_.remove(in_directory(name));
  }
}

std::string part_directory::job_ended(job_outcome outcome) {
  claimed_.release();
  const std::unique_ptr<storage_lock> held = std::move(lock_);
  // With checkpoints the next run needs what the last one holds, and removes the rest.
  if (!checkpoints_ && outcome == job_outcome::failed) naming(uid_, path_, [&] { remove_hidden(true); });
  return {};
}

}  // namespace weir::detail
