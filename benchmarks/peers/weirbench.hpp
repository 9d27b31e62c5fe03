#pragma once
// What the workloads of weirbench share. Inputs are counter based: element i depends on the seed and i only.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "benchmarks/random_numbers.hpp"
#include "weir/core/error.hpp"
#include "weir/runtime/run_options.hpp"

namespace weir::benchmarks {

using u64 = std::uint64_t;

// ---- workloads ------------------------------------------------------------------------------------------------------

/// What a workload found, as text, and how long it took.
struct outcome {
  u64 events;
  double seconds;
  std::string check;
};

// Each runs one workload; those whose results are rows write them to `output`, one a line.
outcome stateless_chain(const run_options& options, const std::string& output);            // w1
outcome count_words(const run_options& options, const std::string& output);                // w2
outcome count_shuffled_words(const run_options& options, const std::string& output);       // w2s
outcome views_in_memory(const run_options& options, const std::string& output);            // w3a
outcome views_from_json(const run_options& options, const std::string& output);            // w3b
outcome totals_of_1m_keys(const run_options& options, const std::string& output);          // w4-1m
outcome totals_of_10m_keys(const run_options& options, const std::string& output);         // w4-10m
outcome all_events(const run_options& options, const std::string& output);                 // q0
outcome prices_in_euro(const run_options& options, const std::string& output);             // q1
outcome prices_of_chosen_auctions(const run_options& options, const std::string& output);  // q2
outcome sellers_of_some_states(const run_options& options, const std::string& output);     // q3
outcome hottest_auctions(const run_options& options, const std::string& output);           // q5
outcome highest_bids(const run_options& options, const std::string& output);               // q7
outcome auctions_of_newcomers(const run_options& options, const std::string& output);      // q8
outcome bidder_sessions(const run_options& options, const std::string& output);            // q11

// ---- parts of them --------------------------------------------------------------------------------------------------

constexpr u64 mix(u64 z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

template <class Report>
double seconds_of(const Report& report) {
  return std::chrono::duration<double>(report.duration).count();
}

/// How many events to make: $PB_N, or as many as the workload has.
inline u64 events_or(u64 usual) {
  const char* const given = std::getenv("PB_N");
  return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

/// Input files (words.txt, ysb.jsonl) lie in $PB_DATA.
inline std::string data_file(const std::string& name) {
  const char* const folder = std::getenv("PB_DATA");
  return std::string(folder == nullptr ? "peers-data/data" : folder) + "/" + name;
}

struct close_file {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
inline std::unique_ptr<std::FILE, close_file> open_rows(const std::string& path) {
  std::unique_ptr<std::FILE, close_file> file(std::fopen(path.c_str(), "w"));
  if (!file) throw error("cannot write " + path);
  return file;
}

/// For reduce_into, behind a map to numbers.
struct sum_and_count {
  u64 sum = 0;
  u64 count = 0;
};
struct add_up {
  sum_and_count operator()(sum_and_count total, u64 x) const { return {total.sum + x, total.count + 1}; }
  sum_and_count operator()(sum_and_count a, const sum_and_count& b) const { return {a.sum + b.sum, a.count + b.count}; }
};
inline std::string check_of(const sum_and_count& total) {
  return "sum=" + std::to_string(total.sum) + ",count=" + std::to_string(total.count);
}

}  // namespace weir::benchmarks
