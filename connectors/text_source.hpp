#pragma once
// What the text sources (lines, csv, json_lines) share: splitting files, reading lines, turning each into a record, and
// what happens to a line that is none.
//
// A format is a copyable value:
//   using value_type
//   static constexpr bool reports_malformed              whether a line may be no record
//   std::string describe(std::string_view where) const
//   auto make_parser() const                              per reader:
//     bool needs_header() const; void bind_header(std::string_view line, std::string_view path)
//     bool parse(std::string_view line, value_type&, arena&, parse_failure&)
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/fd_line_reader.hpp"
#include "weir/connectors/line_reader.hpp"
#include "weir/connectors/parse_failure.hpp"
#include "weir/core/arena.hpp"
#include "weir/core/error.hpp"
#include "weir/core/record.hpp"
#include "weir/runtime/source.hpp"


namespace weir {

/// Names standard input as the place to read from. It cannot be read again after a restart.
struct standard_input_t {};
inline constexpr standard_input_t standard_input{};

namespace detail {

inline constexpr std::uint64_t split_bytes_default = 16 << 20;

/// Closes a file descriptor that a source has opened; standard input stays open (-1 here).
struct close_descriptor {
  int descriptor = -1;
  explicit close_descriptor(int opened) : descriptor(opened) {}
  close_descriptor(close_descriptor&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
  close_descriptor& operator=(close_descriptor&&) = delete;
  ~close_descriptor();
};

/// An open connection and its lines.
struct live_input {
  close_descriptor guard;
  fd_line_reader lines;
};

enum class malformed_policy : std::uint8_t { fail, skip };

/// The splits of the files that `pattern` names, in order of path and offset. Throws weir::error when there is none.
/// `split_bytes` 0: every file is one split.
std::vector<source_split> file_splits(storage& storage, const std::string& pattern, std::uint64_t split_bytes);

/// The first line of a file.
std::string first_line(storage& storage, const std::string& path);

/// The sentence for a line that is no record.
[[noreturn]] void fail_malformed(const parse_failure& failure);

/// Parses lines into records and emits them; deals with lines that are none.
template <class Format>
class record_maker {
 public:
  using value_type = typename Format::value_type;

  record_maker(const Format& format, malformed_policy policy, std::string source, operator_metrics& metrics)
      : parser_(format.make_parser()), policy_(policy), source_(std::move(source)), metrics_(&metrics) {}

  auto& parser() noexcept { return parser_; }
  const std::string& source() const noexcept { return source_; }

  /// Forgets decoded strings; the records emitted so far have been taken in by then.
  void begin_batch() { scratch_.clear(); }

  /// Returns whether a record was emitted. `line_number` is called for the side output only.
  template <class Out, class LineNumber>
  bool make(std::string_view line, Out& out, LineNumber&& line_number) {
    value_type record{};
    if (parser_.parse(line, record, scratch_, failure_)) [[likely]] {
      out(std::move(record));
      return true;
    }
    metrics_->malformed_records.add(1);
    if constexpr (Out::takes_malformed) {
      out.malformed({source_, line_number(), std::string(line), failure_.message()});
    } else if (policy_ == malformed_policy::fail) {
      fail_malformed(failure_);
    }
    return false;
  }

 private:
  decltype(std::declval<const Format&>().make_parser()) parser_;
  malformed_policy policy_;
  std::string source_;
  operator_metrics* metrics_;
  arena scratch_;
  parse_failure failure_;
};

}  // namespace detail

/// Reads the records of a file, or of all files that a glob matches, in a text format.
/// Splits    16 MiB of a file each, whatever the parallelism; a pipe or device is one split.
/// Errors    a missing file, a line that is no record (unless skipped or split off): the job fails with one sentence.
template <class Format>
class file_source {
 public:
  using value_type = typename Format::value_type;
  static constexpr bool reports_malformed = Format::reports_malformed;

  file_source(std::string pattern, Format format) : pattern_(std::move(pattern)), format_(std::move(format)) {}

  /// Lines that are no records are counted and skipped; without this the job fails. With split<"malformed">() they go
  /// to the side output in either case.
  file_source skip_malformed() && {
    policy_ = detail::malformed_policy::skip;
    return std::move(*this);
  }
  /// Reads each file in parts of about this size; fewer bytes allow more subtasks to share a file.
  file_source split_bytes(std::uint64_t bytes) && {
    split_bytes_ = bytes == 0 ? 1 : bytes;
    return std::move(*this);
  }
  /// One subtask reads each file from its beginning to its end, in order.
  file_source single_split() && {
    split_bytes_ = 0;
    return std::move(*this);
  }

  std::string describe() const { return format_.describe(pattern_); }

  std::vector<detail::source_split> splits(detail::source_context& context) const {
    return detail::file_splits(context.storage, pattern_, split_bytes_);
  }

  class reader {
   public:
    reader(const file_source& source, const detail::source_split& split, detail::source_context& context)
        : maker_(source.format_, source.policy_, split.path, context.metrics),
          storage_(&context.storage),
          begin_(split.begin),
          end_(split.end),
          lines_(context.storage.open(split.path), split.path, split.begin, split.end) {
      if (!maker_.parser().needs_header()) return;
      if (split.begin == 0) {
        std::string_view header;
        if (!lines_.next_line(header)) return;
        lines_read_ = 1;
        maker_.parser().bind_header(header, split.path);
      } else {
        maker_.parser().bind_header(detail::first_line(context.storage, split.path), split.path);
      }
    }

    template <class Out>
    detail::read_result read(std::size_t max, Out& out) {
      maker_.begin_batch();
      std::size_t count = 0;
      std::string_view line;
      // Lines that are no records count too: they may fill a side output.
      for (std::size_t taken = 0; taken < max && !out.full(); ++taken) {
        if (!lines_.next_line(line)) return {count, detail::read_status::end};
        ++lines_read_;
        if (maker_.make(line, out, [this] { return line_number(); })) ++count;
      }
      return {count, detail::read_status::more};
    }

    std::string position() const { return maker_.source() + ", line " + std::to_string(line_number()); }
    std::uint64_t consumed() const {
      if (end_ == detail::unlimited_split) return lines_.next_offset() - begin_;
      return std::min(lines_.next_offset(), end_) - begin_;
    }

   private:
    // A split that begins within its file counts the lines before it once, when a number is asked for. Pipes cannot be
    // read again, but they are read from their beginning.
    std::uint64_t line_number() const {
      if (begin_ == 0) return lines_read_;
      if (!lines_before_) {
        lines_before_ = line_number_at(*storage_, maker_.source(), lines_.offset()) - lines_read_;
      }
      return *lines_before_ + lines_read_;
    }

    detail::record_maker<Format> maker_;
    storage* storage_;
    std::uint64_t begin_;
    std::uint64_t end_;
    line_reader lines_;
    std::uint64_t lines_read_ = 0;  // of this split
    mutable std::optional<std::uint64_t> lines_before_;
  };

  reader open(const detail::source_split& split, detail::source_context& context) const {
    return reader(*this, split, context);
  }

 private:
  std::string pattern_;
  Format format_;
  std::uint64_t split_bytes_ = detail::split_bytes_default;
  detail::malformed_policy policy_ = detail::malformed_policy::fail;
};

/// Reads records line by line from a file descriptor as they come: standard input, or a socket. `Connection` opens it.
/// One subtask reads. What was read cannot be read again, so such a source is at least a type of its own.
template <class Format, class Connection>
class live_source {
 public:
  using value_type = typename Format::value_type;
  static constexpr bool reports_malformed = Format::reports_malformed;
  static constexpr bool replayable = false;
  static constexpr bool is_bounded = false;

  live_source(Connection connection, Format format)
      : connection_(std::move(connection)), format_(std::move(format)) {}

  /// See file_source.
  live_source skip_malformed() && {
    policy_ = detail::malformed_policy::skip;
    return std::move(*this);
  }

  std::string describe() const { return format_.describe(connection_.describe()); }

  std::vector<detail::source_split> splits(detail::source_context&) const {
    return {{.path = connection_.describe(), .end = detail::unlimited_split}};
  }

  class reader {
   public:
    reader(const live_source& source, const detail::source_split& split, detail::source_context& context)
        : maker_(source.format_, source.policy_, split.path, context.metrics), input_(source.connection_.open()) {}

    template <class Out>
    detail::read_result read(std::size_t max, Out& out) {
      maker_.begin_batch();
      std::size_t count = 0;
      std::string_view line;
      for (std::size_t taken = 0; taken < max && !out.full(); ++taken) {  // see file_source
        const line_status status = input_.lines.next_line(line);
        if (status == line_status::end) return {count, detail::read_status::end};
        if (status == line_status::would_block) return {count, detail::read_status::waiting};
        ++line_number_;
        consumed_ += line.size() + 1;
        if (maker_.parser().needs_header() && line_number_ == 1) {
          maker_.parser().bind_header(line, maker_.source());
          continue;
        }
        if (maker_.make(line, out, [&] { return line_number_; })) ++count;
      }
      return {count, detail::read_status::more};
    }

    std::string position() const { return maker_.source() + ", line " + std::to_string(line_number_); }
    std::uint64_t consumed() const { return consumed_; }

   private:
    detail::record_maker<Format> maker_;
    detail::live_input input_;
    std::uint64_t line_number_ = 0;
    std::uint64_t consumed_ = 0;
  };

  reader open(const detail::source_split& split, detail::source_context& context) const {
    return reader(*this, split, context);
  }

 private:
  Connection connection_;
  Format format_;
  detail::malformed_policy policy_ = detail::malformed_policy::fail;
};

namespace detail {

/// Opens standard input.
struct standard_input_connection {
  std::string describe() const { return "standard input"; }
  live_input open() const;
};

}  // namespace detail
}  // namespace weir
