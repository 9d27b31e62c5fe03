#pragma once
// What a sink is to the runtime. A sink description is a copyable value; per subtask it opens a writer:
//
//   template <class Element> static constexpr bool accepts
//   std::string describe() const
//   template <class Element> auto open(sink_context&) const     the writer of one subtask
//   void writer::write(const Element&)                           one record
//   void writer::flush()                                         after a batch, when the stage flushes
//   void writer::close()                                         after the last record
// A sink whose results appear exactly once (two-phase commit) gets a committer from `context.shared_committer` in `open`, and
// its writers have
//   std::string writer::prepare(const prepare_request&)          at a barrier, and after close: makes what was written
//                                                                durable; its committer can make it visible from these
//                                                                bytes, in another process, too
//   void writer::take_over(std::string_view prepared, bool own)  may be left out: after a restore, before any record, for
//                                                                each old subtask; own: this one takes its place
// A sink whose result appears when all input is read, and not before, has
//   static constexpr bool shows_at_end = true
// A writer that has something to do at certain times, records or none, has
//   processing_clock::time_point writer::next_timer() const      max() where nothing is due
//   void writer::on_timer(processing_clock::time_point now)
// docs/howto shows a sink that commits in two phases; runtime/transactions.hpp has what most of them need.
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/runtime/operator.hpp"

namespace weir {

/// For which checkpoint a writer prepares.
struct prepare_request {
  std::uint64_t checkpoint = 0;  ///< that is being taken; 0 after `close`: the answer is part of every later one
  std::uint64_t completed = 0;   ///< the last one whose results are committed, and with it all that was prepared before;
                                 ///< what was prepared since must be told again: its checkpoint may have been given up
  bool finished = false;         ///< after `close`: nothing more will be written
};

/// What `open` of a sink gets.
struct sink_context {
  std::string_view job_name;
  std::string_view uid;
  std::size_t subtask;
  std::size_t parallelism;
  weir::clock& clock;
  weir::storage& storage;
  const std::vector<std::string>& columns;  ///< names of the flat columns; empty: those of the element type
  detail::shared_operator_state& shared;
  const std::function<void(std::shared_ptr<detail::job_listener>)>& add_listener;
  std::function<void(std::shared_ptr<committer>)> add_committer;
  bool checkpoints = false;        ///< whether the job takes any; without, all is prepared and committed when it ends
  std::uint64_t begins_after = 0;  ///< the checkpoint that the job was restored from; 0: it begins anew
  bool allow_duplicates = false;   ///< whether results may be added to newer ones

  /// The committer that all subtasks of the sink share: what `make` returns, a shared_ptr, for the first that asks. It has
  /// recovered. Throws weir::error if it cannot.
  template <class Committer, class Make>
  std::shared_ptr<Committer> shared_committer(Make&& make) {
    return shared.get<Committer>([&] {
      std::shared_ptr<Committer> made = make();
      add_committer(made);
      if constexpr (std::is_base_of_v<detail::job_listener, Committer>) add_listener(made);
      return made;
    });
  }
};

namespace detail {

using weir::sink_context;

/// The two phases where no checkpoints are taken: all is committed when the job ends, unless it fails.
class commit_at_end final : public job_listener {
 public:
  commit_at_end(std::string uid, std::shared_ptr<committer> commits)
      : uid_(std::move(uid)), commits_(std::move(commits)) {}

  /// Safe from all slots.
  void add(prepared_part part);
  std::string job_ended(job_outcome outcome) override;

 private:
  std::string uid_;
  std::shared_ptr<committer> commits_;
  std::mutex mutex_;
  std::vector<prepared_part> parts_;
};

/// What the subtasks of one sink share in one run.
class shared_sink {
 public:
  /// That of a run, which keeps it until the subtasks are gone.
  static shared_sink& of(operator_context& context);
  shared_sink();
  shared_sink(const shared_sink&) = delete;
  shared_sink& operator=(const shared_sink&) = delete;
  ~shared_sink();

  /// What the sink `uid` gets to open the writer of a subtask.
  sink_context context_of(subtask_context& subtask, std::string_view uid, const std::vector<std::string>& columns);

  /// Null where checkpoints are taken, and where there is no committer.
  commit_at_end* at_end() const noexcept { return at_end_.get(); }

  /// Lets a committer recover, and makes it known: to the coordinator of checkpoints, or for the end of the job. Throws
  /// weir::error if it cannot recover.
  void add_committer(const subtask_context& subtask, std::string_view uid, std::shared_ptr<committer> commits);

  /// Throws weir::error where checkpoints are taken and nobody would commit what writers prepare.
  void require_committer(std::string_view uid, bool checkpoints) const;

 private:
  shared_operator_state own_;
  bool has_committer_ = false;
  std::shared_ptr<commit_at_end> at_end_;
};

}  // namespace detail
}  // namespace weir
