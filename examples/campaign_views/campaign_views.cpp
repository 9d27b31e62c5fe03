// The Yahoo streaming benchmark: of a stream of ad events keep the views, find the campaign of the ad, and count the
// views of each campaign in every 10 seconds of event time.
//
//   campaign_views                            makes 20 million events in memory
//   campaign_views --slots 1                  the same result on one thread
//   campaign_views --input events.jsonl       reads events that :generate has written
//   campaign_views plan                       prints the graph and runs nothing
//   campaign_views --checkpoint-dir chk --checkpoint-interval 1s --web 8081
//   campaign_views savepoint --to sp-1        asks the one that runs
#include "campaign_views.hpp"

#include "result_table.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

int main(int argc, char** argv) {
  std::string input;
  std::string output = "campaign_views.csv";
  std::uint64_t events = 20'000'000;
  std::uint64_t seed = 3000;
  view_totals totals;
  return command_line("campaign-views", "Counts the views of each ad campaign in every 10 seconds.")
      .option("--input", input, "JSON lines file or glob; events made in memory when not given")
      .option("--output", output, "CSV file, a line per campaign and window")
      .option("--events", events, "how many events to make")
      .option("--seed", seed, "which events to make; for --input, which they were made with")
      .on_success([&](const job_report& report) { print_results(totals, report, output); })
      .run(argc, argv, [&] {
        const auto traffic = std::make_shared<const ad_traffic>(seed);
        const ad_directory ads(*traffic);
        const auto results =
            branch(to<"counts">(csv(output)), to<"totals">(reduce_into(totals, view_totals(), add_views())));
        if (!input.empty()) {
          return job("campaign-views", views_per_campaign(json_lines<ad_event>(input), ads) | results);
        }
        return job("campaign-views", views_per_campaign(made_events(traffic, events), ads) | results);
      });
}
