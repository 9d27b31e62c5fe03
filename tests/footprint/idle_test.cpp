// What a job costs that waits for input: processor time, while its source has nothing to read and nothing to do.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>

#include "weir/weir.hpp"

namespace {

using namespace weir;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

class an_idle_job_in_slots : public testing::TestWithParam<std::size_t> {};

TEST_P(an_idle_job_in_slots, takes_at_most_5_percent_of_a_core) {
  std::uint64_t sum = 0;
  // The first record comes at once, the second and last after 3 seconds; between them the job waits.
  const job waiting("waiting", from<"ticks">(generate([](std::uint64_t i) { return i; }, bounded(2)).rate(1.0 / 3)) |
                                   key_by([](std::uint64_t i) { return i; }) |
                                   reduce<"latest">([](std::uint64_t, std::uint64_t next) { return next; }) |
                                   to<"sum">(reduce_into(sum, std::uint64_t{0}, std::plus<std::uint64_t>{})));
  const double before = cpu_seconds();
  const auto report = waiting.run({.slots = GetParam()});
  const double used = cpu_seconds() - before;
  const double lasted = std::chrono::duration<double>(report.duration).count();
  std::printf("%zu slots: %.1f ms of processor time in %.2f s, %.2f %% of a core\n", GetParam(), 1e3 * used, lasted,
              100 * used / lasted);
  EXPECT_EQ(sum, 1U);
  EXPECT_GE(lasted, 2.9);
  EXPECT_LE(used, 0.05 * lasted);
}

INSTANTIATE_TEST_SUITE_P(waiting, an_idle_job_in_slots, testing::Values(1, 2));

}  // namespace
