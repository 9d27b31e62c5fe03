// Runs the benchmark programs of state, checkpoints and recovery on a small part of their input. The programs compare
// the results of their sides themselves; how long they take says nothing here.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

namespace {

struct ended_program {
  int status = -1;
  std::string output;
};

ended_program run(const std::string& program, const std::string& options) {
  ended_program ended;
  FILE* const pipe = ::popen(("benchmarks/" + program + " " + options + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4096> block;
  for (std::size_t size = 0; (size = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
    ended.output.append(block.data(), size);
  }
  ended.status = ::pclose(pipe);
  return ended;
}

void expect_rows(const std::string& program, const std::string& options, std::initializer_list<const char*> rows) {
  const ended_program ended = run(program, "--benchmark_min_time=0.001 " + options);
  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_EQ(ended.output.find("ERROR OCCURRED"), std::string::npos) << ended.output;
  for (const char* const row : rows) EXPECT_NE(ended.output.find(row), std::string::npos) << row << ended.output;
}

TEST(benchmarks, process_state) {
  expect_rows("process_state", "--scale=0.001",
              {"process_state/sum/1M/hand", "process_state/sum/1M/weir", "process_state/three_values/1M/weir"});
}

TEST(benchmarks, checkpoint_overhead) {
  expect_rows("checkpoint_overhead", "--scale=0.0005",
              {"checkpoint_overhead/campaign_views/every_second", "checkpoint_overhead/10M_keys/without",
               "checkpoint_overhead/1M_names_with_lists_and_timers/every_second"});
}

TEST(benchmarks, snapshot_disk) {
  expect_rows("snapshot_disk", "--scale=0.001",
              {"snapshot_to_disk/1GB_64_byte_values/hand", "snapshot_to_disk/1GB_64_byte_values/weir",
               "restore/1GB_64_byte_values/weir"});
}

TEST(benchmarks, recovery) {
  expect_rows("recovery", "--scale=0.001", {"recovery/exception/default_delay/weir", "recovery/sigkill/weir"});
}

TEST(benchmarks, stored_state) {
  expect_rows("stored_state", "--scale=0.0005",
              {"stored_state/50M_keys/hand", "stored_state/50M_keys/weir", "stored_state/1M_keys_in_memory/weir",
               "stored_state/1M_names_with_lists_and_timers/weir"});
}

}  // namespace
