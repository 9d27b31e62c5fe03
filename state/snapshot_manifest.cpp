#include "weir/state/snapshot_manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/state/escaped_bytes.hpp"

namespace weir::detail {
namespace {

using json = nlohmann::json;

// The last line holds the checksum of all lines before it.
constexpr std::string_view last_line_begin = "\"checksum\": \"";
constexpr std::string_view last_line_end = "\"}\n";
constexpr std::size_t checksum_digits = 16;
constexpr std::size_t last_line_bytes = last_line_begin.size() + checksum_digits + last_line_end.size();

constexpr std::string_view name_of(block_kind kind) { return kind == block_kind::rows ? "rows" : "part"; }

// ---- checking -------------------------------------------------------------------------------------------------------

std::string problem_of(const block_place& place, const snapshot_manifest& manifest, std::uint64_t expected_offset) {
  if (place.offset != expected_offset)
    return fmt::format("begins at offset {} instead of {}", place.offset, expected_offset);
  const std::uint64_t header = block_header_bytes + place.name.size();
  if (place.name.size() > block_name_bytes_max) return fmt::format("has a name of {} bytes", place.name.size());
  if (place.bytes < header || place.bytes - header > block_payload_bytes_max) {
    return fmt::format("has {} bytes, which no block can have", place.bytes);
  }
  if (place.bytes > manifest.data_bytes - place.offset) return "ends behind the data file";
  if (place.operator_index >= manifest.operators.size()) {
    return fmt::format("belongs to operator {} of {}", place.operator_index, manifest.operators.size());
  }
  const snapshot_operator& owner = manifest.operators[place.operator_index];
  if (place.subtask >= owner.parallelism) {
    return fmt::format("belongs to subtask {} of '{}', which has {}", place.subtask, owner.uid, owner.parallelism);
  }
  if (place.key_group != mixed_key_groups && place.key_group >= manifest.key_groups) {
    return fmt::format("belongs to key group {} of {}", place.key_group, manifest.key_groups);
  }
  return {};
}

/// What makes a manifest impossible, or nothing.
std::string problem_of(const snapshot_manifest& manifest) {
  if (manifest.id > snapshot_id_max) return fmt::format("the id {} has more than ten digits", manifest.id);
  if (!std::has_single_bit(manifest.key_groups) || manifest.key_groups > key_group_count::value_max) {
    return fmt::format("{} key groups are not possible", manifest.key_groups);
  }
  for (const snapshot_operator& each : manifest.operators) {
    if (each.parallelism == 0) return fmt::format("the operator '{}' has no subtasks", each.uid);
  }
  if (manifest.data_bytes < data_header_bytes) return fmt::format("no data file has {} bytes", manifest.data_bytes);
  std::uint64_t offset = data_header_bytes;
  for (std::size_t i = 0; i < manifest.blocks.size(); ++i) {
    const std::string problem = problem_of(manifest.blocks[i], manifest, offset);
    if (!problem.empty()) return fmt::format("block {} {}", i, problem);
    offset += manifest.blocks[i].bytes;
  }
  if (offset != manifest.data_bytes) {
    return fmt::format("the blocks end at offset {} of a data file of {} bytes", offset, manifest.data_bytes);
  }
  return {};
}

// ---- reading --------------------------------------------------------------------------------------------------------

/// The members of one JSON object; those that it does not know are ignored, those that it asks for must be there.
class member_reader {
 public:
  member_reader(const json& object, std::string where, const std::string& path)
      : object_(object), where_(std::move(where)), path_(path) {
    if (!object.is_object()) fail("is not an object");
  }

  template <class Integer>
  void read(const char* name, Integer& value) const {
    const json& member = at(name);
    if (std::is_signed_v<Integer> && member.is_number_integer() && !member.is_number_unsigned()) {
      value = static_cast<Integer>(member.get<std::int64_t>());
      return;
    }
    if (!member.is_number_unsigned()) fail(fmt::format("has a '{}' that is not a whole number", name));
    const auto found = member.get<std::uint64_t>();
    if (found > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())) {
      fail(fmt::format("has a '{}' that is too large", name));
    }
    value = static_cast<Integer>(found);
  }

  void read(const char* name, bool& value) const {
    const json& member = at(name);
    if (!member.is_boolean()) fail(fmt::format("has a '{}' that is neither true nor false", name));
    value = member.get<bool>();
  }

  void read(const char* name, std::string& value) const {
    const json& member = at(name);
    if (!member.is_string()) fail(fmt::format("has a '{}' that is not a string", name));
    value = member.get_ref<const std::string&>();
    if (!unescape_bytes(value))
      fail(fmt::format("has a '{}' with a % that two hexadecimal digits do not follow", name));
  }

  void read(const char* name, block_kind& value) const {
    std::string text;
    read(name, text);
    if (text != name_of(block_kind::part) && text != name_of(block_kind::rows)) {
      fail(fmt::format("has the unknown kind '{}'", text));
    }
    value = text == name_of(block_kind::rows) ? block_kind::rows : block_kind::part;
  }

  void read_key_group(std::uint32_t& value) const {
    value = mixed_key_groups;
    if (!at("key_group").is_null()) read("key_group", value);
  }

  void read_checksum(std::uint64_t& value) const {
    std::string text;
    read("checksum", text);
    if (text.size() != checksum_digits || !parse_hexadecimal(text, value)) {
      fail("has a 'checksum' that is not 16 hexadecimal digits");
    }
  }

  const json& array(const char* name) const {
    const json& member = at(name);
    if (!member.is_array()) fail(fmt::format("has '{}' that are not an array", name));
    return member;
  }

 private:
  const json& at(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end()) fail(fmt::format("lacks '{}'", name));
    return *found;
  }

  [[noreturn]] void fail(std::string_view what) const { throw_damaged(path_, fmt::format("{} {}", where_, what)); }

  const json& object_;
  std::string where_;
  const std::string& path_;
};

snapshot_operator read_operator(const member_reader& object) {
  snapshot_operator made;
  object.read("uid", made.uid);
  object.read("kind", made.kind);
  object.read("key_schema", made.key_schema);
  object.read("state_schema", made.state_schema);
  object.read("parallelism", made.parallelism);
  return made;
}

block_place read_place(const member_reader& object) {
  block_place made;
  object.read("offset", made.offset);
  object.read("bytes", made.bytes);
  object.read("kind", made.kind);
  object.read("operator", made.operator_index);
  object.read("subtask", made.subtask);
  object.read_key_group(made.key_group);
  object.read("rows", made.rows);
  object.read("rows_in_group", made.rows_in_group);
  object.read("name", made.name);
  object.read_checksum(made.checksum);
  return made;
}

std::string last_line_of(std::string_view lines_before) {
  return fmt::format("{}{:016x}{}", last_line_begin, hash_bytes(lines_before.data(), lines_before.size()),
                     last_line_end);
}

void check_last_line(std::string_view text, const std::string& path) {
  const std::size_t size_before = text.size() - std::min(text.size(), last_line_bytes);
  const std::string_view last = text.substr(size_before);
  if (!last.starts_with(last_line_begin)) throw_damaged(path, "its last line is not the checksum");
  if (last != last_line_of(text.substr(0, size_before))) {
    throw_damaged(path, "its text does not have the checksum in its last line");
  }
}

}  // namespace

std::string manifest_text(const snapshot_manifest& manifest, const std::string& path) {
  const std::string problem = problem_of(manifest);
  if (!problem.empty()) throw error(fmt::format("{} cannot be written: {}", path, problem));
  std::string text = fmt::format(
      "{{\n\"weir_snapshot\": {},\n\"weir_version\": {},\n\"job\": {},\n\"id\": {},\n\"savepoint\": {},\n"
      "\"created_ms\": {},\n\"key_groups\": {},\n\"operators\": [",
      manifest.format_version, json_string(manifest.weir_version), json_string(manifest.job), manifest.id,
      manifest.savepoint, manifest.created_ms, manifest.key_groups);
  for (const snapshot_operator& each : manifest.operators) {
    text +=
        fmt::format("{}\n{{\"uid\": {}, \"kind\": {}, \"key_schema\": {}, \"state_schema\": {}, \"parallelism\": {}}}",
                    &each == manifest.operators.data() ? "" : ",", json_string(each.uid), json_string(each.kind),
                    json_string(each.key_schema), json_string(each.state_schema), each.parallelism);
  }
  text += fmt::format("],\n\"data_bytes\": {},\n\"blocks\": [", manifest.data_bytes);
  for (const block_place& each : manifest.blocks) {
    text += fmt::format(
        "{}\n{{\"offset\": {}, \"bytes\": {}, \"kind\": \"{}\", \"operator\": {}, \"subtask\": {}, \"key_group\": {}, "
        "\"rows\": {}, \"rows_in_group\": {}, \"name\": {}, \"checksum\": \"{:016x}\"}}",
        &each == manifest.blocks.data() ? "" : ",", each.offset, each.bytes, name_of(each.kind), each.operator_index,
        each.subtask, each.key_group == mixed_key_groups ? "null" : std::to_string(each.key_group), each.rows,
        each.rows_in_group, json_string(each.name), each.checksum);
  }
  text += "],\n";
  text += last_line_of(text);
  if (text.size() > manifest_bytes_max) {
    throw error(
        fmt::format("{} cannot be written: it would have {} bytes for {} blocks, and at most {} are possible; "
                    "put more rows into a block",
                    path, text.size(), manifest.blocks.size(), manifest_bytes_max));
  }
  return text;
}

snapshot_manifest parse_manifest(std::string_view text, const std::string& path) {
  check_last_line(text, path);
  json parsed;
  try {
    parsed = json::parse(text);
  } catch (const json::parse_error& failure) {
    throw_damaged(path, fmt::format("it is not JSON at byte {}", failure.byte));
  } catch (const json::exception&) {  // a number beyond every range
    throw_damaged(path, "a number in it is too large");
  }
  const member_reader top(parsed, "it", path);
  snapshot_manifest made;
  top.read("weir_snapshot", made.format_version);
  if (made.format_version > snapshot_format_version) throw_newer_format(path, made.format_version);
  if (made.format_version != snapshot_format_version) {
    throw_damaged(path, fmt::format("no weir has written the snapshot format {}", made.format_version));
  }
  top.read("weir_version", made.weir_version);
  top.read("job", made.job);
  top.read("id", made.id);
  top.read("savepoint", made.savepoint);
  top.read("created_ms", made.created_ms);
  top.read("key_groups", made.key_groups);
  top.read("data_bytes", made.data_bytes);
  for (const json& each : top.array("operators")) {
    made.operators.push_back(read_operator({each, fmt::format("operator {}", made.operators.size()), path}));
  }
  const json& blocks = top.array("blocks");
  made.blocks.reserve(blocks.size());
  for (const json& each : blocks) {
    made.blocks.push_back(read_place({each, fmt::format("block {}", made.blocks.size()), path}));
  }
  const std::string problem = problem_of(made);
  if (!problem.empty()) throw_damaged(path, problem);
  return made;
}

}  // namespace weir::detail
