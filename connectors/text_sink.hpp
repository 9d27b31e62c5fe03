#pragma once
// What the text sinks (lines, csv, json_lines) share: one result file that all subtasks append to, and that appears
// under its name only when the whole job has ended well.
//
// A format is a copyable value:
//   template <class Element> static constexpr bool accepts
//   std::string describe(std::string_view where) const
//   template <class Element> auto make_writer(const std::vector<std::string>& columns) const
//     void header(std::string& out); void row(const Element&, std::string& out)
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/claimed_file.hpp"
#include "weir/connectors/part_file.hpp"
#include "weir/core/storage.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/sink.hpp"

namespace weir {
namespace detail {

/// The file of one sink in one run. Rows collect in a hidden file beside the result; a job that finishes renames it,
/// one that is stopped leaves it as PATH.incomplete and says so, one that fails removes it.
class result_file final : public job_listener {
 public:
  /// Creates the hidden file, so that a missing permission shows before any work is done. Throws weir::error, also for
  /// a directory or device, and for a file that another sink of the job writes.
  result_file(storage& storage, std::string path, std::string_view uid, std::string_view header);
  ~result_file() override;
  result_file(const result_file&) = delete;
  result_file& operator=(const result_file&) = delete;

  /// Before any row: takes up those that the snapshot covers which the job was restored from. What the snapshot refers to
  /// stays as it is. Throws weir::error where it is gone.
  void begin_with(const std::vector<prepared_part>& parts);

  /// Appends whole rows; safe from all slots. Throws weir::error naming the sink, the file and the reason.
  void append(std::string_view rows);

  std::string job_ended(job_outcome outcome) override;

 private:
  template <class Action>
  void guarded(Action&& action);
  void remove_hidden() noexcept;

  storage& storage_;
  std::string path_;
  std::string hidden_path_;
  std::string uid_;
  claimed_file claimed_;
  std::mutex mutex_;
  std::unique_ptr<writable_file> file_;
};

/// Hands a restored job that takes no checkpoints the rows of its snapshot.
class covered_rows final : public committer {
 public:
  explicit covered_rows(std::shared_ptr<result_file> into) : into_(std::move(into)) {}
  void commit(const std::vector<prepared_part>&) override {}  // the file itself appears when the job ends
  void recover(const std::vector<prepared_part>& parts) override { into_->begin_with(parts); }

 private:
  std::shared_ptr<result_file> into_;
};

}  // namespace detail

/// Writes records to one file in a text format. The file appears whole, by atomic rename, when the job ends. With
/// checkpoints each subtask writes a hidden part of it, which a restore goes on with (part_file.hpp); one that takes no
/// checkpoints itself begins with a copy of what the snapshot covers.
/// Order     rows of one subtask keep their order.
/// Errors    no permission, a full disk: the job fails with one sentence and leaves no half file.
template <class Format>
class file_sink {
 public:
  static constexpr bool shows_at_end = true;
  template <class Element>
  static constexpr bool accepts = Format::template accepts<Element>;

  file_sink(std::string path, Format format) : path_(std::move(path)), format_(std::move(format)) {}

  std::string describe() const { return format_.describe(path_); }

  template <class Element>
  class writer {
   public:
    using rows_type = decltype(std::declval<const Format&>().template make_writer<Element>({}));

    writer(rows_type rows, std::shared_ptr<detail::result_file> file)
        : rows_(std::move(rows)), file_(std::move(file)) {}
    writer(rows_type rows, detail::part_file part) : rows_(std::move(rows)), part_(std::move(part)) {}

    void write(const Element& element) {
      rows_.row(element, text_);
      if (text_.size() >= append_bytes) append();
    }
    void flush() noexcept {}
    void close() { append(); }

    /// With checkpoints: what counts of the rows so far, which are durable then.
    prepared_part prepare(const prepare_request& request) {
      append();
      return part_ ? part_->prepare(request.finished) : prepared_part();
    }
    void take_over(std::string_view prepared, bool own) {
      if (part_) part_->take_over(detail::decode_parts(prepared), own);
    }

   private:
    static constexpr std::size_t append_bytes = 64 * 1024;
    void append() {
      if (part_) {
        part_->append(text_);
      } else {
        file_->append(text_);
      }
      text_.clear();
    }

    rows_type rows_;
    std::shared_ptr<detail::result_file> file_;  // without checkpoints
    std::optional<detail::part_file> part_;      // with them
    std::string text_;
  };

  template <class Element>
  writer<Element> open(sink_context& context) const {
    auto rows = format_.template make_writer<Element>(context.columns);
    if (context.checkpoints) {
      context.shared_committer<detail::part_joiner>([&] {
        std::string header;
        rows.header(header);
        return std::make_shared<detail::part_joiner>(context.storage, path_, context.uid, std::move(header));
      });
      return {std::move(rows), detail::part_file(context.storage, path_, context.uid, context.begins_after, context.subtask)};
    }
    auto file = context.shared.get<detail::result_file>([&] {
      std::string header;
      rows.header(header);
      auto made = std::make_shared<detail::result_file>(context.storage, path_, context.uid, header);
      context.add_listener(made);
      if (context.begins_after != 0) context.add_committer(std::make_shared<detail::covered_rows>(made));
      return made;
    });
    return {std::move(rows), std::move(file)};
  }

 private:
  std::string path_;
  Format format_;
};

}  // namespace weir
