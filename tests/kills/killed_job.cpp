#include "tests/kills/killed_job.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <thread>
#include <utility>

#include "tests/examples/program.hpp"
#include "tests/kills/directory_events.hpp"
#include "tests/kills/shown_parts.hpp"

namespace {

namespace files = std::filesystem;
using namespace std::chrono_literals;

constexpr double full_speed = 1e12;  // records a second
constexpr std::chrono::minutes patience{3};

/// State and parent of a process, as the system knows them; nothing if there is none.
struct process_status {
  char state = 0;
  pid_t parent = 0;
};
std::optional<process_status> status_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  process_status found;
  std::istringstream behind_name(text.substr(text.rfind(')') + 1));
  behind_name >> found.state >> found.parent;
  return found;
}

bool is_alive(pid_t process) {
  const auto found = status_of(std::to_string(process));
  return found && found->state != 'Z' && found->state != 'X';
}

std::optional<pid_t> child_of(pid_t parent) {
  for (const auto& entry : files::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](char each) { return each >= '0' && each <= '9'; })) continue;
    const auto found = status_of(name);
    if (found && found->parent == parent && found->state != 'Z') return static_cast<pid_t>(std::stol(name));
  }
  return std::nullopt;
}

class killing {
 public:
  killing(const killable_job& job, files::path folder, int kills, std::uint64_t seed)
      : job_(job), folder_(std::move(folder)), wanted_(kills), seed_(seed), random_(seed) {}

  kill_figures run() {
    for (int round = 0; wants_more() && !failed(); ++round) {
      if (round > 10 + wanted_) fail("the job ends before it can be killed");
      begin_input();
      bool ended = false;
      while (wants_more() && !ended && !failed()) ended = !run_and_kill();
      if (!failed()) end_input(ended);
    }
    program_.reset();
    clear_folder();
    return figures_;
  }

 private:
  enum class moment { any, in_checkpoint, while_showing };

  bool wants_more() const { return figures_.kills < wanted_ || figures_.during_checkpoint < (wanted_ + 4) / 5; }
  static bool failed() { return ::testing::Test::HasFailure(); }
  void fail(const std::string& problem) const {
    ADD_FAILURE() << job_.program << ", after " << figures_.kills << " kills, seed " << seed_ << ": " << problem;
  }

  files::path kept() const { return folder_ / "kept"; }
  files::path out() const { return folder_ / "out"; }
  void clear_folder() const {
    for (const files::path& each : {kept(), out()}) files::remove_all(each);
  }

  // ---- the job
  // --------------------------------------------------------------------------------------------------------

  void begin_input() {
    clear_folder();
    files::create_directories(kept());
    files::create_directories(out());
    events_ = std::make_unique<directory_events>(kept(), out());
    shown_ = std::make_unique<shown_parts>(out(), job_.header, job_.expected);
  }

  void start(double rate) {
    const unsigned other = 1 + static_cast<unsigned>(random_() % 3);
    slots_ = (slots_ + other) % 4;  // 1 to 4 slots, and never as many as before
    std::vector<std::string> arguments = {"run"};
    arguments.insert(arguments.end(), job_.arguments.begin(), job_.arguments.end());
    for (const std::string& each :
         {std::string("--rate"), std::to_string(rate), std::string("--slots"), std::to_string(slots_ + 1),
          std::string("--output-dir"), std::string("out"), std::string("--checkpoint-dir"), std::string("kept"),
          std::string("--checkpoint-interval"), std::string("200ms"), std::string("--restore"),
          std::string("latest")}) {
      arguments.push_back(each);
    }
    if (job_.supervised) {
      for (const char* each :
           {"--supervise", "--restart", "fixed_delay", "--restart-delay", "10ms", "--restart-attempts", "1000000"}) {
        arguments.emplace_back(each);
      }
    }
    program_ =
        std::make_unique<running_program>(job_.program, std::move(arguments), program_options{.folder = folder_});
  }

  /// The process that runs the job, once it is another than the last one; nothing if the program ends.
  std::optional<pid_t> victim() {
    if (!job_.supervised) {
      start(job_.rate);
      return program_->id();
    }
    if (!program_) start(job_.rate);
    std::optional<pid_t> found;
    const bool there = wait([&] {
      found = child_of(program_->id());
      return found && *found != killed_;
    });
    return there ? found : std::nullopt;
  }

  /// Waits until `holds`; false if the job ends before.
  bool wait(const std::function<bool()>& holds) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (!goes_on(deadline)) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  bool goes_on(std::chrono::steady_clock::time_point deadline) const {
    if (!program_->running()) return false;
    if (std::chrono::steady_clock::now() <= deadline) return true;
    fail("nothing has happened for three minutes");
    return false;
  }

  // ---- one kill
  // -------------------------------------------------------------------------------------------------------

  /// False if the job has ended before it could be killed.
  bool run_and_kill() {
    const std::uint64_t before = newest_checkpoint();
    const std::optional<pid_t> process = victim();
    if (!process) return failed();
    if (random_() % 6 == 0) {  // while it restores itself
      pause(100ms);
      return kill(*process, before, moment::any);
    }
    if (!wait([&] { return newest_checkpoint() > before; })) return failed();
    const moment when = draw_moment();
    if (!await(when)) return failed();
    return kill(*process, before, when);
  }

  moment draw_moment() {
    const bool few_left = wanted_ - figures_.kills <= (wanted_ + 4) / 5 - figures_.during_checkpoint;
    const auto drawn = random_() % 3;
    return few_left || drawn == 0 ? moment::in_checkpoint : drawn == 1 ? moment::while_showing : moment::any;
  }

  bool await(moment when) {
    if (when == moment::any) {
      pause(300ms);
      return true;
    }
    const auto wanted =
        when == moment::in_checkpoint ? directory_events::event::checkpoint_begun : directory_events::event::part_shown;
    events_->forget();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!events_->wait_for(wanted, 10ms)) {
      if (!goes_on(deadline)) return false;
    }
    if (when == moment::in_checkpoint && random_() % 2 == 0) pause(2ms);
    return true;
  }

  void pause(std::chrono::microseconds most) {
    const auto drawn = random_() % static_cast<std::uint64_t>(most.count());
    std::this_thread::sleep_for(std::chrono::microseconds(drawn));
  }

  bool kill(pid_t process, std::uint64_t before, moment when) {
    ::kill(process, SIGKILL);
    if (job_.supervised) {
      if (!wait([&] { return !is_alive(process); })) return failed();
      killed_ = process;
    } else {
      const program_result result = program_->wait();
      if (result.status != 128 + SIGKILL) {
        program_.reset();
        if (result.status != 0) fail("it ended with status " + std::to_string(result.status) + ": " + result.err);
        return false;
      }
    }
    if (newest_checkpoint() > before) {
      ++figures_.kills;
      if (is_in_checkpoint()) ++figures_.during_checkpoint;
      if (when == moment::while_showing) ++figures_.while_showing;
    } else {
      ++figures_.early;
    }
    const std::string problem = shown_->look();
    if (!problem.empty()) fail(problem);
    return true;
  }

  // ---- what is on the disk
  // --------------------------------------------------------------------------------------------

  std::uint64_t newest(bool complete) const {
    std::uint64_t found = 0;
    std::error_code gone;
    for (const auto& entry : files::directory_iterator(kept(), gone)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("chk-") || (complete && !files::exists(entry.path() / "MANIFEST", gone))) continue;
      found = std::max<std::uint64_t>(found, std::stoull(name.substr(4)));
    }
    return found;
  }
  std::uint64_t newest_checkpoint() const { return newest(true); }
  bool is_in_checkpoint() const { return newest(false) > newest(true); }

  // ---- the end
  // --------------------------------------------------------------------------------------------------------

  void end_input(bool ended) {
    if (!ended && !job_.supervised) start(full_speed);
    if (program_) {
      const program_result result = program_->wait();
      program_.reset();
      if (result.status != 0) fail("it ended with status " + std::to_string(result.status) + ": " + result.err);
      // A timer that was not restored leaves a row behind.
      if (result.err.find("discarded without a result") != std::string::npos) fail(result.err);
    }
    ++figures_.inputs;
    const std::string problem = shown_->look_at_end();
    if (!problem.empty()) fail(problem);
    if (is_in_checkpoint()) fail("a checkpoint that is not complete is left over");
  }

  const killable_job& job_;
  files::path folder_;
  int wanted_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  kill_figures figures_;
  unsigned slots_ = 0;  // less one
  pid_t killed_ = -1;   // the last one, where a supervisor starts them
  std::unique_ptr<running_program> program_;
  std::unique_ptr<directory_events> events_;
  std::unique_ptr<shown_parts> shown_;
};

}  // namespace

kill_figures kill_again_and_again(const killable_job& job, const std::filesystem::path& folder, int kills,
                                  std::uint64_t seed) {
  return killing(job, folder, kills, seed).run();
}
