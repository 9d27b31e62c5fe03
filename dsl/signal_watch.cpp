#include "weir/dsl/signal_watch.hpp"

#include <atomic>

namespace weir::detail {
namespace {

// Any thread may run the handler while the main thread looks.
std::atomic<int> interrupts{0};
std::atomic<int> terminations{0};
std::atomic<int> questions{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may change lock-free atomics only");

extern "C" void count_signal(int number) {
  std::atomic<int>& count = number == SIGINT ? interrupts : number == SIGUSR1 ? questions : terminations;
  count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

signal_watch::signal_watch() {
  interrupts = 0;
  terminations = 0;
  questions = 0;
  struct sigaction action{};
  action.sa_handler = count_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  sigaction(SIGUSR1, &action, &old_question_);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  sigaction(SIGPIPE, &ignore, &old_pipe_);  // a closed reader is an error of the write, told in a sentence
}

signal_watch::~signal_watch() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGUSR1, &old_question_, nullptr);
  sigaction(SIGPIPE, &old_pipe_, nullptr);
}

int signal_watch::seen() noexcept { return interrupts.load() + terminations.load(); }
int signal_watch::interrupts_seen() noexcept { return interrupts.load(); }
int signal_watch::questions_seen() noexcept { return questions.load(); }

}  // namespace weir::detail
