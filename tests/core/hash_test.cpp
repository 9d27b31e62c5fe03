#include "weir/core/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/core/key_group.hpp"
#include "weir/core/timestamp.hpp"

namespace {

using namespace std::chrono_literals;
using weir::stable_hash;

enum class level : std::uint8_t { first = 1, second = 2 };
enum class signed_level : std::int16_t { negative = -7 };

struct route {
  BOOST_HANA_DEFINE_STRUCT(route, (std::string_view, origin), (std::int32_t, carrier));
};
struct route_of_text {
  BOOST_HANA_DEFINE_STRUCT(route_of_text, (std::string, origin), (std::int64_t, carrier));
};
struct trip {
  BOOST_HANA_DEFINE_STRUCT(trip, (route, way), (std::optional<std::int64_t>, seat), (weir::timestamp, day));
};
struct weight {
  BOOST_HANA_DEFINE_STRUCT(weight, (std::int32_t, id), (double, kilograms));
};
struct plain {
  int value;
};

static_assert(weir::hashable_key<int> && weir::hashable_key<bool> && weir::hashable_key<level>);
static_assert(weir::hashable_key<const std::string&> && weir::hashable_key<std::string_view>);
static_assert(weir::hashable_key<weir::timestamp> && weir::hashable_key<weir::processing_clock::time_point>);
static_assert(weir::hashable_key<std::optional<std::pair<int, std::tuple<std::string, trip>>>>);
static_assert(!weir::hashable_key<double> && !weir::hashable_key<float> && !weir::hashable_key<weight>);
static_assert(!weir::hashable_key<std::optional<float>> && !weir::hashable_key<std::pair<int, double>>);
static_assert(!weir::hashable_key<const char*> && !weir::hashable_key<int*> && !weir::hashable_key<plain>);
static_assert(!weir::hashable_key<std::chrono::duration<double>> && !weir::hashable_key<std::vector<int>>);
static_assert(!weir::hashable_key<wchar_t>);

struct recorded {
  std::uint64_t hash;
  std::uint32_t group;
};

std::map<std::string, recorded> read_golden() {
  std::ifstream file("tests/core/key_hashes.golden");
  std::map<std::string, recorded> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    rows[line.substr(0, first)] = {std::stoull(line.substr(first + 1, second - first - 1), nullptr, 16),
                                   static_cast<std::uint32_t>(std::stoul(line.substr(second + 1)))};
  }
  return rows;
}

std::string letters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

std::map<std::string, std::uint64_t> hash_samples() {
  std::map<std::string, std::uint64_t> samples;
  const auto add = [&](const std::string& name, const auto& key) { samples[name] = stable_hash(key); };
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{5}, std::int64_t{-1},
                                   std::int64_t{-2}, std::int64_t{-5}, std::int64_t{42}, std::int64_t{127},
                                   std::int64_t{-128}, std::int64_t{255}, std::int64_t{65535},
                                   std::int64_t{2147483647}, std::int64_t{-2147483648}, std::int64_t{4294967296},
                                   INT64_MAX, INT64_MIN}) {
    add("int " + std::to_string(value), value);
  }
  add("uint 18446744073709551615", UINT64_MAX);
  add("bool false", false);
  add("bool true", true);
  add("char A", 'A');
  add("char 0xe9", '\xe9');
  add("enum second", level::second);
  add("enum negative", signed_level::negative);
  add("string empty", std::string());
  add("string a", std::string("a"));
  add("string LHR", std::string_view("LHR"));
  add("string zero-byte", std::string("a\0b", 3));
  for (const std::size_t count : {3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024, 5000}) {
    add("string " + std::to_string(count) + " letters", letters(count));
  }
  add("string utf8", std::string("Z\xc3\xbcrich"));
  add("timestamp 0", weir::from_epoch_ms(0));
  add("timestamp 983404800000", weir::from_epoch_ms(983404800000));
  add("timestamp -1", weir::from_epoch_ms(-1));
  add("duration 1500ms", 1500ms);
  add("optional none", std::optional<int>());
  add("optional 0", std::optional<int>(0));
  add("optional 7", std::optional<std::uint8_t>(7));
  add("optional string empty", std::optional<std::string>(""));
  add("optional optional none", std::optional<std::optional<int>>(std::optional<int>()));
  add("pair 1 2", std::pair(1, 2));
  add("pair 2 1", std::pair(2, 1));
  add("pair LHR 7", std::pair(std::string("LHR"), 7u));
  add("tuple empty", std::tuple<>());
  add("tuple 1", std::tuple<int>(1));
  add("tuple 1 a -3", std::tuple(1, std::string_view("a"), std::int8_t{-3}));
  add("struct LHR 7", route{"LHR", 7});
  add("struct nested", trip{{"LHR", 7}, std::nullopt, weir::from_epoch_ms(983404800000)});
  return samples;
}

TEST(stable_hash, never_changes) {
  const auto golden = read_golden();
  ASSERT_FALSE(golden.empty()) << "tests/core/key_hashes.golden is not readable from the working directory";
  const auto samples = hash_samples();
  EXPECT_EQ(golden.size(), samples.size());
  for (const auto& [name, hash] : samples) {
    const auto row = golden.find(name);
    ASSERT_NE(row, golden.end()) << name;
    EXPECT_EQ(hash, row->second.hash) << name;
    EXPECT_EQ(weir::key_group_of(hash), row->second.group) << name;
  }
}

TEST(stable_hash, equal_values_hash_alike_whatever_their_type) {
  EXPECT_EQ(stable_hash(std::int8_t{-5}), stable_hash(std::int64_t{-5}));
  EXPECT_EQ(stable_hash(std::uint16_t{5}), stable_hash(std::int32_t{5}));
  EXPECT_EQ(stable_hash(level::second), stable_hash(2));
  EXPECT_EQ(stable_hash(true), stable_hash(1));
  EXPECT_EQ(stable_hash(std::string("key")), stable_hash(std::string_view("key")));
  EXPECT_EQ(stable_hash(route{"LHR", 7}), stable_hash(route_of_text{"LHR", 7}));
  EXPECT_EQ(stable_hash(route{"LHR", 7}), stable_hash(std::pair(std::string("LHR"), 7)));
  EXPECT_EQ(stable_hash(std::pair(1, 2)), stable_hash(std::tuple(1L, 2L)));
}

TEST(stable_hash, sees_order_grouping_and_absence) {
  EXPECT_NE(stable_hash(std::pair(1, 2)), stable_hash(std::pair(2, 1)));
  EXPECT_NE(stable_hash(std::tuple(1, std::pair(2, 3))), stable_hash(std::tuple(std::pair(1, 2), 3)));
  EXPECT_NE(stable_hash(std::optional<int>()), stable_hash(std::optional<int>(0)));
  EXPECT_NE(stable_hash(std::pair(std::string("ab"), std::string("c"))),
            stable_hash(std::pair(std::string("a"), std::string("bc"))));
}

TEST(stable_hash, is_known_at_compile_time_for_integers) {
  static_assert(stable_hash(5) == stable_hash(5u));
  static_assert(stable_hash(std::pair(1, 2)) != stable_hash(std::pair(2, 1)));
}

// 4096 cells of 16 keys each: the chi-squared statistic of a uniform spread has mean 4095 and deviation 90.5. A spread
// more even than random is welcome, one worse than mean + 6 deviations is not.
template <class KeyOf>
void expect_even_spread(const std::string& what, unsigned shift, KeyOf key_of) {
  std::vector<std::uint32_t> cells(4096);
  for (std::uint64_t i = 0; i < cells.size() * 16; ++i) ++cells[(stable_hash(key_of(i)) >> shift) % cells.size()];
  double chi_squared = 0;
  for (const std::uint32_t count : cells) chi_squared += (count - 16.0) * (count - 16.0) / 16.0;
  EXPECT_LT(chi_squared, 4095 + 6 * 90.5) << what << ", bits from " << shift;
}

TEST(stable_hash, spreads_regular_keys_over_groups_tables_and_tags) {
  for (const unsigned shift : {0u, 20u, 45u, 52u}) {
    for (const unsigned stride : {0u, 1u, 8u, 16u, 32u, 40u}) {
      expect_even_spread("multiples of 2^" + std::to_string(stride), shift,
                         [=](std::uint64_t i) { return i << stride; });
    }
    expect_even_spread("negative numbers", shift, [](std::uint64_t i) { return -static_cast<std::int64_t>(i); });
    expect_even_spread("multiples of 1000", shift, [](std::uint64_t i) { return i * 1000; });
    expect_even_spread("pairs", shift, [](std::uint64_t i) { return std::pair(i % 256, i / 256); });
    expect_even_spread("words", shift, [](std::uint64_t i) { return "word " + std::to_string(i); });
  }
}

}  // namespace
