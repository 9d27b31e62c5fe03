#pragma once
// The unit of a snapshot's data file: a run of rows of one keyed table, or the small state of one subtask as one blob.
// docs/reference/snapshot-format.md describes the bytes; snapshot_writer and snapshot_reader are where they are used.
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/error.hpp"

namespace weir {

/// Bytes of a snapshot that are not those that were written. `what()` names the file, the offset and the remedy.
class snapshot_damaged : public error {
 public:
  using error::error;
};

enum class block_kind : std::uint8_t {
  part,  ///< small state of one subtask as one blob: positions, watermarks, panes, committables
  rows,  ///< entries of a keyed table
};

/// The key group of a block whose rows belong to several.
inline constexpr std::uint32_t mixed_key_groups = 0xffffffff;

/// One block in memory. Writers and readers reuse it, so that its strings keep their memory.
struct snapshot_block {
  block_kind kind = block_kind::part;
  std::uint32_t operator_index = 0;            ///< into snapshot_manifest::operators
  std::uint32_t subtask = 0;                   ///< the one that wrote it
  std::uint32_t key_group = mixed_key_groups;  ///< of all rows in it
  std::uint32_t rows = 0;
  std::uint64_t rows_in_group = 0;  ///< how many rows that table's key group has in all blocks; 0: unknown
  std::string name;                 ///< which table or part of the operator, any bytes
  std::string bytes;                ///< key, state, key, state, ... through the codec; or the blob
};

/// Where a block lies in the data file, and all about it but its bytes.
struct block_place {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< with its header: the next block begins at `offset + bytes`
  block_kind kind = block_kind::part;
  std::uint32_t operator_index = 0;
  std::uint32_t subtask = 0;
  std::uint32_t key_group = mixed_key_groups;
  std::uint32_t rows = 0;
  std::uint64_t rows_in_group = 0;
  std::string name;
  std::uint64_t checksum = 0;  ///< XXH3-64 of the header, which holds the checksum of the bytes

  friend bool operator==(const block_place&, const block_place&) = default;
};

namespace detail {

inline constexpr std::uint32_t snapshot_format_version = 1;
inline constexpr std::uint64_t data_header_bytes = 24;
/// What a block takes beside its name and its payload.
inline constexpr std::uint64_t block_header_bytes = 56;
inline constexpr std::uint64_t block_name_bytes_max = 0xffff;
/// Of one block; larger state is cut into several.
inline constexpr std::uint64_t block_payload_bytes_max = std::uint64_t{1} << 30;

/// The first bytes of a data file.
std::string encode_data_header();

/// Throws unless `found`, the first bytes of the data file `path`, are what encode_data_header gives.
void check_data_header(std::string_view found, const std::string& path);

/// Replaces `header` by the header of a block at `place`, whose offset and checksum are not part of it, and returns
/// the header's checksum.
std::uint64_t encode_block_header(const block_place& place, std::uint64_t payload_checksum, std::string& header);

/// Throws snapshot_damaged: "<file> is damaged: <what>; <remedy>".
[[noreturn]] void throw_damaged(std::string_view file, std::string_view what);

/// The message of a file with a newer format version.
[[noreturn]] void throw_newer_format(std::string_view file, std::uint64_t version);

/// "directory/name", without doubling a '/'.
std::string path_in(std::string_view directory, std::string_view name);

}  // namespace detail
}  // namespace weir
