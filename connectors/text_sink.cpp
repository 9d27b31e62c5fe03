#include "weir/connectors/text_sink.hpp"

#include <algorithm>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {


}  // namespace

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

void result_file::append(std::string_view rows) {
  if (rows.empty()) return;
  const std::lock_guard lock(mutex_);
  guarded([&] { file_->append(rows); });
}

std::string result_file::job_ended(job_outcome outcome) {
  claimed_.release();
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
