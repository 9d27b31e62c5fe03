// Runs the benchmark programs of state, checkpoints and recovery, and those of the comparison with other systems, on a
// small part of their input. The former compare the results of their sides themselves, those of the latter are known;
// how long they take says nothing here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct ended_program {
  int status = -1;
  std::string output;
};

ended_program run(const std::string& program, const std::string& options, const std::string& environment = "") {
  ended_program ended;
  FILE* const pipe = ::popen((environment + " benchmarks/" + program + " " + options + " 2>&1").c_str(), "r");
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

TEST(benchmarks, windows) {
  expect_rows("windows", "--scale=0.001",
              {"windows/tumbling/1M_keys/weir", "windows/sessions/1M_keys/weir", "windows/firing/tumbling_1M_keys/weir",
               "longest_step_ms", "bytes_per_key"});
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

// ---- workloads of other systems -------------------------------------------------------------------------------------

struct workload {
  std::string name;
  std::string check;
  std::vector<std::string> rows{};  ///< sorted
};

// What the hand-written program of the peers finds in 1,500,000 events.
const std::vector<workload> workloads = {
    {"w1", "sum=17284019403868633337,count=984365"},
    {"w4-1m", "c1=11850731719785302758,c2=3287332794785461481,keys=777040"},
    {"q0", "sum=2550005725641565572,count=1500000"},
    {"q1", "sum=2346003424184197395,count=1380000"},
    {"q2", "sum=18295368546,count=11241"},
    {"q3", "sum=836695617,count=9264"},
    {"q5",
     "sum=0,count=12",
     {"1700000002000,1000,1333", "1700000004000,1000,1333", "1700000006000,1000,1333", "1700000008000,1000,1333",
      "1700000010000,1000,1333", "1700000012000,35700,1221", "1700000014000,81600,1228", "1700000016000,81600,1228",
      "1700000018000,81600,1228", "1700000020000,81600,1228", "1700000022000,81600,1228", "1700000024000,88500,1214"}},
    {"q7", "sum=0,count=2", {"1700000010000,35700,12500,1048576", "1700000020000,67900,23300,1048574"}},
    {"q8", "sum=150417708423199064,count=88481"},
    {"q11", "sum=6939577984818639181,count=29918"},
};

TEST(weirbench, finds_what_a_hand_written_program_finds) {
  const std::string output = ::testing::TempDir() + "/weirbench.out";
  for (const workload& each : workloads) {
    for (const char* slots : {"1", "2", "3"}) {
      std::filesystem::remove(output);
      const ended_program ended = run("peers/weirbench", each.name + " " + slots + " " + output, "PB_N=1500000");
      EXPECT_EQ(ended.status, 0) << ended.output;
      EXPECT_NE(ended.output.find("\"events\":1500000"), std::string::npos) << ended.output;
      EXPECT_NE(ended.output.find("\"check\":\"" + each.check + "\""), std::string::npos)
          << each.name << ", expected " << each.check << ": " << ended.output;
      std::vector<std::string> rows;
      std::ifstream file(output);
      for (std::string line; std::getline(file, line);) rows.push_back(line);
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, each.rows) << each.name << ", " << slots << " slots";
    }
  }
}

TEST(weirbench, lists_its_workloads) {
  const ended_program ended = run("peers/weirbench", "q99 1");
  EXPECT_NE(ended.status, 0);
  EXPECT_NE(ended.output.find("'q99'; give one of w1 w2"), std::string::npos) << ended.output;
}

}  // namespace
