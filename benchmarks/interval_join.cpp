// An interval join of a million events a side in one slot: weir against a loop by hand with two deques per key. A record
// finds about one partner on the other side, or ten.
#include "benchmarks/baseline/interval_join.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t events = 1'000'000;

struct workload {
  std::vector<joined_event> left;
  std::vector<joined_event> right;
  std::uint64_t expected;
};

job join_job(const workload& work, join_bounds bounds, std::uint64_t& sum) {
  const auto read = [](const std::vector<joined_event>& of) {
    return from(std::span(of), event_time(&joined_event::at, ascending())) | key_by(&joined_event::key);
  };
  // The name of a function would be a pointer, which is called; the loop by hand inlines it.
  const auto pair_up = [](const joined_event& left, const joined_event& right) { return pair_value(left, right); };
  return job("interval-join", connect(read(work.left), read(work.right)) |
                                  interval_join<"join">(between(bounds.lower, bounds.upper), pair_up) |
                                  to<"sum">(reduce_into(sum, std::uint64_t{0}, [](std::uint64_t a, std::uint64_t b) { return a + b; })));
}

/// Keys and interval so that a record finds `partners` on average.
void add(const std::string& name, std::size_t keys, std::size_t partners) {
  const std::chrono::milliseconds half(static_cast<std::int64_t>(keys * partners / 2));
  const join_bounds bounds{-half, half};
  const auto made = std::make_shared<lazy<std::function<workload()>>>([=] {
    workload work{joined_events(1, events, keys), joined_events(3, events, keys), 0};
    work.expected = hand_interval_join(work.left, work.right, bounds);
    return work;
  });
  const std::string group = "interval_join/" + name;
  add_side(group, "hand", 2 * events, [=] {
    const workload& work = **made;
    std::uint64_t sum = 0;
    const double seconds = seconds_of([&] { return sum = hand_interval_join(work.left, work.right, bounds); });
    expect_equal(sum, work.expected);
    return seconds;
  });
  add_side(group, "weir", 2 * events, [=] {
    const workload& work = **made;
    std::uint64_t sum = 0;
    const double seconds = inline_run_seconds(join_job(work, bounds, sum));
    expect_equal(sum, work.expected);
    return seconds;
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add("1k_keys/1_partner", 1'000, 1);
  add("1k_keys/10_partners", 1'000, 10);
  add("100k_keys/1_partner", 100'000, 1);
  return run_benchmarks(argc, argv);
}
