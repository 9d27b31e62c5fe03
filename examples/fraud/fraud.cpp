// Finds card fraud: a large transaction within a minute after a small one, on the same account.
//
//   fraud                                             makes a million transactions in memory
//   fraud --input transactions.csv                    reads them, in the order of their times; cents are whole numbers
//   fraud --rate 1000 --output-dir alerts --checkpoint-dir chk --checkpoint-interval 1s --restore latest
//                                                     alerts appear every second; it goes on after a crash
#include "fraud.hpp"

#include <cstdio>

#include "made_transactions.hpp"
#include "weir/connectors/csv.hpp"

using namespace weir;

/// The transactions as a source, in one split so that they stay in order.
auto made_transactions(std::uint64_t seed, std::uint64_t count, double rate) {
  const auto make = [seed](std::uint64_t index) {
    const made_transaction made = transaction_number(seed, index);
    return transaction{made.account, made.cents, from_epoch_ms(made.at_ms)};
  };
  return generate(make, bounded{count}).rate(rate);
}

int main(int argc, char** argv) {
  std::string input;
  std::string output = "alerts.csv";
  std::string output_dir;
  std::uint64_t count = 1'000'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("fraud", "Finds large transactions within a minute after small ones.")
      .option("--input", input, "CSV file with the columns account, cents and at; made in memory when not given")
      .option("--output", output, "CSV file, a line per alert")
      .option("--output-dir", output_dir, "directory for CSV parts instead, which appear with each checkpoint")
      .option("--transactions", count, "how many to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many to make in a second")
      .on_success([&](const job_report&) {
        std::printf("The alerts are in %s\n", (output_dir.empty() ? output : output_dir).c_str());
      })
      .run(argc, argv, [&] {
        // A source and a sink are part of the job's type, so each choice of them is a pipeline of its own.
        const auto alerts_into = [&](auto table) {
          if (!input.empty()) {
            return job("fraud", alerts_of(csv<transaction>(input).single_split(), accounts) | to<"alerts">(table));
          }
          return job("fraud", alerts_of(made_transactions(seed, count, rate), accounts) | to<"alerts">(table));
        };
        return output_dir.empty() ? alerts_into(csv(output)) : alerts_into(csv(directory(output_dir)));
      });
}
