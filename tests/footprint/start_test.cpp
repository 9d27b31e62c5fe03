// What starting a job costs: time to the first output, resident memory, and the libraries that are loaded.
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr const char* program = "examples/first/first";

struct run {
  double first_output_ms;
  double resident_mb;
};

run start_once() {
  std::array<int, 2> pipe{};
  EXPECT_EQ(::pipe(pipe.data()), 0);
  const auto begun = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    ::execl(program, program, "--slots", "1", "--log-level", "error", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe[1]);
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 1) << "no output from " << program;
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begun;
  while (::read(pipe[0], &byte, 1) > 0) {
  }
  ::close(pipe[0]);
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  EXPECT_EQ(status, 0);
  return {spent.count(), static_cast<double>(used.ru_maxrss) / 1024};
}

TEST(start, takes_at_most_5_ms_and_10_mb) {
  run best = start_once();
  for (int attempt = 0; attempt < 30; ++attempt) {
    const run next = start_once();
    best.first_output_ms = std::min(best.first_output_ms, next.first_output_ms);
    best.resident_mb = std::min(best.resident_mb, next.resident_mb);
  }
  std::printf("first output after %.2f ms, %.1f MB resident (best of 31)\n", best.first_output_ms, best.resident_mb);
  EXPECT_LE(best.first_output_ms, 5.0);
  EXPECT_LE(best.resident_mb, 10.0);
}

TEST(start, loads_only_the_libraries_of_the_language) {
  FILE* const pipe = ::popen((std::string("ldd ") + program).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  const std::set<std::string> allowed{"linux-vdso.so.1", "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6",
                                      "libpthread.so.0"};
  std::array<char, 1024> line;
  int libraries = 0;
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
    std::string name(line.data());
    name.erase(0, name.find_first_not_of(" \t"));
    name = name.substr(0, name.find(' '));
    name = name.substr(name.rfind('/') + 1);
    ++libraries;
    EXPECT_TRUE(allowed.contains(name) || name.starts_with("ld-linux")) << "unexpected library: " << line.data();
  }
  ::pclose(pipe);
  EXPECT_GT(libraries, 2);
}

}  // namespace
