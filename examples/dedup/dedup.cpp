// Lets each message through once, although some are delivered several times.
//
//   dedup                                            makes a million messages in memory
//   dedup --input 'messages-*.jsonl'                 {"id":17,"text":"hello"}
//   dedup --rate 1000 --output-dir once --checkpoint-dir chk --checkpoint-interval 1s --restore latest
//                                                    messages appear every second; it goes on after a crash
#include "dedup.hpp"

#include <cstdio>

#include "made_messages.hpp"
#include "weir/connectors/json_lines.hpp"

using namespace weir;

auto made_messages(std::uint64_t seed, std::uint64_t count, double rate) {
  const auto make = [seed](std::uint64_t index) {
    const std::int64_t id = message_id(seed, index);
    return message{id, "message " + std::to_string(id)};
  };
  return generate(make, bounded{count}).rate(rate);
}

int main(int argc, char** argv) {
  std::string input;
  std::string output = "dedup.jsonl";
  std::string output_dir;
  std::uint64_t remember_seconds = 24 * 60 * 60;
  std::uint64_t count = 1'000'000;
  std::uint64_t seed = 1;
  double rate = 1e9;
  return command_line("dedup", "Lets each message through once.")
      .option("--input", input, "JSON lines file or glob; messages made in memory when not given")
      .option("--output", output, "JSON lines file")
      .option("--output-dir", output_dir, "directory for JSON parts instead, which appear with each checkpoint")
      .option("--remember-seconds", remember_seconds, "how long an id is remembered")
      .option("--messages", count, "how many to make")
      .option("--seed", seed, "which to make")
      .option("--rate", rate, "how many to make in a second")
      .on_success([&](const job_report&) {
        std::printf("The messages are in %s\n", (output_dir.empty() ? output : output_dir).c_str());
      })
      .run(argc, argv, [&] {
        // A source and a sink are part of the job's type, so each choice of them is a pipeline of its own.
        const auto once_into = [&](auto file) {
          const std::chrono::seconds remembered(remember_seconds);
          if (!input.empty()) {
            return job("dedup", without_repetitions(json_lines<message>(input), remembered) | to<"once">(file));
          }
          return job("dedup", without_repetitions(made_messages(seed, count, rate), remembered) | to<"once">(file));
        };
        return output_dir.empty() ? once_into(json_lines(output)) : once_into(json_lines(directory(output_dir)));
      });
}
