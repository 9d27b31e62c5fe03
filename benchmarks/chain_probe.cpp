// Runs one side of the chain benchmark a number of times, for an instruction counter:
//   chain_probe hand|weir OPERATORS ROUNDS
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "benchmarks/baseline/chain.hpp"
#include "benchmarks/chain_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t records = 65536;

template <int Operators>
std::uint64_t run(bool by_hand, int rounds) {
  auto numbers = random_numbers(1, records);
  std::uint64_t sum = 0;
  for (int round = 0; round < rounds; ++round) {
    numbers[0] = static_cast<std::uint64_t>(round);  // so that no round can be left out
    if (by_hand) {
      sum += hand_chain<Operators>(numbers);
    } else {
      inline_run_seconds(chain_job<Operators>(numbers, sum));
    }
  }
  return sum;
}

std::uint64_t run(bool by_hand, int operators, int rounds) {
  switch (operators) {
    case 1: return run<1>(by_hand, rounds);
    case 5: return run<5>(by_hand, rounds);
    case 20: return run<20>(by_hand, rounds);
    case 40: return run<40>(by_hand, rounds);
    default: return 0;
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const bool by_hand = std::strcmp(argv[1], "hand") == 0;
  std::printf("%llu\n", static_cast<unsigned long long>(
                            weir::benchmarks::run(by_hand, std::atoi(argv[2]), std::atoi(argv[3]))));
  return 0;
}
