#pragma once
// What a snapshot holds and where, read before any of its data. Written last: a directory without it is no snapshot.
// The text form is JSON that a person can read; docs/reference/snapshot-format.md names its members.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/state/snapshot_block.hpp"

namespace weir {

/// An operator, source or sink with state. Schemas are texts that the operators make and compare.
struct snapshot_operator {
  std::string uid;
  std::string kind;        ///< what wrote the state: "aggregate", "process", "source", "sink", ...
  std::string key_schema;  ///< empty without a key
  std::string state_schema;
  std::uint32_t parallelism = 1;

  friend bool operator==(const snapshot_operator&, const snapshot_operator&) = default;
};

struct snapshot_manifest {
  std::uint32_t format_version = detail::snapshot_format_version;
  std::string weir_version;  ///< that wrote it
  std::string job;
  std::uint64_t id = 0;
  bool savepoint = false;
  std::int64_t created_ms = 0;  ///< processing time, since the Unix epoch
  std::uint32_t key_groups = 128;
  std::vector<snapshot_operator> operators;
  std::uint64_t data_bytes = 0;     ///< size of the data file
  std::vector<block_place> blocks;  ///< in the order of the data file, which they cover without gaps

  friend bool operator==(const snapshot_manifest&, const snapshot_manifest&) = default;
};

/// The greatest id that fits the ten digits of a directory's name.
inline constexpr std::uint64_t snapshot_id_max = 9'999'999'999;

namespace detail {

inline constexpr std::string_view manifest_name = "MANIFEST";
/// The manifest while it is being written, and of a snapshot that is being removed.
inline constexpr std::string_view manifest_in_progress_name = "MANIFEST.tmp";
inline constexpr std::string_view manifest_removed_name = "MANIFEST.removed";
inline constexpr std::string_view data_name = "data";

inline constexpr std::uint64_t manifest_bytes_max = std::uint64_t{1} << 28;

/// The text of a manifest. Throws weir::error that begins with `path` if no reader would accept it.
std::string manifest_text(const snapshot_manifest& manifest, const std::string& path);

/// The manifest of a text. Throws snapshot_damaged, or weir::error for a newer format; both name `path`.
snapshot_manifest parse_manifest(std::string_view text, const std::string& path);

}  // namespace detail
}  // namespace weir
