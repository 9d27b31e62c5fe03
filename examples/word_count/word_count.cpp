// Counts how often each word occurs in a text.
//
//   word_count                                        counts the words of a short text that is built in
//   word_count --input book.txt --output counts.csv   counts those of a file, or of all files that a glob matches
//   word_count plan --slots 4                         prints the graph: reading and counting are two stages
#include "word_count.hpp"

#include <cstdio>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/connectors/lines.hpp"

using namespace weir;

/// Makes the job do something before there is a file to give it.
const std::vector<std::string_view> sample_text = {
    "A weir is a low wall across a river .",
    "It does not stop the river : the water runs over the wall , and on .",
    "What a weir does is to hold the water at a level , so that one can measure what runs over it ,",
    "or lead a part of the water to a mill , and let the river run on to the sea .",
};

int main(int argc, char** argv) {
  std::string input;
  std::string output = "word_count.csv";
  return command_line("word-count", "Counts how often each word occurs; words are what stands between white space.")
      .option("--input", input, "text file or glob; a short built-in text when not given")
      .option("--output", output, "CSV file with the columns word and count")
      .on_success([&](const job_report&) { std::printf("The counts are in %s\n", output.c_str()); })
      .run(argc, argv, [&] {
        const auto table = to<"table">(csv(output));
        if (input.empty()) return job("word-count", count_words(sample_text) | table);
        return job("word-count", count_words(lines(input)) | table);
      });
}
