#pragma once
// What the text sinks (lines, csv, json_lines) share when they write to a directory. Formats are those of text_sink.hpp
// that have
//   static constexpr std::string_view extension            of the parts' names, with its dot
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "weir/connectors/directory.hpp"
#include "weir/connectors/part_directory.hpp"
#include "weir/connectors/rolling_parts.hpp"
#include "weir/runtime/sink.hpp"

namespace weir {

/// Writes records to the parts of a directory in a text format. Every subtask writes parts of its own, and closes them at each
/// checkpoint, when they have their size, and when their time is over.
/// Visible   once the checkpoint that covers them is complete: exactly once. Without checkpoints when they are closed for
///           size or time, and the last ones when the job ends without failure: at least once, if it is run again.
/// Order     rows of one subtask keep their order; parts have none.
/// Errors    a directory that holds newer results than the job was restored from, or somebody else writes to; no
///           permission, a full disk: the job fails with one sentence.
template <class Format>
class directory_sink {
 public:
  template <class Element>
  static constexpr bool accepts = Format::template accepts<Element>;

  directory_sink(directory where, Format format) : where_(std::move(where)), format_(std::move(format)) {}

  std::string describe() const { return format_.describe(where_.path() + "/"); }

  template <class Element>
  class writer {
   public:
    using rows_type = decltype(std::declval<const Format&>().template make_writer<Element>({}));

    writer(rows_type rows, std::size_t append_bytes, detail::rolling_parts parts)
        : rows_(std::move(rows)), append_bytes_(append_bytes), parts_(std::move(parts)) {}

    void write(const Element& element) {
      rows_.row(element, text_);
      if (text_.size() >= append_bytes_) append();
    }
    void flush() {
      if (!text_.empty()) parts_.note_rows();
    }
    void close() { append(); }

    prepared_part prepare(const prepare_request& request) {
      append();
      return parts_.prepare(request);
    }

    processing_clock::time_point next_timer() const { return parts_.due(); }
    void on_timer(processing_clock::time_point now) {
      if (parts_.due() > now) return;
      append();
      parts_.roll();
    }

   private:
    void append() {
      parts_.append(text_);
      text_.clear();
    }

    rows_type rows_;
    std::size_t append_bytes_;
    detail::rolling_parts parts_;
    std::string text_;
  };

  template <class Element>
  writer<Element> open(sink_context& context) const {
    auto rows = format_.template make_writer<Element>(context.columns);
    std::string header;
    rows.header(header);
    auto into = context.shared_committer<detail::part_directory>(
        [&] { return std::make_shared<detail::part_directory>(context, where_.path()); });
    detail::rolling_parts parts(context, where_, std::move(header), Format::extension, std::move(into));
    const auto append_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(64 * 1024, where_.bytes_of_part()));
    return {std::move(rows), append_bytes, std::move(parts)};
  }

 private:
  directory where_;
  Format format_;
};

}  // namespace weir
