// weir on the workloads that other systems are measured on, with their command line:
//   weirbench WORKLOAD SLOTS [OUTPUT_FILE]
// It prints one JSON line with seconds, events and a check value. Input files (words.txt, ysb.jsonl) lie in $PB_DATA;
// $PB_N is another number of events for the workloads in memory. Written with weir's public API alone.
#include "benchmarks/peers/weirbench.hpp"

#include <algorithm>
#include <exception>
#include <string_view>

namespace weir::benchmarks {
namespace {

struct workload {
  std::string_view name;
  outcome (*run)(const run_options& options, const std::string& output);
};

constexpr workload workloads[] = {
    {"w1", stateless_chain},        {"w2", count_words},
    {"w2s", count_shuffled_words},  {"w3a", views_in_memory},
    {"w3b", views_from_json},       {"w4-1m", totals_of_1m_keys},
    {"w4-10m", totals_of_10m_keys}, {"q0", all_events},
    {"q1", prices_in_euro},         {"q2", prices_of_chosen_auctions},
    {"q3", sellers_of_some_states}, {"q5", hottest_auctions},
    {"q7", highest_bids},           {"q8", auctions_of_newcomers},
    {"q11", bidder_sessions},
};

outcome run(std::string_view name, const run_options& options, const std::string& output) {
  std::string known;
  for (const workload& each : workloads) {
    if (each.name == name) return each.run(options, output);
    known.append(" ").append(each.name);
  }
  throw error("weirbench knows no workload '" + std::string(name) + "'; give one of" + known);
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: weirbench WORKLOAD SLOTS [OUTPUT_FILE]\n", stderr);
    return 2;
  }
  try {
    const auto slots = static_cast<std::size_t>(std::max(1, std::atoi(argv[2])));
    const auto result = weir::benchmarks::run(argv[1], {.slots = slots}, argc > 3 ? argv[3] : "/dev/null");
    std::printf("{\"peer\":\"weir\",\"w\":\"%s\",\"p\":%zu,\"events\":%llu,\"sec\":%.4f,\"check\":\"%s\"}\n", argv[1],
                slots, static_cast<unsigned long long>(result.events), result.seconds, result.check.c_str());
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
