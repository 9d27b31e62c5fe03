// Runs one side of a comparison a number of times, for an instruction counter:
//   instruction_probe WORKLOAD hand|weir ROUNDS      WORKLOAD: int-1 int-5 int-20 int-40 struct-1 ... struct-40 views
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "benchmarks/baseline/campaign_views.hpp"
#include "benchmarks/baseline/chain.hpp"
#include "benchmarks/baseline/chain_struct.hpp"
#include "benchmarks/campaign_job.hpp"
#include "benchmarks/chain_job.hpp"
#include "benchmarks/chain_struct_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/random_numbers.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t records = 65536;
using workload = std::uint64_t (*)(bool by_hand, int rounds);

// Each round has another first record, so that no round can be left out.

template <int Operators>
std::uint64_t run_int(bool by_hand, int rounds) {
  auto numbers = random_numbers(1, records);
  std::uint64_t sum = 0;
  for (int round = 0; round < rounds; ++round) {
    numbers[0] = static_cast<std::uint64_t>(round);
    if (by_hand) {
      sum += hand_chain<Operators>(numbers);
    } else {
      inline_run_seconds(chain_job<Operators>(numbers, sum));
    }
  }
  return sum;
}

template <int Operators>
std::uint64_t run_struct(bool by_hand, int rounds) {
  auto readings = random_readings(records);
  std::uint64_t sum = 0;
  for (int round = 0; round < rounds; ++round) {
    readings[0].value = static_cast<std::uint64_t>(round);
    if (by_hand) {
      sum += hand_chain_struct<Operators>(readings);
    } else {
      inline_run_seconds(chain_struct_job<Operators>(readings, sum));
    }
  }
  return sum;
}

std::uint64_t run_views(bool by_hand, int rounds) {
  const campaign_world world;
  auto events = world.events(records);
  std::uint64_t rows = 0;
  for (int round = 0; round < rounds; ++round) {
    events[0].event_type = round % 2 == 0 ? "view" : "click";
    if (by_hand) {
      rows += hand_campaign_views(world, events).size();
    } else {
      campaign_results counted;
      inline_run_seconds(views_job(world, events, counted));
      rows += counted.size();
    }
  }
  return rows;
}

const std::map<std::string, workload> workloads = {
    {"int-1", run_int<1>},         {"int-5", run_int<5>},         {"int-20", run_int<20>},
    {"int-40", run_int<40>},       {"struct-1", run_struct<1>},   {"struct-5", run_struct<5>},
    {"struct-20", run_struct<20>}, {"struct-40", run_struct<40>}, {"views", run_views},
};

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using weir::benchmarks::workloads;
  if (argc != 4 || !workloads.contains(argv[1])) return 2;
  const bool by_hand = std::string(argv[2]) == "hand";
  std::printf("%llu\n", static_cast<unsigned long long>(workloads.at(argv[1])(by_hand, std::atoi(argv[3]))));
  return 0;
}
