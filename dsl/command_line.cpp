#include "weir/dsl/command_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/core/version.hpp"
#include "weir/dsl/job_run.hpp"
#include "weir/dsl/parse_bytes.hpp"
#include "weir/dsl/parse_duration.hpp"
#include "weir/dsl/plan_difference.hpp"
#include "weir/dsl/progress.hpp"
#include "weir/dsl/signal_watch.hpp"
#include "weir/dsl/state_growth.hpp"
#include "weir/dsl/supervisor.hpp"
#include "weir/dsl/web_extension.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = std::size_t{1} << 20;
constexpr int exit_failed = 1;
constexpr int exit_wrong_options = 2;
constexpr int exit_interrupted = 130;

/// Accepts the names of `values` and nothing else; the target gets the value.
template <class Value>
CLI::Validator one_of(std::vector<std::pair<std::string, Value>> values) {
  const auto check = [values = std::move(values)](std::string& text) -> std::string {
    std::string names;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& [name, value] = values[i];
      if (text == name) {
        text = std::to_string(static_cast<int>(value));
        return {};
      }
      names += fmt::format("{}{}", i == 0 ? "" : i + 1 == values.size() ? " or " : ", ", name);
    }
    return fmt::format("'{}' is not {}", text, names);
  };
  return CLI::Validator(check, "");
}

CLI::Validator number_between(std::int64_t least, std::int64_t most) {
  const auto check = [=](std::string& text) -> std::string {
    std::int64_t number = 0;
    if (CLI::detail::lexical_cast(text, number) && number >= least && number <= most) return {};
    return fmt::format("'{}' is not a number from {} to {}", text, least, most);
  };
  return CLI::Validator(check, "");
}

/// Takes a duration, or a number of `unit`; the target gets how many of `unit` it is.
CLI::Validator duration_between(std::chrono::milliseconds least, std::chrono::milliseconds most,
                                std::chrono::nanoseconds unit = 1ms) {
  const auto check = [=](std::string& text) -> std::string {
    const auto found = detail::parse_duration(text, unit);
    if (!found || *found < least || *found > most || *found % unit != 0ns) {
      return fmt::format("'{}' is not a duration from {} to {}, such as {}", text, detail::duration_text(least),
                         detail::duration_text(most), unit < 1ms ? "20ms" : "500ms, 1s or 2min");
    }
    text = std::to_string(*found / unit);
    return {};
  };
  return CLI::Validator(check, "");
}

/// Takes an amount of memory, or a number of `unit` bytes; the target gets how many bytes it is.
CLI::Validator bytes_in(std::size_t unit) {
  const auto check = [=](std::string& text) -> std::string {
    const auto found = detail::parse_bytes(text, unit);
    if (!found || *found == 0) return fmt::format("'{}' is not an amount of memory, such as 512MB or 2GB", text);
    text = std::to_string(*found);
    return {};
  };
  return CLI::Validator(check, "");
}

std::string time_default(std::int64_t ms) {
  return fmt::format("TIME={}", detail::duration_text(std::chrono::milliseconds{ms}));
}

/// What is wrong with the command line, in one sentence without its end.
std::string complaint(const CLI::App& app, const CLI::ParseError& wrong) {
  if (dynamic_cast<const CLI::ExtrasError*>(&wrong) != nullptr) {
    const std::vector<std::string> unknown = app.remaining(true);
    if (!unknown.empty()) {
      const bool option = unknown.front().starts_with('-');
      return fmt::format("there is no {} '{}'", option ? "option" : "command", unknown.front());
    }
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&wrong) != nullptr) {
    const std::string text = wrong.what();  // "--slots: 1 required ..."
    return fmt::format("{} needs a value", text.substr(0, text.find(':')));
  }
  if (dynamic_cast<const CLI::ConversionError*>(&wrong) != nullptr) {
    const std::string text = wrong.what();  // "Could not convert: --events = many"
    const std::size_t option = text.find("--");
    const std::size_t value = text.find(" = ", option);
    if (option != std::string::npos && value != std::string::npos) {
      return fmt::format("{}: '{}' is not a number", text.substr(option, value - option), text.substr(value + 3));
    }
  }
  if (dynamic_cast<const CLI::RequiresError*>(&wrong) != nullptr) {
    const std::string text = wrong.what();  // "--checkpoint-interval requires --checkpoint-dir"
    const std::size_t option = text.find(" requires --checkpoint-dir");
    if (option != std::string::npos) {
      return fmt::format("{} is for checkpoints, and without a place to keep them none are taken; add --checkpoint-dir DIRECTORY",
                         text.substr(0, option));
    }
    if (text.ends_with(" requires --supervise")) {
      return fmt::format("{} ends the process of a job so that it is started again, and without --supervise nobody does; add "
                         "--supervise",
                         text.substr(0, text.find(' ')));
    }
  }
  return wrong.what();
}

}  // namespace

struct command_line::state {
  std::string name;
  CLI::App app;
  CLI::App* run_command = nullptr;
  CLI::App* plan_command = nullptr;
  std::vector<std::pair<CLI::App*, detail::web_question::kind>> questions;
  run_options options;
  detail::web_place web;
  detail::web_question question{};
  bool drain = false;
  bool supervise = false;
  std::int64_t stuck_after_ms = 0;
  std::optional<detail::supervised_process> supervision;
  plan_format format = plan_format::text;
  bool no_progress = false;
  CLI::App* inspect_command = nullptr;
  std::string inspected_path;
  std::string inspected_uid;
  std::string inspected_operator_state;  // its uid
  state_format inspect_format = state_format::json;
  std::vector<std::string> compared;
  std::int64_t buffer_timeout_us = 0;
  std::int64_t checkpoint_interval_ms = 0;
  std::int64_t checkpoint_timeout_ms = 600'000;
  std::int64_t checkpoint_pause_ms = 0;
  std::int64_t restart_delay_ms = 100;
  std::function<void(const job_report&)> on_success;

  explicit state(std::string description) : app(std::move(description)) {}

  void add_web_options();
  void add_supervisor_options();
  void take_durations();
  void check_restart_options() const;
  std::unique_ptr<detail::web_service> serve(detail::threaded_run& running, storage& disk) const;
  int run_job(const job& job);
  int compare_with(const job& job);
  int inspect();
  int ask();
  int supervise_job(char** argv);
};

command_line::command_line(std::string name, std::string description)
    : state_(std::make_unique<state>(std::move(description))) {
  state& own = *state_;
  own.name = name;
  own.app.name(name);
  own.app.set_version_flag("--version", fmt::format("{} (weir {})", name, version));
  own.app.fallthrough();
  own.app.require_subcommand(0, 1);
  own.run_command = own.app.add_subcommand("run", "run the job (this is also what no command does)");
  own.plan_command = own.app.add_subcommand("plan", "print stages, operators, exchanges and state; run nothing");

  own.plan_command->add_option("--format", own.format, "text, dot, mermaid or json (for --diff)")
      ->transform(one_of<plan_format>({{"text", plan_format::text},
                                       {"dot", plan_format::dot},
                                       {"mermaid", plan_format::mermaid},
                                       {"json", plan_format::json}}))
      ->option_text("FORMAT=text");
  own.plan_command
      ->add_option("--diff", own.compared,
                   "say which state of OLD survives in NEW, or in this job: snapshots or plans in JSON; status 1 if not all")
      ->expected(1, 2)
      ->option_text("OLD [NEW]");
  own.inspect_command =
      own.app.add_subcommand("inspect", "print what is in a snapshot, or the state of one operator; run nothing");
  own.inspect_command
      ->add_option("path", own.inspected_path, "a savepoint, a checkpoint, or a checkpoint directory, whose newest is meant")
      ->required()
      ->option_text("PATH");
  own.inspect_command->add_option("--state", own.inspected_uid, "the rows of the operator with this uid")->option_text("UID");
  own.inspect_command
      ->add_option("--operator-state", own.inspected_operator_state, "the lists of the operator with this uid, by subtask")
      ->option_text("UID")
      ->excludes("--state");
  own.inspect_command->add_option("--format", own.inspect_format, "json (one object a line) or csv, for both")
      ->transform(one_of<state_format>({{"json", state_format::json}, {"csv", state_format::csv}}))
      ->option_text("FORMAT=json");
  own.options.log = log_level::info;
  own.buffer_timeout_us = own.options.buffer_timeout.count();
  own.app.add_option("--slots", own.options.slots, "worker threads; one per core when not given")
      ->check(number_between(1, 1024))
      ->option_text("N");
  own.app.add_option("--batch-records", own.options.batch_records, "records in a batch at most")
      ->check(number_between(1, 65536))
      ->option_text(fmt::format("N={}", own.options.batch_records));
  own.app.add_option("--channel-capacity", own.options.channel_capacity, "full batches waiting in a channel at most")
      ->check(number_between(1, 4096))
      ->option_text(fmt::format("N={}", own.options.channel_capacity));
  own.app.add_option("--buffer-timeout-us", own.buffer_timeout_us, "a part-filled batch waits no longer")
      ->transform(duration_between(0ms, 1h, 1us))
      ->option_text(fmt::format("N={}", own.buffer_timeout_us));
  own.app.add_option("--pre-aggregation", own.options.pre_aggregation,
                     "auto, on or off: aggregate windows before records cross to other slots")
      ->transform(one_of<pre_aggregation>({{"auto", pre_aggregation::automatic},
                                           {"on", pre_aggregation::on},
                                           {"off", pre_aggregation::off}}))
      ->option_text("WHEN=auto");
  checkpoint_options& checkpoints = own.options.checkpoints;
  CLI::Option* const checkpoint_dir =
      own.app.add_option("--checkpoint-dir", checkpoints.directory, "keep checkpoints of the job's state here")
          ->option_text("DIRECTORY");
  own.app.add_option("--checkpoint-interval", own.checkpoint_interval_ms,
                     "time between two checkpoints, such as 1s; only one at the end when not given")
      ->transform(duration_between(1ms, 24h))
      ->option_text("TIME")
      ->needs(checkpoint_dir);
  own.app.add_option("--checkpoint-timeout", own.checkpoint_timeout_ms, "a checkpoint that takes longer is given up")
      ->transform(duration_between(1ms, 24h))
      ->option_text(time_default(own.checkpoint_timeout_ms))
      ->needs(checkpoint_dir);
  own.app.add_option("--checkpoint-pause", own.checkpoint_pause_ms, "least time between two checkpoints")
      ->transform(duration_between(0ms, 24h))
      ->option_text(time_default(own.checkpoint_pause_ms))
      ->needs(checkpoint_dir);
  own.app.add_option("--checkpoints-retained", checkpoints.retained, "complete checkpoints that are kept")
      ->check(number_between(1, 1000))
      ->option_text(fmt::format("N={}", checkpoints.retained))
      ->needs(checkpoint_dir);
  own.app.add_option("--guarantee", checkpoints.guarantee, "exactly_once, at_least_once or at_most_once after a failure")
      ->transform(one_of<delivery_guarantee>({{"exactly_once", delivery_guarantee::exactly_once},
                                              {"at_least_once", delivery_guarantee::at_least_once},
                                              {"at_most_once", delivery_guarantee::at_most_once}}))
      ->option_text("HOW=exactly_once");
  own.app.add_option("--restore", own.options.restore,
                     "go on from a snapshot's directory, or from the latest checkpoint if there is one")
      ->option_text("latest|DIRECTORY");
  own.app.add_flag("--allow-dropped-state", own.options.allow_dropped_state,
                   "restore although operators that are no more have state in the snapshot");
  own.app.add_option("--state", own.options.state.backend, "heap or rocksdb: where keyed state is kept")
      ->transform(one_of<state_backend>({{"heap", state_backend::heap}, {"rocksdb", state_backend::rocksdb}}))
      ->option_text("BACKEND=heap");
  own.app.add_option("--state-dir", own.options.state.directory,
                     "rocksdb's files while the job runs; in the checkpoint directory when not given")
      ->option_text("DIRECTORY");
  own.app.add_option("--memory", own.options.memory,
                     "for state and records in flight, over all slots; a job whose state takes more fails; no limit when "
                     "not given")
      ->transform(bytes_in(1))
      ->option_text("BYTES, as 2GB");
  own.app.add_option("--state-memory", own.options.state.memory,
                     "of that, for rocksdb and the rows above it; most of --memory, or 512MB, when not given")
      ->transform(bytes_in(mebibyte))
      ->option_text("BYTES, or MIB");
  own.app.add_flag("--allow-duplicates", own.options.allow_duplicates,
                   "write to a directory although it holds results that the job will make again");
  own.app.add_flag("--strict", own.options.strict, "refuse to start with keyed state that nothing bounds");
  own.app.add_option("--restart", own.options.restart.strategy,
                     "none, fixed_delay, exponential_backoff or failure_rate: what follows a failure")
      ->transform(one_of<restart_kind>({{"none", restart_kind::none},
                                        {"fixed_delay", restart_kind::fixed_delay},
                                        {"exponential_backoff", restart_kind::exponential_backoff},
                                        {"failure_rate", restart_kind::failure_rate}}))
      ->option_text("HOW=none");
  own.app.add_option("--restart-attempts", own.options.restart.attempts, "restarts at most, or failures per 10 minutes")
      ->check(number_between(1, 1'000'000'000))
      ->option_text(fmt::format("N={}", own.options.restart.attempts));
  own.app.add_option("--restart-delay", own.restart_delay_ms, "pause before a restart, the first one of a backoff")
      ->transform(duration_between(0ms, 24h))
      ->option_text(time_default(own.restart_delay_ms));
  own.add_supervisor_options();
  own.add_web_options();
  own.app.add_option("--log-level", own.options.log, "error, warning, info or debug (figures of every operator)")
      ->transform(one_of<log_level>({{"error", log_level::error},
                                     {"warning", log_level::warning},
                                     {"info", log_level::info},
                                     {"debug", log_level::debug}}))
      ->option_text("LEVEL=info");
  own.app.add_flag("--no-progress", own.no_progress, "draw no progress bar");
}

void command_line::state::add_supervisor_options() {
  app.add_flag("--drain", drain,
               "a stop sends the final watermark: what is open fires, the rest of the input is left out");
  CLI::Option* const supervised = app.add_flag("--supervise", supervise,
                                               "start the job again, from its latest checkpoint, when its process has died");
  app.add_option("--stuck-after", stuck_after_ms,
                 "with --supervise: kill the process when a step of a subtask takes longer; never when not given")
      ->transform(duration_between(100ms, 24h))
      ->option_text("TIME")
      ->needs(supervised);
}

/// Two options may be what they are for, which CLI11 does not know.
void command_line::state::check_restart_options() const {
  if (supervise || options.restart.strategy != restart_kind::none) return;
  for (const char* const option : {"--restart-attempts", "--restart-delay"}) {
    if (app.count(option) == 0) continue;
    throw CLI::ValidationError(
        fmt::format("{} is for restarts, and without --restart or --supervise there are none; add --restart HOW, such as "
                    "exponential_backoff, or --supervise",
                    option));
  }
}

void command_line::state::add_web_options() {
  app.add_option("--web", web.listen, "serve the running job over HTTP, on the loopback address unless HOST is given")
      ->option_text("[HOST:]PORT");
  app.add_option("--web-token-file", web.token_file,
                 "what HTTP clients must know stands here; or in the environment variable WEIR_WEB_TOKEN")
      ->option_text("FILE");
  using kind = detail::web_question::kind;
  const auto command = [this](const char* command_name, kind what, const char* help) {
    CLI::App* const made = app.add_subcommand(command_name, help);
    made->add_option("--url", web.url,
                     "where the job is served; by --web or --checkpoint-dir, or on port 8081, when not given")
        ->option_text("http://HOST:PORT");
    questions.emplace_back(made, what);
    return made;
  };
  command("status", kind::status, "print how the running job does, as JSON");
  command("savepoint", kind::savepoint, "let the running job write a savepoint")
      ->add_option("--to", question.directory, "a new or empty directory")
      ->required()
      ->option_text("DIRECTORY REQUIRED");
  command("stop", kind::stop, "stop the running job behind a last checkpoint")
      ->add_option("--savepoint", question.directory, "write that as a savepoint, too, to a new or empty directory")
      ->option_text("DIRECTORY");
  command("cancel", kind::cancel, "end the running job at once, as a failure");
}

command_line::command_line(command_line&&) noexcept = default;
command_line::~command_line() = default;

command_line& command_line::option(const std::string& flag, std::string& target, const std::string& help) {
  state_->app.add_option(flag, target, help)->capture_default_str();
  return *this;
}
command_line& command_line::option(const std::string& flag, std::int64_t& target, const std::string& help) {
  state_->app.add_option(flag, target, help)->capture_default_str();
  return *this;
}
command_line& command_line::option(const std::string& flag, std::uint64_t& target, const std::string& help) {
  state_->app.add_option(flag, target, help)->capture_default_str();
  return *this;
}
command_line& command_line::option(const std::string& flag, double& target, const std::string& help) {
  state_->app.add_option(flag, target, help)->capture_default_str();
  return *this;
}
command_line& command_line::option(const std::string& flag, bool& target, const std::string& help) {
  state_->app.add_flag(flag, target, help);
  return *this;
}
command_line& command_line::on_success(std::function<void(const job_report&)> show) {
  state_->on_success = std::move(show);
  return *this;
}

std::unique_ptr<detail::web_service> command_line::state::serve(detail::threaded_run& running, storage& disk) const {
  if (web.listen.empty()) return nullptr;
  auto service = detail::linked_web(running.name()).serve(running, web, disk);
  if (options.log >= log_level::info) {
    std::fputs(fmt::format("job '{}' is served at {}\n", running.name(), service->url()).c_str(), stderr);
  }
  return service;
}

int command_line::state::ask() {
  question.job = name;
  question.drain = drain;
  web.checkpoint_directory = options.checkpoints.directory;
  posix_storage disk;
  std::fputs(detail::linked_web(name).ask(question, web, disk).c_str(), stdout);
  return 0;
}

int command_line::state::supervise_job(char** argv) {
  if (options.checkpoints.directory.empty()) {
    std::fputs(fmt::format("job '{}': --supervise starts a job again from its checkpoints; add --checkpoint-dir "
                           "DIRECTORY\n", name).c_str(), stderr);
    return exit_wrong_options;
  }
  detail::system_clock clock;
  posix_storage disk;
  return detail::supervise(name, argv,
                           {.restart = options.restart,
                            .stuck_after = std::chrono::milliseconds{stuck_after_ms},
                            .checkpoint_directory = options.checkpoints.directory},
                           clock, disk);
}

int command_line::state::run_job(const job& job) {
  const detail::signal_watch signals;
  detail::check_options(job.name(), options);
  detail::system_clock clock;
  posix_storage disk;
  web.checkpoint_directory = options.checkpoints.directory;
  if (!web.listen.empty()) static_cast<void>(detail::linked_web(job.name()));  // before anything is opened
  detail::threaded_run running(job.description(), options, clock, disk);
  std::unique_ptr<detail::web_service> served = serve(running, disk);
  std::optional<detail::heartbeat> heart;
  if (supervision) heart.emplace(supervision->heartbeat, running);
  std::optional<detail::progress_bar> bar;
  if (!no_progress && options.log >= log_level::info && isatty(STDERR_FILENO) != 0) bar.emplace(job.name(), clock);
  int answered = 0;
  const auto answer = [&] {
    const int asked = signals.questions_seen();
    if (std::exchange(answered, asked) == asked) return;
    if (bar) bar->clear();
    std::fputs(explain_watermark(running.report()).c_str(), stderr);
  };
  const auto watch = [&](detail::threaded_run& running) {
    answer();
    if (signals.seen() > 1) {
      running.cancel(fmt::format("job '{}' was cancelled by a second signal", job.name()));
    } else if (signals.seen() == 1) {
      running.request_stop(drain ? stop_mode::drain : stop_mode::keep_open);
    }
    if (bar) running.look([&](const detail::job_execution& execution) { bar->draw(execution); });
  };
  if (options.log >= log_level::warning && !options.strict) {
    for (const std::string& sentence : detail::growing_states(job.description())) {
      std::fputs(fmt::format("job '{}': {}\n", job.name(), sentence).c_str(), stderr);
    }
  }
  running.run(watch);
  answer();
  if (bar) bar->clear();
  served.reset();
  if (running.failed()) throw error(running.failure());
  const job_report report = running.report();
  if (options.log >= log_level::debug) std::fputs(detail::figures_of(report).c_str(), stderr);
  if (options.log >= log_level::warning) {
    std::fputs(detail::summary_of(report, options.log >= log_level::info).c_str(), stderr);
  }
  if (report.stopped) return signals.seen() > 0 ? exit_interrupted : 0;
  if (on_success) on_success(report);
  return 0;
}

int command_line::state::compare_with(const job& job) {
  posix_storage disk;
  const bool with_this = compared.size() == 1;
  const detail::plan_difference difference = detail::compare_plans(
      detail::planned_states_at(disk, compared.front()),
      with_this ? detail::planned_states_of(job.description()) : detail::planned_states_at(disk, compared.back()),
      with_this ? &job.description() : nullptr);
  std::fputs(difference.text.c_str(), stdout);
  return difference.all_survive ? 0 : exit_failed;
}

int command_line::state::inspect() {
  posix_storage disk;
  snapshot_reader snapshot(disk, snapshot_directory_at(disk, inspected_path));
  const auto print = [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stdout); };
  if (inspected_uid.empty() && inspected_operator_state.empty()) {
    std::fputs(describe_snapshot(snapshot).c_str(), stdout);
  }
  if (!inspected_uid.empty()) write_state(snapshot, inspected_uid, inspect_format, print);
  if (!inspected_operator_state.empty()) write_operator_state(snapshot, inspected_operator_state, inspect_format, print);
  return 0;
}

void command_line::state::take_durations() {
  options.buffer_timeout = std::chrono::microseconds{buffer_timeout_us};
  options.checkpoints.interval = std::chrono::milliseconds{checkpoint_interval_ms};
  options.checkpoints.timeout = std::chrono::milliseconds{checkpoint_timeout_ms};
  options.checkpoints.pause_min = std::chrono::milliseconds{checkpoint_pause_ms};
  options.restart.delay = std::chrono::milliseconds{restart_delay_ms};
}

int command_line::run(int argc, char** argv, const std::function<job()>& make) {
  state& own = *state_;
  try {
    own.app.parse(argc, argv);
    own.check_restart_options();
  } catch (const CLI::Success& asked) {  // --help, --version
    return own.app.exit(asked);
  } catch (const CLI::ParseError& wrong) {
    std::fputs(fmt::format("job '{}': {}; {} --help lists the options\n", own.name, complaint(own.app, wrong), argv[0]).c_str(),
               stderr);
    return exit_wrong_options;
  }
  own.take_durations();
  own.supervision = detail::take_supervision();
  if (own.supervision && !own.supervision->restore.empty()) own.options.restore = own.supervision->restore;
  try {
    const auto naming_the_job = [&](auto&& call) {
      try {
        return call();
      } catch (const error& cause) {
        throw error(fmt::format("job '{}': {}", own.name, cause.what()));
      }
    };
    if (own.inspect_command->parsed()) return naming_the_job([&] { return own.inspect(); });
    for (const auto& [command, what] : own.questions) {
      if (!command->parsed()) continue;
      own.question.what = what;
      return own.ask();
    }
    if (own.supervise && !own.supervision && !own.plan_command->parsed()) return own.supervise_job(argv);
    const job made = make();
    if (!own.compared.empty()) return naming_the_job([&] { return own.compare_with(made); });
    if (own.plan_command->parsed()) {
      std::fputs(made.plan(own.format, own.options).c_str(), stdout);
      return 0;
    }
    return own.run_job(made);
  } catch (const std::exception& failure) {
    std::fputs(fmt::format("{}\n", failure.what()).c_str(), stderr);
    return detail::signal_watch::seen() > 0 ? exit_interrupted : exit_failed;
  }
}

int run(const std::function<job()>& make, int argc, char** argv) {
  try {
    return run(make(), argc, argv);
  } catch (const std::exception& failure) {
    std::fputs(fmt::format("{}\n", failure.what()).c_str(), stderr);
    return exit_failed;
  }
}

int run(const job& job, int argc, char** argv) {
  return command_line(job.name(), "A weir job.").run(argc, argv, [&] { return job; });
}

}  // namespace weir
