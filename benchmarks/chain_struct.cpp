// A fused chain of 1, 5, 20 and 40 operators on records of 64 bytes against the hand-written loop of the same shape.
#include "benchmarks/baseline/chain_struct.hpp"
#include "benchmarks/chain_struct_job.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t cache_resident = 16 * 1024;
constexpr std::size_t streamed = 2 * 1024 * 1024;

std::span<const reading> input(std::size_t count) {
  static const std::vector<reading> readings = random_readings(streamed);
  return std::span(readings).first(count);
}

template <int Operators>
void add_chain(const std::string& group, std::size_t count) {
  const auto by_hand = [=] { return hand_chain_struct<Operators>(input(count)); };
  add_side(group, "hand", count, [=] { return seconds_of(by_hand); });
  add_side(group, "weir", count, [=, expected = lazy(by_hand)]() mutable {
    std::uint64_t sum = 0;
    const double seconds = inline_run_seconds(chain_struct_job<Operators>(input(count), sum));
    expect_equal(sum, *expected);
    return seconds;
  });
}

template <int Operators>
void add() {
  const std::string group = "chain_struct/" + std::to_string(Operators);
  add_chain<Operators>(group + "/cache_resident", cache_resident);
  add_chain<Operators>(group + "/streamed", streamed);
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add<1>();
  add<5>();
  add<20>();
  add<40>();
  return run_benchmarks(argc, argv);
}
