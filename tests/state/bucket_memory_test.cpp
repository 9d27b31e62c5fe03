#include "weir/state/bucket_memory.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using weir::detail::allocate_buckets;
using weir::detail::free_buckets;

struct array {
  std::byte* first;
  std::size_t count;
  std::size_t bucket_bytes;
  std::byte fill;
};

bool first_words_are_zero(const array& of) {
  for (std::size_t i = 0; i < of.count; ++i) {
    std::uint64_t word;
    std::memcpy(&word, of.first + i * of.bucket_bytes, sizeof word);
    if (word != 0) return false;
  }
  return true;
}

bool holds_its_fill(const array& of) {
  const std::vector<std::byte> expected(of.count * of.bucket_bytes, of.fill);
  return std::memcmp(of.first, expected.data(), expected.size()) == 0;
}

// Arrays of 64 bytes to 8 MiB, so that each kind of memory is used, freed and used again.
TEST(bucket_memory, keeps_arrays_apart_and_starts_with_zero_words) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<array> live;
    for (int step = 0; step < 400; ++step) {
      if (live.size() < 12 || (live.size() < 40 && random() % 2 == 0)) {
        const std::size_t bucket_bytes = std::size_t{64} << random() % 4;
        const std::size_t log2_bytes = 9 + random() % 15;
        array made{nullptr, (std::size_t{1} << log2_bytes) / bucket_bytes, bucket_bytes, std::byte(1 + step % 255)};
        made.first = allocate_buckets(made.count, made.bucket_bytes);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(made.first) % bucket_bytes, 0u);
        ASSERT_TRUE(first_words_are_zero(made)) << made.count << " buckets of " << bucket_bytes;
        std::memset(made.first, static_cast<int>(made.fill), made.count * made.bucket_bytes);
        live.push_back(made);
      } else {
        const std::size_t chosen = random() % live.size();
        ASSERT_TRUE(holds_its_fill(live[chosen]));
        free_buckets(live[chosen].first, live[chosen].count, live[chosen].bucket_bytes);
        live[chosen] = live.back();
        live.pop_back();
      }
    }
    for (const array& each : live) {
      EXPECT_TRUE(holds_its_fill(each));
      free_buckets(each.first, each.count, each.bucket_bytes);
    }
  }
}

}  // namespace
