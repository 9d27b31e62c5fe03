#include "weir/state/snapshot_block.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "weir/core/hash.hpp"

namespace weir::detail {
namespace {

/// As in PNG: bytes that a transfer as text would change.
constexpr std::string_view data_magic{"\x89weir\r\n\x1a", 8};
constexpr std::string_view block_magic = "WBLK";

template <class Integer>
void put(Integer value, std::string& out) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t get(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string encode_data_header(std::uint32_t version) {
  std::string header(data_magic);
  put(version, header);
  put(std::uint32_t{0}, header);
  put(hash_bytes(header.data(), header.size()), header);
  return header;
}

}  // namespace

std::string encode_data_header() { return encode_data_header(snapshot_format_version); }

void check_data_header(std::string_view found, const std::string& path) {
  if (found.size() < data_header_bytes) {
    throw_damaged(path, fmt::format("it ends at offset {}, within the file header", found.size()));
  }
  if (!found.starts_with(data_magic)) throw_damaged(path, "it does not begin as a snapshot's data file does");
  const auto version = static_cast<std::uint32_t>(get(found.substr(8, 4)));
  if (get(found.substr(16, 8)) != hash_bytes(found.data(), 16)) {
    throw_damaged(path, "the checksum of its file header, at offset 16, is wrong");
  }
  if (version > snapshot_format_version) throw_newer_format(path, version);
  if (found != encode_data_header()) throw_damaged(path, "its file header, at offset 0, is not one that weir writes");
}

std::uint64_t encode_block_header(const block_place& place, std::uint64_t payload_checksum, std::string& header) {
  const std::uint64_t size = block_header_bytes + place.name.size();
  header.assign(block_magic);
  header.push_back(static_cast<char>(place.kind));
  header.push_back('\0');
  put(static_cast<std::uint16_t>(place.name.size()), header);
  put(place.operator_index, header);
  put(place.subtask, header);
  put(place.key_group, header);
  put(place.rows, header);
  put(place.rows_in_group, header);
  put(place.bytes - size, header);
  put(payload_checksum, header);
  header += place.name;
  const std::uint64_t checksum = hash_bytes(header.data(), header.size());
  put(checksum, header);
  return checksum;
}

void throw_damaged(std::string_view file, std::string_view what) {
  throw snapshot_damaged(
      fmt::format("{} is damaged: {}; bring it back from a copy, or remove its directory and restore another snapshot",
                  file, what));
}

void throw_newer_format(std::string_view file, std::uint64_t version) {
  throw error(
      fmt::format("{} has the snapshot format {} and this program reads up to {}; restore it with a program "
                  "that was built with a newer weir",
                  file, version, snapshot_format_version));
}

std::string path_in(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

}  // namespace weir::detail
