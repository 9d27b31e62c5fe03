// The times in which an airport is never without a departure for more than six hours.
//
//   busy_times                             reads a small sample that is shipped beside the program
//   busy_times --input flights.jsonl
#include <cstdio>

#include "flights.hpp"
#include "sample_file.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string input = sample_file(argv[0], "sample.jsonl");
  std::string output = "busy_times.csv";
  std::uint64_t bound_minutes = 491;  // as of the daily figures
  return command_line("busy-times", "The times in which an airport is never without a departure for six hours.")
      .option("--input", input, "JSON lines file or glob")
      .option("--output", output, "CSV file, a line per airport and time")
      .option("--bound-minutes", bound_minutes, "how far flights may be out of order before they count as late")
      .on_success([&](const job_report&) { std::printf("The busy times are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        return job("busy-times", busy_times(json_lines<flight>(input), std::chrono::minutes(bound_minutes), 256) |
                                     to<"table">(csv(output)));
      });
}
