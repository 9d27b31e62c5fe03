// Writes a snapshot for the corpus, with all that the job needs to go on from it:
//
//   write_corpus DIRECTORY heap|rocksdb
//
// The job is stopped with a savepoint when it has read about a third of its input.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/corpus/corpus_files.hpp"
#include "tests/corpus/corpus_job.hpp"

namespace {

using namespace std::chrono_literals;
namespace files = std::filesystem;

constexpr int payments = 900;

void write_payments() {
  std::ofstream file("payments.csv");
  file << "account,shop,amount,at\n";
  for (int i = 0; i < payments; ++i) {
    file << i * i % 17 << ",shop " << i % 5 << ',' << i * 7919 % 1000 << ',' << 1'700'000'000'000 + i * 1'000 << '\n';
  }
}

void write(const files::path& directory, weir::state_backend backend) {
  files::create_directories(directory);
  files::current_path(directory);
  if (!files::is_empty(".")) throw weir::error(directory.string() + " is not empty; name a new directory");
  write_payments();
  corpus::set_time_of_input();
  std::atomic<int> read{0};
  std::atomic<bool> slow{true};
  const weir::job job = corpus::make_job([&] {
    ++read;
    if (slow) std::this_thread::sleep_for(1ms);
  });
  weir::run_options options{.slots = 2, .batch_records = 8};  // short steps, so that the savepoint need not wait
  options.checkpoints.directory = "kept";
  options.state.backend = backend;
  weir::job_handle running = job.start(options);
  while (running.running() && read < 2 * payments / 3) std::this_thread::sleep_for(1ms);
  running.stop_with_savepoint("snapshot");
  slow = false;
  running.wait();
  files::remove_all("kept");
  files::remove("windows/.weir-lock");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string backend = argc == 3 ? argv[2] : "";
  if (backend != "heap" && backend != "rocksdb") {
    std::fputs("usage: write_corpus DIRECTORY heap|rocksdb\n", stderr);
    return 2;
  }
  try {
    write(argv[1], backend == "heap" ? weir::state_backend::heap : weir::state_backend::rocksdb);
  } catch (const std::exception& cause) {
    std::fprintf(stderr, "write_corpus: %s\n", cause.what());
    return 1;
  }
  return 0;
}
