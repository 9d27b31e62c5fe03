#pragma once
// What a running job shows on a terminal: a progress bar, and at the end a summary.
#include <chrono>
#include <string>

#include "weir/dsl/job.hpp"
#include "weir/runtime/job_execution.hpp"

namespace weir::detail {

/// Redraws one line of standard error in place. Draws nothing for inputs of unknown size.
class progress_bar {
 public:
  progress_bar(std::string name, clock& clock);
  void draw(const job_execution& execution);
  /// Wipes the line.
  void clear();

 private:
  std::string name_;
  clock& clock_;
  std::chrono::nanoseconds begun_;
  bool drawn_ = false;
};

/// "job 'x' finished in 1.2 s: 20000 records read, 6901 written" and the notes, a line each.
std::string summary_of(const job_report& report, bool with_figures);

/// A table of the figures of every operator.
std::string figures_of(const job_report& report);

}  // namespace weir::detail
