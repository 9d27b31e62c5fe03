#include "weir/runtime/split_assigner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"
#include "weir/runtime/subtask_restore.hpp"

namespace weir::detail {
namespace {

void encode_split(const source_split& split, std::string& out) {
  encode(split.path, out);
  for (const std::uint64_t number : {split.begin, split.end, std::uint64_t{split.file}, split.file_bytes}) {
    encode(number, out);
  }
  encode(split.modified_ns, out);
}

source_split decode_split(std::string_view& in) {
  source_split split;
  split.path = decode<std::string>(in);
  split.begin = decode<std::uint64_t>(in);
  split.end = decode<std::uint64_t>(in);
  split.file = decode<std::uint64_t>(in);
  split.file_bytes = decode<std::uint64_t>(in);
  split.modified_ns = decode<std::int64_t>(in);
  return split;
}

std::vector<source_split> decode_splits(std::string_view bytes) {
  const std::uint64_t count = decode_varint(bytes);
  if (count > bytes.size()) throw error("the list of splits is cut short");
  std::vector<source_split> splits;
  for (std::uint64_t i = 0; i < count; ++i) splits.push_back(decode_split(bytes));
  return splits;
}

void refuse_changed_file(const source_split& split, storage& storage) {
  if (split.file_bytes == 0 && split.modified_ns == 0) return;
  const file_info now = storage.stat(split.path);
  if (now.size == split.file_bytes && now.modified_ns == split.modified_ns) return;
  throw error(fmt::format("{} has changed since the snapshot was taken ({} bytes then, {} now); restore with the file as it "
                          "was, or start anew without --restore", split.path, split.file_bytes, now.size));
}

}  // namespace

std::string encode_position(const source_position& position) {
  std::string bytes;
  encode(position.watermark, bytes);
  encode_varint(position.finished.size(), bytes);
  for (const std::size_t number : position.finished) encode_varint(number, bytes);
  encode(position.current.has_value(), bytes);
  if (position.current) {
    encode_split(position.current->split, bytes);
    encode_varint(position.current->number, bytes);
    encode(position.current->latest, bytes);
    encode_varint(position.current->since_watermark, bytes);
  }
  return bytes;
}

source_position decode_position(std::string_view bytes) {
  source_position position;
  position.watermark = decode<timestamp>(bytes);
  const std::uint64_t finished = decode_varint(bytes);
  if (finished > bytes.size()) throw error("the list of finished splits is cut short");
  for (std::uint64_t i = 0; i < finished; ++i) position.finished.push_back(decode_varint(bytes));
  if (decode<bool>(bytes)) {
    assigned_split current;
    current.split = decode_split(bytes);
    current.number = decode_varint(bytes);
    current.latest = decode<timestamp>(bytes);
    current.since_watermark = decode_varint(bytes);
    position.current = std::move(current);
  }
  return position;
}

split_assigner::split_assigner(std::vector<source_split> splits, std::size_t subtasks)
    : all_(std::move(splits)), first_(subtasks), begun_(subtasks), watermarks_(subtasks, min_timestamp) {
  for (std::size_t number = 0; number < all_.size(); ++number) waiting_.push_back({.split = all_[number], .number = number});
  reserved_.resize(waiting_.size());
  for (std::size_t subtask = 0; subtask < std::min(subtasks, waiting_.size()); ++subtask) {
    first_[subtask] = subtask;
    reserved_[subtask] = true;
  }
  files_unopened_.store(all_.empty() ? 0 : all_.back().file + 1, std::memory_order_relaxed);
  count_units();
}

split_assigner::split_assigner(const operator_restore& from, storage& storage)
    : first_(from.parallelism()), begun_(from.parallelism()), watermarks_(from.parallelism(), min_timestamp) {
  for (const auto& [subtask, bytes] : from.parts("splits")) all_ = decode_splits(bytes);
  std::vector<bool> taken(all_.size());
  std::vector<std::pair<std::size_t, assigned_split>> current;  // by old subtask
  timestamp least = max_timestamp;
  for (const auto& [subtask, bytes] : from.parts("position")) {
    source_position position = decode_position(bytes);
    for (const std::size_t number : position.finished) taken.at(number) = true;
    if (position.current) {
      taken.at(position.current->number) = true;
      current.emplace_back(subtask, std::move(*position.current));
    }
    least = std::min(least, position.watermark);
    if (from.same_parallelism()) watermarks_[subtask] = position.watermark;
  }
  if (!from.same_parallelism()) std::fill(watermarks_.begin(), watermarks_.end(), least);

  for (auto& [subtask, split] : current) {
    if (from.same_parallelism()) first_[subtask] = waiting_.size();
    waiting_.push_back(std::move(split));
  }
  for (std::size_t number = 0; number < all_.size(); ++number) {
    if (!taken[number]) waiting_.push_back({.split = all_[number], .number = number});
  }
  for (const assigned_split& each : waiting_) refuse_changed_file(each.split, storage);

  reserved_.resize(waiting_.size());
  for (const auto& first : first_) {
    if (first) reserved_[*first] = true;
  }
  std::size_t next = 0;
  for (auto& first : first_) {
    if (first) continue;
    while (next < waiting_.size() && reserved_[next]) ++next;
    if (next == waiting_.size()) break;
    first = next;
    reserved_[next] = true;
  }
  std::size_t unopened = 0;
  if (!waiting_.empty()) {
    const auto begun = [&](const source_split& split) {
      return std::any_of(current.begin(), current.end(), [&](const auto& each) { return each.second.split.file >= split.file; });
    };
    for (std::size_t number = 0; number < all_.size(); ++number) {
      const bool first_of_file = number == 0 || all_[number - 1].file != all_[number].file;
      if (first_of_file && !taken[number] && !begun(all_[number])) ++unopened;
    }
  }
  files_unopened_.store(unopened, std::memory_order_relaxed);
  count_units();
}

const assigned_split* split_assigner::next(std::size_t subtask) {
  const std::lock_guard lock(mutex_);
  const assigned_split* assigned = nullptr;
  if (!begun_[subtask]) {
    begun_[subtask] = true;
    if (has_split_for(subtask)) assigned = &waiting_[*first_[subtask]];
  } else {
    while (next_ < waiting_.size() && reserved_[next_]) ++next_;
    if (next_ < waiting_.size()) assigned = &waiting_[next_++];
  }
  if (assigned != nullptr && all_.back().file - assigned->split.file < files_unopened()) {
    files_unopened_.store(all_.back().file - assigned->split.file, std::memory_order_relaxed);
  }
  return assigned;
}

std::string split_assigner::encode_splits() const {
  std::string bytes;
  encode_varint(all_.size(), bytes);
  for (const source_split& split : all_) encode_split(split, bytes);
  return bytes;
}

void split_assigner::count_units() {
  for (const assigned_split& each : waiting_) {
    if (each.split.end == unlimited_split) {
      total_ = unlimited_split;
      return;
    }
    total_ += each.split.end - each.split.begin;
  }
}

}  // namespace weir::detail
