// The Yahoo streaming benchmark: of a stream of ad events keep the views, find the campaign of the ad, and count the
// views of each campaign in every 10 seconds of event time.
//
//   campaign_views                            makes 20 million events in memory
//   campaign_views --slots 1                  the same result on one thread
//   campaign_views --input events.jsonl       reads events that :generate has written
//   campaign_views plan                       prints the graph and runs nothing
//   campaign_views --checkpoint-dir chk --checkpoint-interval 1s --output-dir counts --rate 1e6 --web 8081
//   campaign_views savepoint --to sp-1        asks the one that runs
#include "campaign_views.hpp"

#include "result_table.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string input;
  std::string output = "campaign_views.csv";
  std::string output_dir;
  std::uint64_t events = 20'000'000;
  double rate = 0;
  std::uint64_t seed = 3000;
  view_totals totals;
  return command_line("campaign-views", "Counts the views of each ad campaign in every 10 seconds.")
      .option("--input", input, "JSON lines file or glob; events made in memory when not given")
      .option("--output", output, "CSV file, a line per campaign and window")
      .option("--output-dir", output_dir, "directory for CSV parts instead, which appear with each checkpoint")
      .option("--events", events, "how many events to make")
      .option("--rate", rate, "how many of them a second; 0: as many as it can")
      .option("--seed", seed, "which events to make; for --input, which they were made with")
      .on_success(
          [&](const job_report& report) { print_results(totals, report, output_dir.empty() ? output : output_dir); })
      .run(argc, argv, [&] {
        const auto traffic = std::make_shared<const ad_traffic>(seed);
        const ad_directory ads(*traffic);
        // A source and a sink are part of the job's type, so each choice of them is a pipeline of its own.
        const auto counted_into = [&](auto table) {
          const auto results =
              branch(to<"counts">(table), to<"totals">(reduce_into(totals, view_totals(), add_views())));
          if (!input.empty()) {
            return job("campaign-views", views_per_campaign(json_lines<ad_event>(input), ads) | results);
          }
          return job("campaign-views", views_per_campaign(made_events(traffic, events, rate), ads) | results);
        };
        return output_dir.empty() ? counted_into(csv(output)) : counted_into(csv(directory(output_dir)));
      });
}
