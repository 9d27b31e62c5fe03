#include "weir/connectors/part_file.hpp"

#include <algorithm>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t copied_bytes = 1 << 20;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// Does what `action` does; errors name the sink and its file.
template <class Action>
void naming(const std::string& uid, const std::string& path, Action&& action) {
  try {
    action();
  } catch (const error& cause) {
    throw error("sink '" + uid + "' cannot write " + path + ": " + cause.what());
  }
}

}  // namespace

std::string encode_parts(const prepared_parts& prepared) {
  std::string bytes;
  encode(prepared.finished, bytes);
  encode_varint(prepared.parts.size(), bytes);
  for (const written_part& part : prepared.parts) {
    encode(part.path, bytes);
    encode(part.bytes, bytes);
  }
  return bytes;
}

prepared_parts decode_parts(std::string_view bytes) {
  // Parts of a directory begin with another byte (part_directory.cpp).
  if (bytes.empty() || static_cast<unsigned char>(bytes.front()) > 1) {
    throw error("the snapshot is of a sink that did not write one file; give this one another uid");
  }
  prepared_parts prepared;
  prepared.finished = decode<bool>(bytes);
  const std::uint64_t count = decode_varint(bytes);
  if (count > bytes.size()) throw error("the list of parts is cut short");
  for (std::uint64_t i = 0; i < count; ++i) {
    written_part& part = prepared.parts.emplace_back();
    part.path = decode<std::string>(bytes);
    part.bytes = decode<std::uint64_t>(bytes);
  }
  return prepared;
}

void append_part(storage& storage, const written_part& part, writable_file& into) {
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(copied_bytes, part.bytes)), '\0');
  const auto from = storage.open(part.path);
  for (std::uint64_t at = 0; at < part.bytes;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), part.bytes - at));
    const std::size_t count = from->read_at(at, {buffer.data(), wanted});
    if (count == 0) throw error(part.path + " is shorter than the checkpoint says; restore an older checkpoint");
    into.append({buffer.data(), count});
    at += count;
  }
}

std::string hidden_prefix(const std::string& path, std::string_view uid) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  std::string sink(uid);
  std::replace(sink.begin(), sink.end(), '/', '_');
  return path.substr(0, name) + "." + path.substr(name) + "." + sink + ".";
}

part_file::part_file(storage& storage, const std::string& path, std::string_view uid, std::uint64_t begins_after,
                     std::size_t subtask)
    : storage_(storage),
      result_(path),
      uid_(uid),
      path_(hidden_prefix(path, uid) + std::to_string(begins_after) + "-" + std::to_string(subtask) + ".part") {}

void part_file::append(std::string_view rows) {
  if (rows.empty()) return;
  naming(uid_, result_, [&] {
    if (!file_) file_ = storage_.create(path_);
    file_->append(rows);
  });
  bytes_ += rows.size();
}

void part_file::take_over(const prepared_parts& from, bool own) {
  restored_ = true;
  unfinished_ = unfinished_ || !from.finished;
  if (own) closed_.insert(closed_.end(), from.parts.begin(), from.parts.end());
}

std::string part_file::prepare(bool finished) {
  if (file_) naming(uid_, result_, [&] { file_->sync(); });
  // Once all old subtasks had finished, the result is whole and their parts are gone: no checkpoint may ask for them again.
  const bool all_finished = restored_ && !unfinished_;
  prepared_parts prepared{finished || all_finished, closed_};
  if (file_) prepared.parts.push_back({path_, bytes_});
  return encode_parts(prepared);
}

part_joiner::part_joiner(storage& storage, std::string path, std::string_view uid, std::string header)
    : storage_(storage),
      path_(std::move(path)),
      prefix_(hidden_prefix(path_, uid)),
      uid_(uid),
      header_(std::move(header)) {
  naming(uid_, path_, [&] {
    refuse_what_is_no_file(storage_, path_);
    claimed_ = claimed_file(storage_, path_, uid_);
  });
}

void part_joiner::commit(const std::vector<prepared_part>& parts) {
  std::vector<written_part> all;
  for (const prepared_part& bytes : parts) {
    prepared_parts prepared = decode_parts(bytes);
    if (!prepared.finished) return;
    all.insert(all.end(), prepared.parts.begin(), prepared.parts.end());
  }
  naming(uid_, path_, [&] { join(all); });
}

/// A part is removed only after the result is in place: where one is missing beside a result, only removing was left.
void part_joiner::join(const std::vector<written_part>& parts) {
  const bool all_there =
      std::all_of(parts.begin(), parts.end(), [&](const written_part& part) { return storage_.exists(part.path); });
  if (all_there) {
    const std::string hidden = prefix_ + "joined";
    const auto file = storage_.create(hidden);
    file->append(header_);
    for (const written_part& part : parts) append_part(storage_, part, *file);
    file->sync();
    file->close();
    storage_.rename(hidden, path_);
  } else if (!storage_.exists(path_)) {
    throw error("a hidden part of it is missing; restore an older checkpoint");
  }
  joined_ = true;
  // Those of a sink that had another uid have names that the next line does not look for.
  for (const written_part& part : parts) storage_.remove(part.path);
  remove_others({});
}

void part_joiner::recover(const std::vector<prepared_part>& parts) {
  naming(uid_, path_, [&] {
    // Whether anything can be written here should show before any work is done.
    storage_.create(prefix_ + "joined")->close();
    storage_.remove(prefix_ + "joined");
    bool finished = !parts.empty();
    std::vector<written_part> kept;
    for (const prepared_part& bytes : parts) {
      prepared_parts prepared = decode_parts(bytes);
      finished = finished && prepared.finished;
      kept.insert(kept.end(), prepared.parts.begin(), prepared.parts.end());
    }
    if (finished) {
      join(kept);
      return;
    }
    remove_others(kept);
    for (const written_part& part : kept) {
      if (!storage_.exists(part.path)) {
        throw error("its hidden part " + part.path + " is gone: since the snapshot was taken the result was completed, or " +
                    "somebody removed the part; restore a newer checkpoint, or begin anew");
      }
      const auto file = storage_.open_to_append(part.path, part.bytes);
      file->sync();
      file->close();
    }
  });
}

void part_joiner::remove_others(const std::vector<written_part>& kept) {
  const std::string directory = directory_of(path_);
  const std::string begin = name_of(prefix_);
  for (const std::string& name : storage_.list_directory(directory)) {
    if (!name.starts_with(begin) || !name.ends_with(".part")) continue;
    const std::string path = prefix_ + name.substr(begin.size());
    const bool keep =
        std::any_of(kept.begin(), kept.end(), [&](const written_part& part) { return part.path == path; });
    if (!keep) storage_.remove(path);
  }
}

std::string part_joiner::job_ended(job_outcome outcome) {
  claimed_.release();
  if (joined_ || outcome == job_outcome::finished) return {};
  return "sink '" + uid_ + "': " + path_ + " appears when the job has read all its input; go on with --restore latest";
}

}  // namespace weir::detail
