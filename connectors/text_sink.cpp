#include "weir/connectors/text_sink.hpp"

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// "out/counts.csv" and "counts" make "out/.counts.csv.counts.in-progress": hidden, and one per sink.
std::string hidden_name(const std::string& path, std::string_view uid) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + "." + std::string(uid) + ".in-progress";
}

}  // namespace

result_file::result_file(storage& storage, std::string path, std::string_view uid, std::string_view header)
    : storage_(storage), path_(std::move(path)), hidden_path_(hidden_name(path_, uid)), uid_(uid) {
  guarded([&] {
    file_ = storage_.create(hidden_path_);
    try {
      file_->append(header);
    } catch (...) {
      remove_hidden();
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
    throw error("sink '" + uid_ + "' cannot write " + path_ + ": " + cause.what());
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
