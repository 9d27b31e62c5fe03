#pragma once
// What a source is to the runtime. A source description is a copyable value; it lists its splits (fixed parts of the
// input, whatever the parallelism) and opens a reader for one of them:
//
//   using value_type = ...;                                   what its readers emit
//   std::vector<source_split> splits(source_context&) const   in reading order; throws weir::error
//   bool endless() const                                      may be left out: true where there is no end
//   static constexpr bool is_bounded                          may be left out: whether there is one, if the type decides
//   reader open(const source_split&, source_context&) const
//   template <class Out> read_result reader::read(std::size_t max, Out& out)
//                                                             emits up to `max` records, stops when out.full()
//   std::string reader::position() const                      for messages: "flights.jsonl, line 7"
//   std::uint64_t reader::consumed() const                    how much of the split is read, in the split's units: a
//                                                             reader of the split that begins behind it reads the rest
//   std::string reader::state() const                         may be left out: what else a reader needs to read the rest, such
//                                                             as a token of a server; it is given back as `split.state`
//
// Splits with how far they are read are a source's operator state: snapshots hold them, and a restore in another
// parallelism gives each split to one subtask. docs/howto shows a source of one's own.
//
// A reader whose input holds event times and watermarks itself emits with out.at(value, time), stops before each mark,
// and has
//   std::optional<mark> reader::take_mark()                   the mark that comes next, a watermark, idle or active
// Its stream gets these marks and no others but the final watermark.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "weir/core/record.hpp"
#include "weir/runtime/operator.hpp"

namespace weir::detail {

/// A part of an input that one subtask reads from begin to end.
struct source_split {
  std::string path;              ///< file, or a word for what is read
  std::uint64_t begin = 0;       ///< bytes of a file, index of a range
  std::uint64_t end = 0;         ///< exclusive; unlimited_split where the size is unknown
  std::size_t file = 0;          ///< which file of a glob
  std::uint64_t file_bytes = 0;  ///< of a file that can be read again: its size and its modification time, by which a
  std::int64_t modified_ns = 0;  ///< change is noticed; else 0
  std::string state{};           ///< of the reader that read it up to `begin`, in a restored job; else empty
};

inline constexpr std::uint64_t unlimited_split = std::numeric_limits<std::uint64_t>::max();

struct source_context {
  weir::clock& clock;
  weir::storage& storage;
  operator_metrics& metrics;
  std::size_t subtask;
  std::size_t parallelism;
};

enum class read_status : std::uint8_t {
  more,     ///< the split has more records
  waiting,  ///< nothing to read just now
  end       ///< the split is read
};

struct read_result {
  std::size_t count;
  read_status status;
};

/// A record that a source could not read, as `split<"malformed">()` delivers it: the file it stood in, its line (from
/// 1; 0 where unknown), its text, and what was expected and found.
struct malformed_record {
  std::string source;
  std::uint64_t line;
  std::string text;
  std::string reason;
};

}  // namespace weir::detail

namespace weir {

template <>
struct record_fields<detail::malformed_record> {
  using of = detail::malformed_record;
  using type = field_list<field<&of::source, "source">, field<&of::line, "line">, field<&of::text, "text">,
                          field<&of::reason, "reason">>;
};

// What sources of a user's own are written with.
using detail::read_result;
using detail::read_status;
using detail::source_context;
using detail::source_split;
using detail::unlimited_split;

}  // namespace weir
