// Instructions per record of a fused chain against the hand-written loop, counted by callgrind: repeatable on any
// machine, however busy. The difference of two runs of different length leaves start-up out.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr double records_per_round = 65536;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> block;
  for (std::size_t size = 0; (size = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
    text.append(block.data(), size);
  }
  ::pclose(pipe);
  return text;
}

double instructions(const std::string& side, int operators, int rounds) {
  const std::string text = output_of("valgrind --tool=callgrind --callgrind-out-file=/dev/null benchmarks/chain_probe " +
                                     side + " " + std::to_string(operators) + " " + std::to_string(rounds) + " 2>&1");
  const std::size_t found = text.find("Collected : ");
  EXPECT_NE(found, std::string::npos) << "is valgrind installed? It said:\n" << text;
  return found == std::string::npos ? 0 : std::atof(text.c_str() + found + 12);
}

double per_record(const std::string& side, int operators) {
  return (instructions(side, operators, 5) - instructions(side, operators, 1)) / (4 * records_per_round);
}

class chain_of : public testing::TestWithParam<int> {};

TEST_P(chain_of, operators_takes_at_most_5_percent_more_instructions_than_the_loop) {
  const double hand = per_record("hand", GetParam());
  const double weir = per_record("weir", GetParam());
  std::printf("%d operators: hand %.2f, weir %.2f instructions a record, ratio %.3f\n", GetParam(), hand, weir,
              weir / hand);
  ASSERT_GT(hand, 0);
  // A batch of 512 costs a few hundred instructions beside its records, which shows in the shortest chain only.
  EXPECT_LE(weir, hand * 1.05 + 1);
}

INSTANTIATE_TEST_SUITE_P(fused, chain_of, testing::Values(1, 5, 20, 40));

}  // namespace
