#pragma once
// Runs a program as a user does: with arguments, in a folder, with its output caught, and with signals from outside.
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

struct program_options {
  std::filesystem::path folder = ".";                ///< working directory
  std::optional<std::uint64_t> file_bytes_max = {};  ///< writing beyond it fails
};

struct program_result {
  int status = -1;  ///< exit status; 128 + signal for a program that a signal has killed
  std::string out;
  std::string err;
};

/// A program that runs in the background.
class running_program {
 public:
  /// `path` is relative to the working directory of the test.
  running_program(const std::string& path, std::vector<std::string> arguments, const program_options& options = {});
  /// Kills the program if it still runs.
  ~running_program();
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;

  void signal(int number) const;
  pid_t id() const noexcept { return process_; }
  /// Whether it has not ended yet.
  bool running() const;
  program_result wait();

 private:
  pid_t process_ = -1;
  int out_ = -1;  ///< files without a name, read at the end, so that the program never waits for a reader
  int err_ = -1;
};

/// Runs a program to its end.
program_result run_program(const std::string& path, std::vector<std::string> arguments,
                           const program_options& options = {});

/// Waits until `holds`, at most a minute; false if it does not.
bool wait_until(const std::function<bool()>& holds);
