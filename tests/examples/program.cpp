#include "tests/examples/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace {

std::string content_of(int descriptor) {
  std::string text;
  char buffer[4096];
  for (off_t offset = 0;;) {
    const ssize_t count = ::pread(descriptor, buffer, sizeof buffer, offset);
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    offset += count;
  }
}

}  // namespace

running_program::running_program(const std::string& path, std::vector<std::string> arguments,
                                 const program_options& options)
    : out_(::memfd_create("out", MFD_CLOEXEC)), err_(::memfd_create("err", MFD_CLOEXEC)) {
  const std::string program = std::filesystem::absolute(path);
  const std::string folder = options.folder;
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);

  process_ = ::fork();
  if (process_ != 0) return;
  // In the child only calls that are safe after fork.
  if (options.file_bytes_max) {
    const rlimit limit{*options.file_bytes_max, *options.file_bytes_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);  // then the write fails, as on a full disk
  }
  ::dup2(out_, STDOUT_FILENO);
  ::dup2(err_, STDERR_FILENO);
  if (::chdir(folder.c_str()) == 0) ::execv(program.c_str(), words.data());
  ::_exit(127);
}

running_program::~running_program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

void running_program::signal(int number) const { ASSERT_EQ(::kill(process_, number), 0); }

bool running_program::running() const {
  siginfo_t ended{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(process_), &ended, WEXITED | WNOHANG | WNOWAIT), 0);
  return ended.si_pid == 0;
}

program_result running_program::wait() {
  int status = 0;
  EXPECT_EQ(::waitpid(process_, &status, 0), process_);
  process_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(out_), content_of(err_)};
}

program_result run_program(const std::string& path, std::vector<std::string> arguments,
                           const program_options& options) {
  return running_program(path, std::move(arguments), options).wait();
}

bool wait_until(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 6000; ++tries) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}
