#pragma once
// Kills a program with SIGKILL again and again, lets it go on from its last checkpoint each time, and looks at the
// files that it shows: between any two kills nothing is there twice, nothing is wrong and nothing goes away, and in the
// end everything is there. See kills_test.cpp for its use.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// A program with the options of campaign_views: --rate and --output-dir.
struct killable_job {
  std::string program;                 ///< relative to the working directory of the test
  std::vector<std::string> arguments;  ///< those that say which input to make
  double rate;                         ///< records a second while it is killed, so that the input lasts
  std::string header;                  ///< first line of every part; empty: there is none
  std::vector<std::string> expected;   ///< the other lines of all parts, in any order
  bool supervised = false;             ///< `--supervise` starts it again, always in the same slots
};

struct kill_figures {
  int kills = 0;  ///< of a process that ran and had completed a checkpoint since the last kill; others do not count
  int during_checkpoint = 0;  ///< of those: a checkpoint had been begun and was not complete
  int while_showing = 0;      ///< of those: right after the first part that a checkpoint covers had appeared
  int early = 0;              ///< of a process that had just begun: they do not count
  int inputs = 0;             ///< how often the job read its input to the end
};

/// Kills the job until `kills` kills count and a fifth of them came during a checkpoint, then lets it end. A job that
/// ends before that begins anew, so that nothing depends on the speed of the machine. `folder` is empty and stays so.
/// What is wrong is a failure of the running test.
kill_figures kill_again_and_again(const killable_job& job, const std::filesystem::path& folder, int kills,
                                  std::uint64_t seed);
