// The smallest job: numbers, doubled, printed.
//
//   first                                         doubles 1, 2, 3, 4, 5
//   first --input numbers.txt --output out.txt    reads one number a line, writes one a line
//   first plan                                    prints the graph and runs nothing
#include "first.hpp"

#include "weir/connectors/csv.hpp"
#include "weir/connectors/lines.hpp"

using namespace weir;

/// One line of the input file.
struct line {
  BOOST_HANA_DEFINE_STRUCT(line, (std::int64_t, number));
};

int main(int argc, char** argv) {
  std::string input;
  std::string output = "-";
  return command_line("first", "Doubles numbers.")
      .option("--input", input, "text file with one number a line; the numbers 1 to 5 when not given")
      .option("--output", output, "text file for the doubled numbers; - prints them")
      .run(argc, argv, [&] {
        // A source and a sink are part of the job's type, so each choice of them is a pipeline of its own.
        const auto doubled_into = [&](auto sink) {
          if (input.empty()) return job("first", double_each(from({1, 2, 3, 4, 5}), sink));
          auto file = csv<line>(input, {.header = false});
          return job("first", double_each(from<"numbers">(file) | map(&line::number), sink));
        };
        return output == "-" ? doubled_into(print()) : doubled_into(lines(output));
      });
}
