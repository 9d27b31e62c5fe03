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

void encode_numbers(const std::vector<std::size_t>& numbers, std::string& out) {
  encode_varint(numbers.size(), out);
  for (const std::size_t number : numbers) encode_varint(number, out);
}

std::uint64_t decode_count(std::string_view& in) {
  const std::uint64_t count = decode_varint(in);
  if (count > in.size()) throw error("a list of splits is cut short");
  return count;
}

std::vector<std::size_t> decode_numbers(std::string_view& in) {
  std::vector<std::size_t> numbers;
  for (std::uint64_t left = decode_count(in); left > 0; --left) numbers.push_back(decode_varint(in));
  return numbers;
}

std::vector<source_split> decode_splits(std::string_view& in) {
  std::vector<source_split> splits;
  for (std::uint64_t left = decode_count(in); left > 0; --left) splits.push_back(decode_split(in));
  return splits;
}

void encode_assigned(const assigned_split& assigned, std::string& out) {
  encode_split(assigned.split, out);
  encode_varint(assigned.number, out);
  encode(assigned.latest, out);
  encode_varint(assigned.since_watermark, out);
}

assigned_split decode_assigned(std::string_view& in) {
  assigned_split assigned;
  assigned.split = decode_split(in);
  assigned.number = decode_varint(in);
  assigned.latest = decode<timestamp>(in);
  assigned.since_watermark = decode_varint(in);
  return assigned;
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
  encode_numbers(position.finished, bytes);
  encode(position.current.has_value(), bytes);
  if (position.current) {
    encode_assigned(*position.current, bytes);
    // What most have not is left out, as it was before there was any.
    const assigned_split& current = *position.current;
    if (!current.split.state.empty() || !current.strategy.empty()) encode(current.split.state, bytes);
    if (!current.strategy.empty()) encode(current.strategy, bytes);
  }
  return bytes;
}

source_position decode_position(std::string_view bytes) {
  source_position position;
  position.watermark = decode<timestamp>(bytes);
  position.finished = decode_numbers(bytes);
  if (decode<bool>(bytes)) {
    position.current = decode_assigned(bytes);
    if (!bytes.empty()) position.current->split.state = decode<std::string>(bytes);
    if (!bytes.empty()) position.current->strategy = decode<std::string>(bytes);
  }
  return position;
}

split_assigner::split_assigner(std::vector<source_split> splits, std::size_t subtasks)
    : all_(std::move(splits)), waiting_(all_.size()), readers_(subtasks) {
  for (std::size_t number = 0; number < all_.size(); ++number) {
    waiting_[number].split = all_[number];
    waiting_[number].number = number;
  }
  for (std::size_t subtask = 0; subtask < std::min(subtasks, waiting_.size()); ++subtask) give_first(subtask, subtask);
  files_unopened_.store(all_.empty() ? 0 : all_.back().file + 1, std::memory_order_relaxed);
  count_units();
}

split_assigner::~split_assigner() = default;

split_assigner::split_assigner(const operator_restore& from, storage& storage) : readers_(from.parallelism()) {
  for (const auto& [subtask, bytes] : from.parts("splits")) {
    std::string_view in = bytes;
    all_ = decode_splits(in);
    finished_before_ = decode_numbers(in);
    for (std::uint64_t left = decode_count(in); left > 0; --left) begun_before_.push_back(decode_assigned(in));
    for (assigned_split& each : begun_before_) {
      if (!in.empty()) each.split.state = decode<std::string>(in);
    }
    for (assigned_split& each : begun_before_) {
      if (!in.empty()) each.strategy = decode<std::string>(in);
    }
  }
  std::vector<bool> taken(all_.size());
  for (const std::size_t number : finished_before_) taken.at(number) = true;
  std::vector<std::pair<std::size_t, assigned_split>> current;  // by old subtask
  timestamp least = max_timestamp;
  for (const auto& [subtask, bytes] : from.parts("position")) {
    source_position position = decode_position(bytes);
    for (const std::size_t number : position.finished) {
      taken.at(number) = true;
      finished_before_.push_back(number);
    }
    if (position.current) {
      taken.at(position.current->number) = true;
      current.emplace_back(subtask, std::move(*position.current));
    }
    least = std::min(least, position.watermark);
    if (from.same_parallelism()) readers_[subtask].restored = position.watermark;
  }
  if (!from.same_parallelism()) {
    for (reader& each : readers_) each.restored = least;
  }

  std::vector<std::pair<std::size_t, std::size_t>> goes_on;  // subtasks with the numbers of their splits
  for (auto& [subtask, split] : current) {
    if (from.same_parallelism()) goes_on.emplace_back(subtask, split.number);
    waiting_.push_back({std::move(split)});
  }
  // Begun before an earlier restore, and not opened again when the snapshot was taken.
  for (assigned_split& split : begun_before_) {
    if (taken.at(split.number)) continue;
    taken[split.number] = true;
    waiting_.push_back({std::move(split)});
  }
  begun_before_.assign(waiting_.begin(), waiting_.end());
  for (std::size_t number = 0; number < all_.size(); ++number) {
    if (!taken[number]) waiting_.push_back({{.split = all_[number], .number = number}});
  }
  for (const assigned_split& each : waiting_) refuse_changed_file(each.split, storage);
  // Earlier parts first: they may hold event time back.
  std::sort(waiting_.begin(), waiting_.end(),
            [](const assigned_split& left, const assigned_split& right) { return left.number < right.number; });
  for (const auto& [subtask, number] : goes_on) {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&, wanted = number](const assigned_split& each) { return each.number == wanted; });
    give_first(subtask, static_cast<std::size_t>(found - waiting_.begin()));
  }
  // Those whose event time has come least far take the earliest: the records of a split that one had not opened yet
  // would be late for one that had read past it.
  std::vector<std::pair<timestamp, std::size_t>> by_watermark;
  for (std::size_t subtask = 0; subtask < readers_.size(); ++subtask) {
    by_watermark.emplace_back(readers_[subtask].restored, subtask);
  }
  std::sort(by_watermark.begin(), by_watermark.end());
  std::size_t next = 0;
  for (const auto& [watermark, subtask] : by_watermark) {
    if (has_split_for(subtask)) continue;
    while (next < waiting_.size() && waiting_[next].reserved) ++next;
    if (next == waiting_.size()) break;
    give_first(subtask, next);
  }
  std::size_t unopened = 0;
  if (!waiting_.empty()) {
    const auto begun = [&](const source_split& split) {
      return std::any_of(begun_before_.begin(), begun_before_.end(),
                         [&](const assigned_split& each) { return each.split.file >= split.file; });
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
  reader& by = readers_[subtask];
  if (!by.begun) {
    by.begun = true;
    if (by.first) assigned = &waiting_[*by.first];
  } else {
    while (next_ < waiting_.size() && waiting_[next_].reserved) ++next_;
    if (next_ < waiting_.size()) assigned = &waiting_[next_++];
  }
  if (assigned != nullptr && all_.back().file - assigned->split.file < files_unopened()) {
    files_unopened_.store(all_.back().file - assigned->split.file, std::memory_order_relaxed);
  }
  return assigned;
}

const assigned_split* split_assigner::to_go_on_with(std::size_t subtask) {
  const std::lock_guard lock(mutex_);
  const reader& by = readers_[subtask];
  if (by.begun || !by.first) return nullptr;
  const assigned_split& first = waiting_[*by.first];
  const bool begun = std::any_of(begun_before_.begin(), begun_before_.end(),
                                 [&](const assigned_split& each) { return each.number == first.number; });
  return begun ? &first : nullptr;
}

std::string split_assigner::encode_splits(std::string buffer) const {
  std::string bytes = std::move(buffer);
  encode_varint(all_.size(), bytes);
  for (const source_split& split : all_) encode_split(split, bytes);
  encode_numbers(finished_before_, bytes);
  encode_varint(begun_before_.size(), bytes);
  for (const assigned_split& split : begun_before_) encode_assigned(split, bytes);
  const auto any = [&](auto&& has) { return std::any_of(begun_before_.begin(), begun_before_.end(), has); };
  const bool strategies = any([](const assigned_split& split) { return !split.strategy.empty(); });
  if (strategies || any([](const assigned_split& split) { return !split.split.state.empty(); })) {
    for (const assigned_split& split : begun_before_) encode(split.split.state, bytes);
  }
  if (strategies) {
    for (const assigned_split& split : begun_before_) encode(split.strategy, bytes);
  }
  return bytes;
}

void split_assigner::give_first(std::size_t subtask, std::size_t waiting) {
  readers_[subtask].first = waiting;
  waiting_[waiting].reserved = true;
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

std::shared_ptr<split_assigner> make_split_assigner(std::vector<source_split> splits, std::size_t subtasks) {
  return std::make_shared<split_assigner>(std::move(splits), subtasks);
}

std::shared_ptr<split_assigner> restored_assigner(const subtask_context& subtask) {
  if (subtask.restored == nullptr) return nullptr;
  const subtask_restore from{subtask.restored, subtask.of, subtask.subtask, subtask.parallelism, {}};
  const operator_restore held(from, 0, min_timestamp);
  return held.has_state() ? std::make_shared<split_assigner>(held, *subtask.storage) : nullptr;
}

}  // namespace weir::detail
