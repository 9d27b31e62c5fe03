#include "weir/dsl/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/dsl/signal_watch.hpp"
#include "weir/runtime/restart_strategy.hpp"
#include "weir/state/snapshot_store.hpp"
#include "weir/windows/duration_text.hpp"

extern char** environ;

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

constexpr const char* variable = "WEIR_SUPERVISED";  // "DESCRIPTOR RESTORE"
constexpr std::chrono::milliseconds beat_interval = 50ms;
constexpr std::size_t beat_bytes_max = 512;  // less than PIPE_BUF: written whole or not at all

void say(const std::string& job, const std::string& what) {
  std::fputs(fmt::format("job '{}': {}\n", job, what).c_str(), stderr);
}

/// What the child's last beat said: a line "NANOSECONDS SUBTASK", or "0 " between steps.
struct last_beat {
  std::chrono::nanoseconds at{0};
  std::chrono::nanoseconds step_lasts{0};
  std::string subtask{};
};

/// The process that runs the job.
class child_process {
 public:
  child_process(char** arguments, const std::string& restore) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    reading_ = ends[0];
    ::fcntl(reading_, F_SETFL, O_NONBLOCK);
    // Everything that needs memory is made before the fork.
    const std::string told = fmt::format("{}={} {}", variable, ends[1], restore);
    std::vector<char*> environment;
    for (char** each = environ; *each != nullptr; ++each) environment.push_back(*each);
    environment.push_back(const_cast<char*>(told.c_str()));
    environment.push_back(nullptr);
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ == 0) {
      // A group of its own: an interrupt from the terminal comes to the parent only, which passes it on once.
      ::setpgid(0, 0);
      ::fcntl(ends[1], F_SETFD, 0);
      ::signal(SIGPIPE, SIG_DFL);          // an ignored signal would stay so
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // nobody would restart it: it stops in good order
      if (::getppid() == parent) ::execve("/proc/self/exe", arguments, environment.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    if (id_ < 0) {
      ::close(reading_);
      throw error(fmt::format("cannot start a process: {}", std::strerror(errno)));
    }
  }
  ~child_process() { ::close(reading_); }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  void signal(int number) const { ::kill(id_, number); }

  /// Waits for a beat, the end of the process, or a signal to this one, at most `timeout`.
  void wait(std::chrono::milliseconds timeout) {
    pollfd watched{reading_, POLLIN, 0};
    ::poll(&watched, 1, static_cast<int>(timeout.count()));
  }

  /// Reads what has come; keeps the last line.
  void read_beats(std::chrono::nanoseconds now) {
    char buffer[4096];
    for (;;) {
      const ::ssize_t count = ::read(reading_, buffer, sizeof buffer);
      if (count <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    const std::size_t end = received_.rfind('\n');
    if (end == std::string::npos) return;
    const std::size_t before = end == 0 ? std::string::npos : received_.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    take_line(std::string_view(received_).substr(begin, end - begin), now);
    received_.erase(0, end + 1);
  }
  const std::optional<last_beat>& last() const noexcept { return last_; }

  /// The status of waitpid, once the process has ended.
  std::optional<int> ended() const {
    int status = 0;
    return ::waitpid(id_, &status, WNOHANG) == id_ ? std::optional(status) : std::nullopt;
  }

 private:
  void take_line(std::string_view line, std::chrono::nanoseconds now) {
    std::int64_t lasts = 0;
    const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), lasts);
    if (failure != std::errc{}) return;
    const std::size_t digits = static_cast<std::size_t>(end - line.data());
    last_ = {now, std::chrono::nanoseconds{lasts}, std::string(line.substr(std::min(digits + 1, line.size())))};
  }

  pid_t id_ = -1;
  int reading_ = -1;
  std::string received_;
  std::optional<last_beat> last_;
};

class supervisor {
 public:
  supervisor(const std::string& job, char** arguments, const supervisor_options& options, const clock& clock,
             storage& disk)
      : job_(job),
        arguments_(arguments),
        options_(options),
        clock_(clock),
        disk_(disk),
        restarts_(restarts_of(options)) {
    newest_before_ = newest();
  }

  int run() {
    std::string restore;
    for (;;) {
      const int status = watch(restore);
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      const int number = WTERMSIG(status);
      const std::string end =
          stuck_.empty() ? fmt::format("its process was ended by signal {} ({})", number, ::strsignal(number)) : stuck_;
      if (signal_watch::seen() > 0) {
        say(job_, end);
        return 128 + number;
      }
      const auto delay = restarts_.next_delay(clock_.monotonic());
      if (!delay) {
        say(job_, fmt::format("{}, and it was restarted as often as --restart-attempts allows; the last complete "
                              "checkpoint is kept, --restore latest goes on from it",
                              end));
        return 128 + number;
      }
      restore = newest() > newest_before_ ? "latest" : "";
      say(job_, fmt::format("{}; it starts again {}", end,
                            restore.empty() ? "as it did first: it had not completed a checkpoint"
                                            : "from the latest checkpoint"));
      if (!pause(*delay)) return 128 + number;
    }
  }

 private:
  static restart_options restarts_of(const supervisor_options& options) {
    restart_options with = options.restart;
    if (with.strategy == restart_kind::none) with.strategy = restart_kind::exponential_backoff;
    return with;
  }

  std::uint64_t newest() const {
    const std::vector<std::uint64_t> ids = complete_snapshots(disk_, options_.checkpoint_directory);
    return ids.empty() ? 0 : ids.front();
  }

  /// Starts the process and waits for its end; returns how it ended.
  int watch(const std::string& restore) {
    child_process child(arguments_, restore);
    stuck_.clear();
    for (;;) {
      child.wait(beat_interval);
      if (const std::optional<int> status = child.ended()) return *status;
      pass_signals_on(child);
      const std::chrono::nanoseconds now = clock_.monotonic();
      child.read_beats(now);
      if (!stuck_.empty() || options_.stuck_after.count() == 0 || !child.last()) continue;
      stuck_ = what_is_stuck(*child.last(), now);
      if (!stuck_.empty()) child.signal(SIGKILL);
    }
  }

  std::string what_is_stuck(const last_beat& last, std::chrono::nanoseconds now) const {
    const std::chrono::nanoseconds silent = now - last.at;
    if (!last.subtask.empty() && last.step_lasts > options_.stuck_after) {
      return fmt::format("{} has not finished a step within {} and its process was killed", last.subtask,
                         duration_text(options_.stuck_after));
    }
    if (silent > options_.stuck_after) {
      return fmt::format("its process gave no sign of life within {} and was killed",
                         duration_text(options_.stuck_after));
    }
    return {};
  }

  void pass_signals_on(const child_process& child) {
    const int interrupts = signal_watch::interrupts_seen();
    const int terminations = signal_watch::seen() - interrupts;
    if (interrupts > passed_interrupts_) child.signal(SIGINT);
    if (terminations > passed_terminations_) child.signal(SIGTERM);
    // Only to a child that has said something: before its first beat SIGUSR1 would end it.
    const int questions = signal_watch::questions_seen();
    if (child.last() && std::exchange(passed_questions_, questions) < questions) child.signal(SIGUSR1);
    passed_interrupts_ = interrupts;
    passed_terminations_ = terminations;
  }

  /// False if a signal came.
  bool pause(std::chrono::milliseconds delay) const {
    const std::chrono::nanoseconds until = clock_.monotonic() + delay;
    while (signal_watch::seen() == 0) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.monotonic());
      if (left <= 0ms) return true;
      ::poll(nullptr, 0, static_cast<int>(std::min(left, beat_interval).count()));
    }
    return false;
  }

  const std::string& job_;
  char** arguments_;
  const supervisor_options& options_;
  const clock& clock_;
  storage& disk_;
  restart_strategy restarts_;
  std::uint64_t newest_before_ = 0;
  std::string stuck_;
  int passed_interrupts_ = 0;
  int passed_terminations_ = 0;
  int passed_questions_ = 0;
};

}  // namespace

int supervise(const std::string& job, char** arguments, const supervisor_options& options, const clock& clock,
              storage& disk) {
  const signal_watch signals;
  return supervisor(job, arguments, options, clock, disk).run();
}

std::optional<supervised_process> take_supervision() {
  const char* const told = std::getenv(variable);
  if (told == nullptr) return std::nullopt;
  const std::string text = told;
  ::unsetenv(variable);
  supervised_process found;
  const char* const end = text.data() + text.size();
  const auto [behind, failure] = std::from_chars(text.data(), end, found.heartbeat);
  if (failure != std::errc{} || behind == end || ::fcntl(found.heartbeat, F_SETFD, FD_CLOEXEC) != 0)
    return std::nullopt;
  found.restore.assign(behind + 1, end);
  return found;
}

heartbeat::heartbeat(int descriptor, const threaded_run& job) : descriptor_(descriptor) {
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);  // a supervisor that does not read holds nothing up
  thread_ = std::jthread([this, &job](const std::stop_token& ended) {
    std::unique_lock lock(mutex_);
    while (!ended.stop_requested()) {
      beat(job);
      ended_.wait_for(lock, ended, beat_interval, [] { return false; });
    }
  });
}

heartbeat::~heartbeat() = default;

void heartbeat::beat(const threaded_run& job) const {
  const auto longest = job.look([](const job_execution& execution) { return execution.longest_step(); });
  std::string line = longest ? fmt::format("{} {}", longest->lasts.count(), longest->subtask) : "0 ";
  std::replace(line.begin(), line.end(), '\n', ' ');
  line.resize(std::min(line.size(), beat_bytes_max - 1));
  line += '\n';
  static_cast<void>(!::write(descriptor_, line.data(), line.size()));
}

}  // namespace weir::detail
