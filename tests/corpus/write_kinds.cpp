// Writes a snapshot of one of the jobs of kinds_jobs.hpp for the corpus, with all that the job needs to go on from it:
//
//   write_kinds DIRECTORY operators|windows
//
// The job is stopped with a savepoint when it has read about a third of its input.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/corpus/kinds_jobs.hpp"
#include "weir/core/error.hpp"

namespace {

using namespace std::chrono_literals;
namespace files = std::filesystem;

void write(const files::path& directory, bool operators) {
  files::create_directories(directory);
  files::current_path(directory);
  if (!files::is_empty(".")) throw weir::error(directory.string() + " is not empty; name a new directory");
  const std::uint64_t all =
      operators ? corpus::events + corpus::changes + corpus::rules : corpus::clicks + corpus::views;
  std::atomic<std::uint64_t> read{0};
  std::atomic<bool> slow{true};
  const auto pace = [&] {
    ++read;
    if (slow) std::this_thread::sleep_for(1ms);
  };
  corpus::hold_calls(true);
  const weir::job job = operators ? corpus::make_operators_job(pace) : corpus::make_windows_job(pace);
  weir::run_options options{.slots = 2, .batch_records = 8};  // short steps, so that the savepoint need not wait
  options.checkpoints.directory = "kept";
  weir::job_handle running = job.start(options);
  while (running.running() && read < all / 3) std::this_thread::sleep_for(1ms);
  running.stop_with_savepoint("snapshot");
  slow = false;
  running.wait();
  corpus::hold_calls(false);
  files::remove_all("kept");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[2] : "";
  if (kind != "operators" && kind != "windows") {
    std::fputs("usage: write_kinds DIRECTORY operators|windows\n", stderr);
    return 2;
  }
  try {
    write(argv[1], kind == "operators");
  } catch (const std::exception& cause) {
    std::fprintf(stderr, "write_kinds: %s\n", cause.what());
    return 1;
  }
  return 0;
}
