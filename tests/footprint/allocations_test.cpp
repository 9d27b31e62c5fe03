// No allocation per record in steady state, for records of fixed size: a run over ten times as many records allocates
// no more than a few times as often, and those are per window and per split, not per record.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>

#include "weir/weir.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const block = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                          ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                          : std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new[](std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace {

using namespace weir;
using namespace std::chrono_literals;

struct reading {
  BOOST_HANA_DEFINE_STRUCT(reading, (std::int32_t, sensor), (timestamp, at), (std::int64_t, value));
};

std::uint64_t allocations_of_a_run(std::uint64_t records, std::size_t slots) {
  std::int64_t total = 0;
  const auto under_test =
      job("readings",
          from<"readings">(generate(
                               [](std::uint64_t i) {
                                 return reading{static_cast<std::int32_t>(i % 1000),
                                                from_epoch_ms(static_cast<std::int64_t>(i / 1000)), 1};
                               },
                               bounded(records)),
                           event_time(&reading::at, ascending())) |
              filter([](const reading& r) { return r.sensor != 3; }) |
              map([](const reading& r) { return reading{r.sensor, r.at, r.value * 2}; }) | key_by(&reading::sensor) |
              window(tumbling(1s)) | aggregate<"sums">(sum(&reading::value)) |
              map([](const window_result<std::int32_t, std::int64_t>& r) { return r.value; }) |
              to<"total">(reduce_into(total, std::int64_t{0}, std::plus<std::int64_t>{})));
  const std::uint64_t before = allocations.load();
  under_test.run({.slots = slots});
  const std::uint64_t made = allocations.load() - before;
  EXPECT_EQ(total, static_cast<std::int64_t>((records - records / 1000) * 2));
  return made;
}

class a_run_in_slots : public testing::TestWithParam<std::size_t> {};

TEST_P(a_run_in_slots, allocates_nothing_per_record) {
  constexpr std::uint64_t few = 200'000;
  constexpr std::uint64_t many = 10 * few;
  allocations_of_a_run(few, GetParam());
  const std::uint64_t small = allocations_of_a_run(few, GetParam());
  const std::uint64_t large = allocations_of_a_run(many, GetParam());
  const double per_record = large > small ? static_cast<double>(large - small) / (many - few) : 0;
  std::printf("%zu slots: %llu allocations for %llu records, %llu for %llu: %.6f per further record\n", GetParam(),
              static_cast<unsigned long long>(small), static_cast<unsigned long long>(few),
              static_cast<unsigned long long>(large), static_cast<unsigned long long>(many), per_record);
  EXPECT_LT(per_record, 0.001);
}

INSTANTIATE_TEST_SUITE_P(steady_state, a_run_in_slots, testing::Values(1, 2));

}  // namespace
