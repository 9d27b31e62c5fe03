#include "weir/testkit/exactly_once.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <string_view>

#include "weir/core/error.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir::testing {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool matches(const std::string& pattern, const std::string& path) {
  return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
}

bool is_hidden(const std::string& path) { return path[path.rfind('/') + 1] == '.'; }

/// The lines of `all` that `some` has not; both sorted.
std::vector<std::string> difference(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  std::vector<std::string> left;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(left));
  return left;
}

/// "2 lines, first 'a'".
std::string amount_of(const std::vector<std::string>& lines) {
  return fmt::format("{} line{}, first '{}'", lines.size(), lines.size() == 1 ? "" : "s", lines.front());
}

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(text, &end, 10);
  if (*end != '\0') throw error(fmt::format("{} is '{}' and must be a number", name, text));
  return number;
}

/// Not of time or place, so that nobody has run them before.
std::uint64_t fresh_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high % 1'000'000) * 1'000'000 + 1'000'000;
}

/// One run on a disk of its own. Returns what is wrong; empty: nothing.
std::string problem_of_run(const job& job, const job_files& files, simulation_options options,
                           simulation_events& events) {
  memory_storage disk;
  files.put_on(disk);
  options.storage = &disk;
  try {
    const simulation_report report = simulate(job, options);
    events += report.events;
    const std::string problem = files.problem_on(disk);
    return problem.empty() ? problem : fmt::format("{}; it met {}", problem, report.events.text());
  } catch (const std::exception& cause) {
    return cause.what();
  }
}

/// A few kinds of faults at a time find more than all at once (swarm testing, Groce et al. 2012).
simulation_options options_of(const seeds& runs, std::uint64_t seed) {
  simulation_options options = runs.options;
  options.seed = seed;
  random_numbers random(~seed);
  options.slots = 1 + random.below(runs.slots_max);
  if (random.one_in(5)) options.crashes_max = 0;
  if (random.one_in(2)) options.storage_errors_max = 0;
  if (random.one_in(2)) options.failures_max = 0;
  if (random.one_in(2)) options.damaged_snapshots_max = 0;
  if (random.one_in(2)) options.commit_faults_max = 0;
  return options;
}

void expect_as_without_faults(const job& job, job_files& files) {
  if (!files.expects_nothing()) return;
  memory_storage disk;
  files.put_on(disk);
  simulate(job, {.storage = &disk});
  files.expect_all_of(disk);
}

void print(const std::string& job, const exactly_once_report& report, const std::string& runs) {
  const std::string line = fmt::format("job '{}', {}: {}\n", job, runs, report.events.text());
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

/// `problem_of(seed, events)` is what is wrong with the run of a seed; empty: nothing.
template <class ProblemOf>
exactly_once_report check_seeds(const std::string& job, const seeds& runs, ProblemOf&& problem_of) {
  const std::optional<std::uint64_t> asked_for = number_in_environment("WEIR_SEED");
  const std::uint64_t count = number_in_environment("WEIR_SEEDS").value_or(runs.count);
  const std::uint64_t fresh = asked_for ? 0 : std::min<std::uint64_t>(count / 20, 1000);
  const std::uint64_t begin = asked_for.value_or(runs.first);
  const std::uint64_t fresh_begin = fresh_seed();
  exactly_once_report report;
  const auto run = [&](std::uint64_t seed) {
    const std::string problem = problem_of(seed, report.events);
    ++report.runs;
    if (problem.empty()) return true;
    report.problem = fmt::format("job '{}', seed {}: {}; the same again with WEIR_SEED={} WEIR_SEEDS=1", job, seed, problem,
                                 seed);
    return false;
  };
  bool holds = true;
  for (std::uint64_t seed = begin; holds && seed < begin + count; ++seed) holds = run(seed);
  for (std::uint64_t seed = fresh_begin; holds && seed < fresh_begin + fresh; ++seed) holds = run(seed);
  std::string seeds_run = fmt::format("seeds {} to {}", begin, begin + count - 1);
  if (fresh > 0) seeds_run += fmt::format(" and {} to {}", fresh_begin, fresh_begin + fresh - 1);
  if (report.holds()) print(job, report, seeds_run);
  return report;
}

}  // namespace

// ---- job_files --------------------------------------------------------------------------------------------------------

job_files& job_files::given(std::string path, std::string text) {
  given_.emplace_back(std::move(path), std::move(text));
  return *this;
}

job_files& job_files::expect(std::string path, std::vector<std::string> lines) {
  return expect_parts(std::move(path), {}, std::move(lines));
}

job_files& job_files::expect_text(std::string path, const std::string& text) { return expect(std::move(path), lines_of(text)); }

job_files& job_files::expect_parts(std::string pattern, std::string header, std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  expected_.push_back({std::move(pattern), std::move(header), std::move(lines)});
  return *this;
}

job_files& job_files::check(std::function<std::string(const memory_storage& disk)> problem) {
  check_ = std::move(problem);
  return *this;
}

void job_files::put_on(memory_storage& disk) const {
  for (const auto& [path, text] : given_) disk.write(path, text);
}

void job_files::expect_all_of(const memory_storage& disk) {
  for (const std::string& path : disk.paths()) {
    if (is_left_over(path)) expect_text(path, disk.read(path));
  }
}

std::string job_files::problem_on(const memory_storage& disk) const {
  for (const expectation& each : expected_) {
    std::string problem = problem_of(each, disk);
    if (!problem.empty()) return problem;
  }
  for (const std::string& path : disk.paths()) {
    const bool visible_to_check = check_ && !is_hidden(path);
    if (is_left_over(path) && !visible_to_check) return path + " is left over";
  }
  return check_ ? check_(disk) : std::string{};
}

std::string job_files::problem_of(const expectation& expected, const memory_storage& disk) const {
  std::vector<std::string> found;
  bool any = false;
  for (const std::string& path : disk.paths()) {
    if (!matches(expected.pattern, path)) continue;
    any = true;
    std::vector<std::string> lines = lines_of(disk.read(path));
    if (!expected.header.empty()) {
      if (lines.empty() || lines.front() != expected.header) return path + " does not begin with its header";
      lines.erase(lines.begin());
    }
    found.insert(found.end(), lines.begin(), lines.end());
  }
  if (!any && !expected.lines.empty()) return "there is no " + expected.pattern;
  std::sort(found.begin(), found.end());
  const std::vector<std::string> missing = difference(expected.lines, found);
  const std::vector<std::string> surplus = difference(found, expected.lines);
  if (missing.empty() && surplus.empty()) return {};
  if (surplus.empty()) return fmt::format("{} lacks {}", expected.pattern, amount_of(missing));
  if (missing.empty()) return fmt::format("{} has too many lines: {}", expected.pattern, amount_of(surplus));
  return fmt::format("{} lacks {}, and has too many lines: {}", expected.pattern, amount_of(missing), amount_of(surplus));
}

bool job_files::is_left_over(const std::string& path) const {
  if (path.starts_with(std::string(simulated_checkpoints) + "/")) return false;
  const bool is_given = std::any_of(given_.begin(), given_.end(), [&](const auto& each) { return each.first == path; });
  const bool is_expected = std::any_of(expected_.begin(), expected_.end(),
                                       [&](const expectation& each) { return matches(each.pattern, path); });
  return !is_given && !is_expected;
}

// ---- runs -------------------------------------------------------------------------------------------------------------

exactly_once_report check_exactly_once(const job& job, job_files files, const seeds& runs) {
  expect_as_without_faults(job, files);
  return check_seeds(job.name(), runs, [&](std::uint64_t seed, simulation_events& events) {
    return problem_of_run(job, files, options_of(runs, seed), events);
  });
}

exactly_once_report check_exactly_once(const std::function<drawn_job(std::uint64_t seed)>& draw, const seeds& runs) {
  return check_seeds(draw(0).under_test.name(), runs, [&](std::uint64_t seed, simulation_events& events) {
    drawn_job drawn = draw(seed);
    expect_as_without_faults(drawn.under_test, drawn.files);
    return problem_of_run(drawn.under_test, drawn.files, options_of(runs, seed), events);
  });
}

exactly_once_report check_exactly_once(const job& job, job_files files, const every_crash& runs) {
  expect_as_without_faults(job, files);
  simulation_options options{.seed = runs.seed,
                             .slots = runs.slots,
                             .slots_after_crash_max = runs.slots_after_crash_max};
  exactly_once_report report;
  const auto run = [&](crash_point at, std::string_view when) {
    options.crash_at = at;
    const std::string problem = problem_of_run(job, files, options, report.events);
    ++report.runs;
    if (problem.empty()) return true;
    report.problem = fmt::format("job '{}', seed {}, dying {} {}: {}", job.name(), runs.seed, when, at.number, problem);
    return false;
  };
  using moment = crash_point::moment;
  if (!run({moment::before_decision, std::numeric_limits<std::uint64_t>::max()}, "never, at decision")) return report;
  const std::uint64_t decisions = report.events.decisions;
  const std::uint64_t calls = report.events.storage_calls;
  if (decisions + 2 * calls > runs.runs_max) {
    report.problem = fmt::format("job '{}' has {} moments at which it can die, and {} are allowed; give it less input",
                                 job.name(), decisions + 2 * calls, runs.runs_max);
    return report;
  }
  bool holds = true;
  for (std::uint64_t at = 1; holds && at <= decisions; ++at) holds = run({moment::before_decision, at}, "before decision");
  for (std::uint64_t at = 0; holds && at < calls; ++at) {
    holds = run({moment::before_storage_call, at}, "before storage call") &&
            run({moment::after_storage_call, at}, "after storage call");
  }
  if (!report.holds()) return report;
  print(job.name(), report, fmt::format("every moment of seed {}, {} decisions and {} storage calls", runs.seed, decisions, calls));
  return report;
}

}  // namespace weir::testing
