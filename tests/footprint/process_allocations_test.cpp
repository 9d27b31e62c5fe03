// A process function whose states have a fixed size allocates nothing per record and nothing per timer once its tables
// have grown: ten times as many records over the same keys cost no more than a few allocations more. Also where nearly
// every call leaves nothing behind, for keys too long to lie in place.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "weir/dsl/process.hpp"
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

/// Keeps a sum, and one timer that every record moves on: what a session does.
struct session {
  BOOST_HANA_DEFINE_STRUCT(session, (value_state<std::int64_t>, sum), (value_state<timestamp>, end));
  using output_type = std::int64_t;
  void process(const reading& r, process_context<std::int32_t>& context, collector<std::int64_t>&) {
    sum = sum.value_or(0) + r.value;
    if (end.has_value()) context.delete_event_time_timer(*end);
    end = r.at + 5ms;
    context.register_event_time_timer(*end);
  }
  void on_timer(timestamp, process_context<std::int32_t>&, collector<std::int64_t>& out) {
    out(*sum);
    sum.clear();
    end.clear();
  }
};

std::uint64_t allocations_of_sessions(std::uint64_t records) {
  std::int64_t total = 0;
  const auto under_test = job(
      "sessions", from<"readings">(
                      generate(
                          [](std::uint64_t i) {  // a thousand sensors; each pauses now and then
                            return reading{static_cast<std::int32_t>(i % 1000),
                                           from_epoch_ms(static_cast<std::int64_t>(i / 1000 * 3 + i / 50'000 * 10)), 1};
                          },
                          bounded(records)),
                      event_time(&reading::at, ascending())) |
                      key_by(&reading::sensor) | process<"sessions">(session{}) |
                      to<"total">(reduce_into(total, std::int64_t{0}, std::plus<std::int64_t>{})));
  const std::uint64_t before = allocations.load();
  under_test.run({.slots = 1});
  const std::uint64_t made = allocations.load() - before;
  EXPECT_EQ(total, static_cast<std::int64_t>(records));
  return made;
}

struct purchase {
  BOOST_HANA_DEFINE_STRUCT(purchase, (std::string_view, customer), (std::int64_t, amount));
};

/// Remembers something of a key for the time of one record only.
struct nothing_left {
  BOOST_HANA_DEFINE_STRUCT(nothing_left, (value_state<std::int64_t>, amount));
  using output_type = std::int64_t;
  void process(const purchase& p, auto&, auto& out) {
    amount = p.amount;
    out(*amount);
    amount.clear();
  }
};

std::uint64_t allocations_of_purchases(std::uint64_t records, const std::vector<std::string>& customers) {
  std::int64_t total = 0;
  const auto under_test = job(
      "purchases",
      from<"purchases">(generate([&customers](std::uint64_t i) { return purchase{customers[i % customers.size()], 1}; },
                                 bounded(records))) |
          key_by(&purchase::customer) | process<"remembered">(nothing_left{}) |
          to<"total">(reduce_into(total, std::int64_t{0}, std::plus<std::int64_t>{})));
  const std::uint64_t before = allocations.load();
  under_test.run({.slots = 1});
  const std::uint64_t made = allocations.load() - before;
  EXPECT_EQ(total, static_cast<std::int64_t>(records));
  return made;
}

template <class Run>
void expect_no_allocation_per_record(const Run& run) {
  constexpr std::uint64_t few = 200'000;
  constexpr std::uint64_t many = 10 * few;
  run(few);
  const std::uint64_t small = run(few);
  const std::uint64_t large = run(many);
  const double per_record = large > small ? static_cast<double>(large - small) / (many - few) : 0;
  std::printf("%llu allocations for %llu records, %llu for %llu: %.6f per further record\n",
              static_cast<unsigned long long>(small), static_cast<unsigned long long>(few),
              static_cast<unsigned long long>(large), static_cast<unsigned long long>(many), per_record);
  EXPECT_LT(per_record, 0.001);
}

TEST(process, allocates_nothing_per_record_or_timer) { expect_no_allocation_per_record(allocations_of_sessions); }

TEST(process, allocates_nothing_for_keys_of_which_nothing_is_kept) {
  std::vector<std::string> customers;
  for (int i = 0; i < 1000; ++i) customers.push_back("a customer with a long name " + std::to_string(i));
  expect_no_allocation_per_record([&](std::uint64_t records) { return allocations_of_purchases(records, customers); });
}

}  // namespace
