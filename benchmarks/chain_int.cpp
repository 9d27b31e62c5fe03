// A fused chain of 1, 5, 20 and 40 operators on 64-bit integers against the hand-written loop of the same shape.
// Both sides read the same random numbers, resident in the second-level cache or streamed from memory.
#include <benchmark/benchmark.h>

#include <chrono>

#include "benchmarks/baseline/chain.hpp"
#include "benchmarks/chain_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t cache_resident = 64 * 1024;
constexpr std::size_t streamed = 8 * 1024 * 1024;

const std::vector<std::uint64_t>& input(std::size_t count) {
  static const std::vector<std::uint64_t> numbers = random_numbers(1, streamed);
  static const std::vector<std::uint64_t> few(numbers.begin(), numbers.begin() + cache_resident);
  return count == streamed ? numbers : few;
}

template <int Operators>
void by_hand(benchmark::State& state) {
  const auto& numbers = input(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(hand_chain<Operators>(numbers));
    benchmark::ClobberMemory();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <int Operators>
void with_weir(benchmark::State& state) {
  const auto& numbers = input(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t expected = hand_chain<Operators>(numbers);
  std::uint64_t sum = 0;
  const job chain = chain_job<Operators>(numbers, sum);
  for (auto _ : state) {
    sum = 0;
    state.SetIterationTime(inline_run_seconds(chain));
    if (sum != expected) state.SkipWithError("the sums differ");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <int Operators>
void add(const char* name) {
  for (const std::size_t count : {cache_resident, streamed}) {
    const std::string prefix =
        std::string("chain_int/") + name + (count == streamed ? "/streamed" : "/cache_resident");
    benchmark::RegisterBenchmark((prefix + "/hand").c_str(), by_hand<Operators>)
        ->Arg(static_cast<std::int64_t>(count))
        ->UseManualTime();
    benchmark::RegisterBenchmark((prefix + "/weir").c_str(), with_weir<Operators>)
        ->Arg(static_cast<std::int64_t>(count))
        ->UseManualTime();
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add<1>("1");
  weir::benchmarks::add<5>("5");
  weir::benchmarks::add<20>("20");
  weir::benchmarks::add<40>("40");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
