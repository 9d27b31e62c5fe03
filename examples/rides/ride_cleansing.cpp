// Keeps the taxi rides that begin and end in New York.
//
//   ride_cleansing                          with the events of 20,000 rides, which it makes
//   ride_cleansing --rides 1000 --slots 2   with fewer
//   ride_cleansing plan                     prints the graph and runs nothing
#include "ride_cleansing.hpp"

#include <cstdio>

#include "weir/connectors/csv.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string output = "rides_in_new_york.csv";
  std::uint64_t rides = 20'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("ride-cleansing", "Keeps the rides that begin and end in New York.")
      .option("--output", output, "CSV file")
      .option("--rides", rides, "how many rides to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many events to make in a second")
      .on_success([&](const job_report&) { std::printf("The results are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        return job("ride-cleansing",
                   rides_in_new_york(made_rides(seed, 2 * rides, rate)) | to<"cleansed">(csv(output)));
      });
}
