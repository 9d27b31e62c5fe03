#include "weir/dsl/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "weir/runtime/memory_shares.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t bar_width = 20;

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

std::uint64_t records_read(const job_execution& execution) {
  std::uint64_t read = 0;
  const auto& stages = execution.description().stages;
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    if (stages[stage]->operators.empty() || stages[stage]->operators.front().kind != "from") continue;
    for (const stage_metrics& subtask : execution.metrics()[stage]) read += subtask.operators.front().records_out.get();
  }
  return read;
}

/// 26300000 as "26.3 M".
std::string rounded(double number) {
  if (number >= 1e9) return fmt::format("{:.1f} G", number / 1e9);
  if (number >= 1e6) return fmt::format("{:.1f} M", number / 1e6);
  if (number >= 1e3) return fmt::format("{:.1f} k", number / 1e3);
  return fmt::format("{:.0f}", number);
}

/// How many characters fit on a line of the terminal; a longer one would be drawn below and not over the one before.
std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

}  // namespace

progress_bar::progress_bar(std::string name, clock& clock)
    : name_(std::move(name)), clock_(clock), begun_(clock.monotonic()) {}

void progress_bar::draw(const job_execution& execution) {
  const auto [consumed, total] = execution.progress();
  if (total == 0 || total == unlimited_split) return;
  const double part = std::min(1.0, static_cast<double>(consumed) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * bar_width);
  const double spent = seconds(clock_.monotonic() - begun_);
  const double left = part > 0 ? spent * (1 - part) / part : 0;
  std::string line = fmt::format("{} [{}{}] {:3.0f} %  {} records/s  {:.1f} s", name_, std::string(filled, '='),
                                 std::string(bar_width - filled, ' '), part * 100,
                                 rounded(static_cast<double>(records_read(execution)) / std::max(spent, 1e-3)), spent);
  if (left >= 1) line += fmt::format(", {:.0f} s left", left);
  line.resize(std::min(line.size(), terminal_columns() - 1));
  std::fputs(fmt::format("\r{}\x1b[K", line).c_str(), stderr);  // \x1b[K wipes what a longer line has left
  std::fflush(stderr);
  drawn_ = true;
}

void progress_bar::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

std::string summary_of(const job_report& report, bool with_figures) {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  for (const stage_report& stage : report.stages) {
    for (const operator_report& operation : stage.operators) {
      if (operation.kind == "from") read += operation.records_out;
      if (operation.kind == "to") written += operation.records_in;
    }
  }
  std::string text;
  if (with_figures) {
    text += fmt::format("job '{}' {} {:.3f} s: {} records read, {} written\n", report.name,
                        report.stopped ? "was stopped after" : "finished in", seconds(report.duration), read, written);
  }
  for (const std::string& note : report.notes) text += fmt::format("job '{}': {}\n", report.name, note);
  return text;
}

std::string figures_of(const job_report& report) {
  std::string text =
      fmt::format("{:<32} {:>14} {:>14} {:>8} {:>8} {:>11}\n", "operator", "records in", "records out", "late", "bad",
                  "state");
  for (const stage_report& stage : report.stages) {
    for (const operator_report& operation : stage.operators) {
      const std::string name =
          operation.uid.empty() ? operation.kind : fmt::format("{}<\"{}\">", operation.kind, operation.uid);
      text += fmt::format("{:<32} {:>14} {:>14} {:>8} {:>8} {:>11}\n", name, operation.records_in, operation.records_out,
                          operation.late_records, operation.malformed_records,
                          operation.state_bytes == 0 ? std::string() : bytes_text(operation.state_bytes));
    }
    text += fmt::format("  busy {:.3f} s, idle {:.3f} s, backpressured {:.3f} s, {} subtasks\n", seconds(stage.busy),
                        seconds(stage.idle), seconds(stage.backpressured), stage.parallelism);
  }
  return text;
}

}  // namespace weir::detail
