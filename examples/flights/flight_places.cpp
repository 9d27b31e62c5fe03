// Tells of each flight between which cities it was.
//
//   flight_places                          reads small samples that are shipped beside the program
//   flight_places --input flights.jsonl --airports airports.csv
#include <cstdio>

#include "places.hpp"
#include "sample_file.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string input = sample_file(argv[0], "sample.jsonl");
  std::string airports = sample_file(argv[0], "sample_airports.csv");
  std::string output = "flight_places.csv";
  return command_line("flight-places", "Tells of each flight between which cities it was.")
      .option("--input", input, "JSON lines file or glob")
      .option("--airports", airports, "CSV file with the columns iata, city and state")
      .option("--output", output, "CSV file, a line per flight")
      .on_success([&](const job_report&) { std::printf("The flights are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        const auto table = read_airports(csv<airport>(airports));
        return job("flight-places", placed_flights(json_lines<flight>(input), table) | to<"table">(csv(output)));
      });
}
