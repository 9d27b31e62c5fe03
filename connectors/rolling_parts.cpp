#include "weir/connectors/rolling_parts.hpp"

#include <utility>

#include "weir/connectors/part_name.hpp"
#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// Does what `action` does; errors name the sink and its directory.
template <class Action>
void naming(const std::string& uid, const std::string& path, Action&& action) {
  try {
    action();
  } catch (const error& cause) {
    throw error("sink '" + uid + "' cannot write to " + path + ": " + cause.what());
  }
}

}  // namespace

rolling_parts::rolling_parts(const sink_context& context, const directory& how, std::string header,
                             std::string_view extension, std::shared_ptr<part_directory> into)
    : into_(std::move(into)),
      storage_(context.storage),
      clock_(&context.clock),
      uid_(context.uid),
      header_(std::move(header)),
      extension_(extension),
      subtask_(context.subtask),
      checkpoints_(context.checkpoints),
      roll_bytes_(how.bytes_of_part()),
      roll_after_(how.time_of_part()) {}

void rolling_parts::note_rows() {
  if (due_ == processing_clock::time_point::max()) due_ = clock_->now() + roll_after_;
}

void rolling_parts::append(std::string_view rows) {
  if (rows.empty()) return;
  note_rows();
  naming(uid_, into_->path(), [&] {
    if (!file_) open();
    file_->append(rows);
  });
  bytes_ += rows.size();
  if (bytes_ >= roll_bytes_) roll();
}

void rolling_parts::open() {
  part_.visible = part_name(into_->run(), subtask_, number_++, extension_);
  part_.hidden = into_->hidden_name(part_.visible);
  file_ = storage_.create(into_->path() + "/" + part_.hidden);
  file_->append(header_);
  bytes_ = header_.size();
}

void rolling_parts::close() {
  due_ = processing_clock::time_point::max();
  if (!file_) return;
  naming(uid_, into_->path(), [&] {
    const std::unique_ptr<writable_file> closing = std::move(file_);
    closing->sync();
    closing->close();
  });
  closed_.push_back(part_);
}

void rolling_parts::roll() {
  close();
  if (checkpoints_) return;
  for (const closed_part& part : std::exchange(closed_, {})) into_->show(part);
}

prepared_part rolling_parts::prepare(const prepare_request& request) {
  close();
  for (closed_part& part : closed_) {
    part.checkpoint = request.checkpoint;
    pending_.add(std::move(part));
  }
  closed_.clear();
  return encode_closed_parts({into_->path(), into_->run(), request.checkpoint, pending_.prepare(request)});
}

}  // namespace weir::detail
