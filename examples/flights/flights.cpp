// Daily departures and delays of every airport, from flights in the order in which they really left.
//
//   flights                            reads a small sample that is shipped beside the program
//   flights --input flights.jsonl      {"scheduled_ms":978312240000,"delay_min":-5,"distance_mi":407,"origin":"LAS",...
//   flights --bound-minutes 60         waits less long for flights with a delay: results come earlier, some are late
//   flights --bound-minutes 60 --watermark-interval 1 --late late.jsonl      the late ones, as they came
#include "flights.hpp"

#include <cstdio>

#include "sample_file.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string input = sample_file(argv[0], "sample.jsonl");
  std::string output = "flights_daily.csv";
  std::string late_output;
  std::uint64_t bound_minutes = 491;  // no flight of the real data left later than that behind one scheduled after it
  std::uint64_t interval = 256;
  return command_line("flights", "Daily departures and delays of every airport.")
      .option("--input", input, "JSON lines file or glob")
      .option("--output", output, "CSV file, a line per airport and day")
      .option("--late", late_output, "JSON lines file for late flights, which are else only counted")
      .option("--bound-minutes", bound_minutes, "how far flights may be out of order before they count as late")
      .option("--watermark-interval", interval, "flights between two looks at the event time")
      .on_success([&](const job_report&) { std::printf("The daily figures are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        auto figures = daily_figures(json_lines<flight>(input), std::chrono::minutes(bound_minutes), interval);
        if (late_output.empty()) return job("flights", std::move(figures) | to<"table">(csv(output)));
        auto [on_time, late] = std::move(figures) | split<"late">();
        return job("flights", std::move(on_time) | to<"table">(csv(output)),
                   std::move(late) | to<"late">(json_lines(late_output)));
      });
}
