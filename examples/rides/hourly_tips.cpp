// Names the taxi driver who got the most tips in each hour.
//
//   hourly_tips                             with the events of 20,000 rides, which it makes
//   hourly_tips --rides 1000 --slots 2      with fewer
//   hourly_tips plan                        prints the graph and runs nothing
#include "hourly_tips.hpp"

#include <cstdio>

#include "weir/connectors/csv.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string output = "hourly_tips.csv";
  std::uint64_t rides = 20'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("hourly-tips", "Names the driver with the most tips in each hour.")
      .option("--output", output, "CSV file")
      .option("--rides", rides, "how many rides to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many events to make in a second")
      .on_success([&](const job_report&) { std::printf("The results are in %s\n", output.c_str()); })
      .run(argc, argv,
           [&] { return job("hourly-tips", best_drivers(made_fares(seed, rides, rate)) | to<"best">(csv(output))); });
}
