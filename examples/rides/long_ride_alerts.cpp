// Tells of taxi rides of more than two hours while they last.
//
//   long_ride_alerts                        with the events of 20,000 rides, which it makes
//   long_ride_alerts --rides 1000 --slots 2 with fewer
//   long_ride_alerts plan                   prints the graph and runs nothing
#include "long_ride_alerts.hpp"

#include <cstdio>

#include "weir/connectors/csv.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string output = "long_rides.csv";
  std::uint64_t rides = 20'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("long-ride-alerts", "Tells of rides of more than two hours.")
      .option("--output", output, "CSV file")
      .option("--rides", rides, "how many rides to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many events to make in a second")
      .on_success([&](const job_report&) { std::printf("The results are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        return job("long-ride-alerts", long_rides(made_rides(seed, 2 * rides, rate)) | to<"alerts">(csv(output)));
      });
}
