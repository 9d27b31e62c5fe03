#pragma once
// The job: a value that holds a whole graph. It may be planned, run, and run again.
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/dsl/operator.hpp"
#include "weir/dsl/stream.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/run_options.hpp"
#include "weir/runtime/savepoint.hpp"
#include "weir/runtime/watermark_explanation.hpp"

namespace weir {

namespace detail {
/// What a user may give to `job` by mistake instead of its name.
template <class Type>
concept part_of_expression = any_stream<Type> || operator_description<Type> ||
                             std::derived_from<std::remove_cvref_t<Type>, pipeline> ||
                             std::same_as<std::remove_cvref_t<Type>, broken_pipeline>;

class job_control;
}  // namespace detail

enum class plan_format : std::uint8_t {
  text,
  dot,
  mermaid,
  json  ///< the operators with uids and the types of their state, to compare with those of other code
};

/// Figures of one operator, over all its subtasks.
struct operator_report {
  std::string kind;
  std::string uid;
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t late_records = 0;
  std::uint64_t malformed_records = 0;
  std::uint64_t failed_refreshes = 0;   ///< of the table of a lookup join, whose older version stayed in use
  std::uint64_t event_timers = 0;       ///< registered and not fired, over all keys
  std::uint64_t processing_timers = 0;  ///< the same
  std::uint64_t state_bytes = 0;        ///< what its state takes in memory; see docs/concepts
  std::uint64_t spilled_bytes = 0;      ///< written to disk, because its state was more than its share of the memory
  std::uint64_t open_entries = 0;  ///< state entries still open at the end, whose results were not emitted
};

/// Figures of one stage, over all its subtasks.
struct stage_report {
  std::string name;
  std::size_t parallelism = 0;
  std::uint64_t batches_in = 0;
  std::uint64_t batches_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t spilled_batches = 0;  ///< batches that one user call emitted beyond the room of its channel
  std::uint64_t spilled_bytes = 0;    ///< of these, that wait now
  std::chrono::nanoseconds busy{0};
  std::chrono::nanoseconds idle{0};
  std::chrono::nanoseconds backpressured{0};
  std::chrono::nanoseconds checkpoint_pause_max{0};  ///< the longest for which a checkpoint kept one from its next batch
  std::int64_t watermark_ms = 0;  ///< the least over its subtasks
  event_time_report event_time;   ///< the same, and what holds it back
  std::vector<operator_report> operators;
};

/// What a run was, or is so far.
struct job_report {
  std::string name;
  std::chrono::nanoseconds duration{0};
  bool stopped = false;  ///< stopped before the end of its input
  std::uint64_t checkpoints_completed = 0;  ///< since the last restart, as the figures of the stages
  std::uint64_t checkpoints_failed = 0;
  std::uint64_t last_checkpoint = 0;  ///< number of the last complete one; 0: none
  std::uint64_t last_checkpoint_bytes = 0;
  std::chrono::nanoseconds last_checkpoint_duration{0};
  std::uint64_t memory_budget = 0;        ///< `run_options::memory`
  std::uint64_t in_flight_bytes_max = 0;  ///< that the channels between its stages hold when all are full
  std::vector<stage_report> stages;
  std::vector<std::string> notes;  ///< what the user should know, one sentence each

  /// The figures of the operator with that uid; null where there is none.
  const operator_report* find(std::string_view uid) const;
};

/// The event time of every stage, and what holds it back, since when, and what would release it: lines for people to
/// read. SIGUSR1 makes a job that `run(job, argc, argv)` runs print them.
std::string explain_watermark(const job_report& report);

/// A job that runs in the background.
class job_handle {
 public:
  job_handle(job_handle&&) noexcept;
  job_handle& operator=(job_handle&&) noexcept;
  /// Stops the job if it still runs, and waits for it.
  ~job_handle();

  /// Returns when the job has ended. Throws weir::error if it failed. One thread may wait, as often as it likes.
  job_report wait();
  /// Sources stop and what is in flight drains; whether what is open fires then, `how` says. Safe from any thread.
  void stop(stop_mode how = stop_mode::keep_open) noexcept;
  /// Takes a savepoint: a checkpoint that is also written to `directory`, which must be new or empty, and is never
  /// removed. Waits for it. Throws weir::error, one sentence, if there is none. Safe from any thread.
  savepoint_report savepoint(const std::string& directory);
  /// The same, and the job stops behind it, so that nothing comes after it. It goes on if none could be begun.
  savepoint_report stop_with_savepoint(const std::string& directory, stop_mode how = stop_mode::keep_open);
  /// Ends at once, as a failure; results in progress are withdrawn. Does nothing to a job that has ended.
  void cancel() noexcept;
  bool running() const noexcept;
  /// The figures so far.
  job_report metrics() const;

  /// For those that serve it to others. Valid as long as the handle, also when that is moved.
  detail::job_control& control() noexcept;

 private:
  friend class job;
  struct state;
  explicit job_handle(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

/// A named job over one or more pipelines that end in sinks. Copies share the same description.
class job {
 public:
  /// Every argument is what `to` or `branch` returned. Throws weir::error for a uid that is used twice.
  template <class... Pipelines>
  explicit job(std::string name, Pipelines&&... pipelines) : graph_(make_description(std::move(name), collect(pipelines...))) {}
  /// A job without a name does not compile.
  template <class First, class... Pipelines>
    requires detail::part_of_expression<First>
  explicit job(First&&, Pipelines&&...)  {
    static_cast<void>(job_without_name<std::remove_cvref_t<First>>{});
  }

  const std::string& name() const noexcept;

  /// The stages, fused operators, element types, exchanges, parallelism and state that a run in `options.slots` slots
  /// would have. Throws weir::error for a job that cannot run so.
  std::string plan(plan_format format = plan_format::text, const run_options& options = {}) const;

  /// Runs to the end. Throws weir::error, one sentence, if the job fails.
  job_report run(const run_options& options = {}) const;

  /// Runs in the background.
  job_handle start(const run_options& options = {}) const;

  /// The description that executors run.
  const detail::graph& description() const noexcept { return *graph_; }

 private:
  static std::shared_ptr<const detail::graph> make_description(std::string name, const pipeline& all);

  template <class First>
  struct job_without_name {
    static_assert(detail::never<First>, "weir: job(...): a job needs a name; write job(\"name\", pipeline...)");
  };
  template <class... Pipelines>
  struct job_without_pipeline {
    static_assert(sizeof...(Pipelines) > 0,
                  "weir: job(name): a job needs a pipeline; write job(name, from(...) | ... | to<\"uid\">(...))");
  };
  template <class Pipeline>
  struct pipeline_without_sink {
    static_assert(detail::never<Pipeline>,
                  "weir: job(name, pipeline...): the pipeline has no sink; end it with to<\"uid\">(...)");
  };
  template <class Pipeline>
  struct pipeline_without_source {
    static_assert(detail::never<Pipeline>,
                  "weir: job(name, pipeline...): the pipeline has no source; begin it with from(...)");
  };
  template <class Type>
  struct no_pipeline {
    static_assert(detail::never<Type>,
                  "weir: job(name, pipeline...): this is no pipeline; give from(...) | ... | to<\"uid\">(...)");
  };

  template <class... Pipelines>
  static pipeline collect(const Pipelines&... pipelines) {
    static_cast<void>(job_without_pipeline<Pipelines...>{});
    pipeline all;
    const auto add = [&](const auto& each) {
      using type = std::remove_cvref_t<decltype(each)>;
      if constexpr (std::is_base_of_v<pipeline, type>) {
        all.add(each);
      } else if constexpr (detail::any_stream<type>) {
        static_cast<void>(pipeline_without_sink<type>{});
      } else if constexpr (detail::operator_description<type>) {
        static_cast<void>(pipeline_without_source<type>{});
      } else if constexpr (!std::is_same_v<type, detail::broken_pipeline>) {
        static_cast<void>(no_pipeline<type>{});
      }
    };
    (add(pipelines), ...);
    return all;
  }

  std::shared_ptr<const detail::graph> graph_;
};

/// The main function of a job: reads the command line (run, plan, --help, …), runs, prints a summary, returns the
/// exit status: 0 for success, 1 for a failed job, 2 for wrong options. Errors are one sentence on standard error.
/// `make()` gives the job; what it throws, as for a uid that is used twice or a window of no length, is such an error.
int run(const std::function<job()>& make, int argc, char** argv);
/// The same with a job that was made before: what its expression throws is for the caller to catch.
int run(const job& job, int argc, char** argv);

}  // namespace weir
