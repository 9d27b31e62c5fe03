// What a process function's state costs: a job in one slot, with source, exchange, process and sink, against a loop
// over the same records with a flat map by hand. All keys are in the tables before the clock starts, and come in random
// order.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/process_state.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/keyed_jobs.hpp"
#include "benchmarks/measure.hpp"

namespace weir::benchmarks {
namespace {

template <class Record>
std::vector<Record> records_of(Record (*at)(std::uint64_t, std::uint64_t), std::uint64_t keys, std::uint64_t count) {
  std::vector<Record> records;
  records.reserve(keys + count);
  for (std::uint64_t i = 0; i < keys + count; ++i) records.push_back(at(i, keys));
  return records;
}

/// Registers both sides. `by_hand(table, records)` is the loop and `make_job(records, check)` the job; both find the
/// same check value.
template <class Table, class Record, class ByHand, class MakeJob>
void add(const std::string& group, Record (*at)(std::uint64_t, std::uint64_t), std::uint64_t keys, std::uint64_t count,
         ByHand by_hand, MakeJob make_job) {
  const auto make = [=] { return records_of(at, keys, count); };
  const auto seconds_by_hand = [=](const std::vector<Record>& records, std::uint64_t& check) {
    Table table;
    check = by_hand(table, std::span(records).first(keys));
    std::uint64_t counted = 0;
    const double seconds = seconds_of([&] { return counted = by_hand(table, std::span(records).subspan(keys)); });
    check += counted;
    return seconds;
  };
  add_side(group, "hand", count, [=, records = lazy(make)]() mutable {
    std::uint64_t check = 0;
    return seconds_by_hand(*records, check);
  });
  add_side(group, "weir", count, [=, records = lazy(make), expected = std::optional<std::uint64_t>()]() mutable {
    if (!expected) seconds_by_hand(*records, expected.emplace());
    std::uint64_t check = 0;
    const double seconds = inline_run_seconds(make_job(std::span<const Record>(*records), check), keys);
    expect_equal(check, *expected);
    return seconds;
  });
}

job sums_of(std::span<const keyed_number> records, std::uint64_t& check) {
  return job("sums", from(records) | key_by(&keyed_number::key) | process<"sums">(running_sum{}) |
                         to<"check">(reduce_into(check, std::uint64_t{0}, add_up{})));
}

struct add_suspicion {
  std::uint64_t operator()(std::uint64_t check, const suspicion& each) const {
    return check + (each.account ^ each.spent);
  }
  std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const { return a + b; }
};

job suspicions_of(std::span<const payment> payments, std::uint64_t& check) {
  return job("watch", from(payments) | key_by(&payment::account) | process<"watch">(payment_watch{}) |
                          to<"check">(reduce_into(check, std::uint64_t{0}, add_suspicion{})));
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  const input_sizes size(argc, argv);
  const std::uint64_t records = size(4e6);
  for (const auto& [name, keys] : {std::pair("10k", 1e4), std::pair("1M", 1e6)}) {
    add<hand_table<std::uint64_t>>(std::string("process_state/sum/") + name, keyed_number_at, size(keys), records,
                                   hand_running_sums, sums_of);
  }
  add<hand_accounts>("process_state/three_values/1M", payment_at, size(1e6), records, hand_watch, suspicions_of);
  return run_benchmarks(argc, argv);
}
