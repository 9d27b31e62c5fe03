// Joins every taxi ride with its fare.
//
//   rides_and_fares                         with the events of 20,000 rides, which it makes
//   rides_and_fares --rides 1000 --slots 2  with fewer
//   rides_and_fares plan                    prints the graph and runs nothing
#include "rides_and_fares.hpp"

#include <cstdio>

#include "weir/connectors/csv.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string output = "paid_rides.csv";
  std::uint64_t rides = 20'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("rides-and-fares", "Joins every ride with its fare.")
      .option("--output", output, "CSV file")
      .option("--rides", rides, "how many rides to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many events to make in a second")
      .on_success([&](const job_report&) { std::printf("The results are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        return job("rides-and-fares", paid_rides(made_rides(seed, 2 * rides, rate), made_fares(seed, rides, rate)) |
                                          to<"joined">(csv(output)));
      });
}
