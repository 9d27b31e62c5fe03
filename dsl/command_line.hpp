#pragma once
// The command line of a job executable: `run`, `plan`, what one asks of a running job (`status`, `savepoint`, `stop`,
// `cancel`), `--help`, `--version`, the options of every job, and the job's own options beside them.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "weir/dsl/job.hpp"

namespace weir {

/// Options of a job's own, then `run`: the job is made after they are read.
///   auto input = std::string("words.txt");
///   return weir::command_line("word-count", "Counts words.")
///       .option("--input", input, "text file or glob")
///       .run(argc, argv, [&] { return weir::job("word-count", ...); });
class command_line {
 public:
  command_line(std::string name, std::string description);
  command_line(command_line&&) noexcept;
  ~command_line();

  /// An option with a value; `target` holds the default and gets what the user gives. It must outlive `run`.
  command_line& option(const std::string& flag, std::string& target, const std::string& help);
  command_line& option(const std::string& flag, std::int64_t& target, const std::string& help);
  command_line& option(const std::string& flag, std::uint64_t& target, const std::string& help);
  command_line& option(const std::string& flag, double& target, const std::string& help);
  /// A flag without a value.
  command_line& option(const std::string& flag, bool& target, const std::string& help);

  /// Called after a run that succeeded, with its figures: for a result table.
  command_line& on_success(std::function<void(const job_report&)> show);

  /// Reads the command line, makes the job, plans or runs it, prints a summary to standard error. Returns the exit
  /// status: 0 for success, also of a job that was stopped by the `stop` command, 1 for a failed job, 2 for wrong
  /// options, 130 for a job that was interrupted. A first SIGINT or SIGTERM stops the job cleanly, a second one cancels
  /// it. With --supervise the job runs in a process of its own, whose status this returns.
  int run(int argc, char** argv, const std::function<job()>& make);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
