#pragma once
// SIGINT and SIGTERM, and SIGUSR1 apart from them, counted for the command line and for the supervisor; SIGPIPE
// ignored.
#include <csignal>

namespace weir::detail {

/// Counts from zero while it lives; one at a time in a process.
class signal_watch {
 public:
  signal_watch();
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// How often SIGINT and SIGTERM have come, since the last one of these was made.
  static int seen() noexcept;
  static int interrupts_seen() noexcept;
  /// The same for SIGUSR1, which asks what holds event time back.
  static int questions_seen() noexcept;

 private:
  struct sigaction old_interrupt_{};
  struct sigaction old_terminate_{};
  struct sigaction old_question_{};
  struct sigaction old_pipe_{};
};

}  // namespace weir::detail
