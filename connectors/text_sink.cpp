#include "weir/connectors/text_sink.hpp"

#include <algorithm>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {

result_file::result_file(storage& storage, std::string path, std::string_view uid, std::string_view header)
    : storage_(storage), path_(std::move(path)), hidden_path_(hidden_prefix(path_, uid) + "in-progress"), uid_(uid) {
  guarded([&] {
    refuse_what_is_no_file(storage_, path_);
    claimed_ = claimed_file(storage_, path_, uid_);
    try {
      file_ = storage_.create(hidden_path_);
      file_->append(header);
    } catch (...) {
      if (file_) remove_hidden();
      throw;
    }
  });
}

result_file::~result_file() {
  if (file_) remove_hidden();
}

void result_file::begin_with(const std::vector<prepared_part>& parts) {
  guarded([&] {
    bool finished = !parts.empty();
    std::vector<written_part> covered;
    for (const prepared_part& bytes : parts) {
      prepared_parts prepared = decode_parts(bytes);
      finished = finished && prepared.finished;
      covered.insert(covered.end(), prepared.parts.begin(), prepared.parts.end());
    }
    const bool all_there = std::all_of(covered.begin(), covered.end(),
                                       [&](const written_part& part) { return storage_.exists(part.path); });
    if (!all_there && finished && storage_.exists(path_)) {
      remove_hidden();  // all was written and is in place
    } else if (!all_there) {
      throw error("a hidden part that the snapshot covers is gone: since it was taken the result was completed, or somebody "
                  "removed the part; restore a newer snapshot, or begin anew");
    } else {
      for (const written_part& part : covered) append_part(storage_, part, *file_);
    }
  });
}

void result_file::append(std::string_view rows) {
  if (rows.empty()) return;
  const std::lock_guard lock(mutex_);
  guarded([&] {
    if (!file_) throw error("it was complete when the snapshot was taken, and now there are more rows; name another file");
    file_->append(rows);
  });
}

std::string result_file::job_ended(job_outcome outcome) {
  claimed_.release();
  if (!file_) return {};
  if (outcome == job_outcome::failed) {
    remove_hidden();
    return {};
  }
  const bool finished = outcome == job_outcome::finished;
  const std::string visible = finished ? path_ : path_ + ".incomplete";
  guarded([&] {
    try {
      file_->sync();
      file_->close();
      storage_.rename(hidden_path_, visible);
    } catch (...) {
      remove_hidden();
      throw;
    }
  });
  file_.reset();
  if (finished) return {};
  return "sink '" + uid_ + "': the job did not reach its end; what it had written is in " + visible;
}

template <class Action>
void result_file::guarded(Action&& action) {
  try {
    action();
  } catch (const error& cause) {
    throw error("sink '" + uid_ + "' cannot write " + (path_.empty() ? "''" : path_) + ": " + cause.what());
  }
}

void result_file::remove_hidden() noexcept {
  file_.reset();
  try {
    storage_.remove(hidden_path_);
  } catch (const error&) {
    // The job has failed with a better message already, and a hidden file is no result.
  }
}

}  // namespace weir::detail
