// Four maps, a filter, four maps and a sum over random numbers, of which 10, 30, 50 and 90 % pass: pure functions and
// ordinary ones against the natural loop, and against a hand-written loop without a branch per record.
#include <functional>

#include "benchmarks/baseline/chain_filter.hpp"
#include "benchmarks/inline_run.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t cache_resident = 64 * 1024;
constexpr std::size_t streamed = 8 * 1024 * 1024;

std::span<const std::uint64_t> input(std::size_t count) {
  static const std::vector<std::uint64_t> numbers = random_numbers(1, streamed);
  return std::span(numbers).first(count);
}

/// A quarter of them is 0, in no order.
std::span<const std::uint64_t> small_numbers() {
  static const std::vector<std::uint64_t> numbers = [] {
    auto made = random_numbers(2, cache_resident);
    for (auto& number : made) number = number >> 60 & 3;
    return made;
  }();
  return numbers;
}

auto sum_to(std::uint64_t& sum) { return to<"sum">(reduce_into(sum, std::uint64_t{0}, std::plus<std::uint64_t>{})); }

template <int Percent>
job pure_job(std::span<const std::uint64_t> numbers, std::uint64_t& sum) {
  return job("pure", from(numbers) | map(pure(mix<0>{})) | map(pure(mix<1>{})) | map(pure(mix<2>{})) |
                         map(pure(mix<3>{})) | filter(pure(passes<Percent>{})) | map(pure(mix<4>{})) |
                         map(pure(mix<5>{})) | map(pure(mix<6>{})) | map(pure(mix<7>{})) | sum_to(sum));
}

template <int Percent>
job plain_job(std::span<const std::uint64_t> numbers, std::uint64_t& sum) {
  return job("plain", from(numbers) | map(mix<0>{}) | map(mix<1>{}) | map(mix<2>{}) | map(mix<3>{}) |
                          filter(passes<Percent>{}) | map(mix<4>{}) | map(mix<5>{}) | map(mix<6>{}) | map(mix<7>{}) |
                          sum_to(sum));
}

/// Filters first and divides then: fails on the first 0 that is let through.
job divide_job(std::span<const std::uint64_t> numbers, std::uint64_t& sum) {
  return job("divide", from(numbers) | filter(pure(not_zero{})) | map(pure(hundred_by{})) | sum_to(sum));
}

template <class Hand, class MakeJob>
void add_job(const std::string& group, const std::string& side, std::size_t count, Hand by_hand, MakeJob make_job) {
  add_side(group, side, count, [=, expected = lazy(by_hand)]() mutable {
    std::uint64_t sum = 0;
    const double seconds = inline_run_seconds(make_job(sum));
    expect_equal(sum, *expected);
    return seconds;
  });
}

template <int Percent>
void add(const std::string& size, std::size_t count) {
  const std::string group = "chain_filter_selectivity/" + std::to_string(Percent) + "_percent/" + size;
  const auto by_hand = [=] { return hand_filter<Percent>(input(count)); };
  add_side(group, "hand", count, [=] { return seconds_of(by_hand); });
  add_side(group, "hand_branch_free", count, [=, expected = lazy(by_hand)]() mutable {
    std::uint64_t sum = 0;
    const double seconds = seconds_of([&] { return sum = hand_filter_branch_free<Percent>(input(count)); });
    expect_equal(sum, *expected);
    return seconds;
  });
  add_job(group, "weir", count, by_hand, [=](std::uint64_t& sum) { return pure_job<Percent>(input(count), sum); });
  add_job(group, "weir_plain", count, by_hand,
          [=](std::uint64_t& sum) { return plain_job<Percent>(input(count), sum); });
}

void add_division() {
  const std::string group = "chain_filter_selectivity/division";
  const auto by_hand = [] { return hand_divide(small_numbers()); };
  add_side(group, "hand", cache_resident, [=] { return seconds_of(by_hand); });
  add_job(group, "weir", cache_resident, by_hand, [](std::uint64_t& sum) { return divide_job(small_numbers(), sum); });
}

template <int... Percent>
void add_all(std::integer_sequence<int, Percent...>) {
  (add<Percent>("cache_resident", cache_resident), ...);
  (add<Percent>("streamed", streamed), ...);
  add_division();
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add_all(std::integer_sequence<int, 10, 30, 50, 90>{});
  return weir::benchmarks::run_benchmarks(argc, argv);
}
