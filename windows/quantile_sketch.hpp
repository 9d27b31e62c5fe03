#pragma once
// The sketch under approx_quantiles: KLL (Karnin, Lang, Liberty 2016, "Optimal quantile approximation in streams").
// Values wait in levels; one of level h stands for 2^h. A level that is full is sorted, and every second of its values,
// beginning with the first or the second by the toss of a coin, moves one level up; the others go.
#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "weir/core/hash.hpp"
#include "weir/core/record.hpp"

namespace weir {

/// `room` is how many values may be added until levels must be compacted. The coin is tossed by the data: the same
/// values in the same order give the same sketch.
template <class Value>
struct quantile_sketch {
  std::uint64_t count;
  std::uint64_t coin;
  std::uint64_t room;
  Value least;
  Value greatest;
  std::vector<std::vector<Value>> levels;
};

template <class Value>
struct record_fields<quantile_sketch<Value>> {
  using of = quantile_sketch<Value>;
  using type = field_list<field<&of::count, "count">, field<&of::coin, "coin">, field<&of::room, "room">,
                          field<&of::least, "least">, field<&of::greatest, "greatest">, field<&of::levels, "levels">>;
};

namespace detail {

/// The levels below the top hold the fewer values the lower they are: two thirds of the next, but eight at least.
template <std::size_t TopLevel>
constexpr std::size_t level_capacity(std::size_t level, std::size_t levels) noexcept {
  constexpr std::size_t least = 8;
  std::size_t capacity = TopLevel;
  for (std::size_t above = level + 1; above < levels && capacity > least; ++above) capacity = (capacity * 2 + 2) / 3;
  return std::max(capacity, least);
}

template <std::size_t TopLevel, class Value>
class quantile_sketch_operations {
 public:
  using sketch_type = quantile_sketch<Value>;

  static sketch_type create() { return {0, 0, TopLevel + 1, Value{}, Value{}, {}}; }

  static void add(sketch_type& sketch, Value value) {
    if (sketch.count == 0) {
      sketch.least = sketch.greatest = value;
      if (sketch.levels.empty()) sketch.levels.emplace_back();
    } else if (value < sketch.least) {
      sketch.least = value;
    } else if (sketch.greatest < value) {
      sketch.greatest = value;
    }
    ++sketch.count;
    sketch.levels[0].push_back(value);
    if (sketch.room-- <= 1) compact(sketch);
  }

  static void merge(sketch_type& sketch, const sketch_type& later) {
    if (later.count == 0) return;
    if (sketch.count == 0) {
      sketch = later;
      return;
    }
    sketch.count += later.count;
    sketch.coin = mix_field(sketch.coin, later.coin);
    sketch.least = std::min(sketch.least, later.least);
    sketch.greatest = std::max(sketch.greatest, later.greatest);
    if (sketch.levels.size() < later.levels.size()) sketch.levels.resize(later.levels.size());
    for (std::size_t level = 0; level < later.levels.size(); ++level) {
      auto& into = sketch.levels[level];
      into.insert(into.end(), later.levels[level].begin(), later.levels[level].end());
    }
    compact(sketch);
  }

  /// For each of `quantiles`, the smallest value of which so large a part of all values is no larger. Requires that
  /// there is a value.
  static std::vector<Value> quantiles(const sketch_type& sketch, std::span<const double> wanted) {
    std::vector<std::pair<Value, std::uint64_t>> weighted;
    for (std::size_t level = 0; level < sketch.levels.size(); ++level) {
      for (const Value& each : sketch.levels[level]) weighted.emplace_back(each, std::uint64_t{1} << level);
    }
    std::sort(weighted.begin(), weighted.end());
    std::uint64_t sum = 0;
    for (auto& [value, weight] : weighted) weight = sum += weight;
    std::vector<Value> found;
    for (const double quantile : wanted) {
      const double rank = quantile * static_cast<double>(sum);
      const auto place = std::find_if(weighted.begin(), weighted.end(),
                                      [&](const auto& each) { return static_cast<double>(each.second) >= rank; });
      if (quantile <= 0) {
        found.push_back(sketch.least);
      } else {
        found.push_back(quantile >= 1 || place == weighted.end() ? sketch.greatest : place->first);
      }
    }
    return found;
  }

 private:
  static std::size_t capacity(const sketch_type& sketch) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < sketch.levels.size(); ++i) sum += level_capacity<TopLevel>(i, sketch.levels.size());
    return sum;
  }
  static std::size_t size(const sketch_type& sketch) {
    std::size_t sum = 0;
    for (const auto& level : sketch.levels) sum += level.size();
    return sum;
  }

  /// Compacts the lowest level that is full until all values have room.
  static void compact(sketch_type& sketch) {
    while (size(sketch) > capacity(sketch)) {
      std::size_t level = 0;
      while (sketch.levels[level].size() < level_capacity<TopLevel>(level, sketch.levels.size())) ++level;
      if (level + 1 == sketch.levels.size()) sketch.levels.emplace_back();
      auto& full = sketch.levels[level];
      auto& above = sketch.levels[level + 1];
      std::sort(full.begin(), full.end());
      sketch.coin = mix_u64(sketch.coin + bits_of(full.front()) + sketch.count);
      const std::size_t left_over = full.size() % 2;  // stays
      for (std::size_t i = left_over + (sketch.coin & 1); i < full.size(); i += 2) above.push_back(full[i]);
      full.resize(left_over);
    }
    sketch.room = capacity(sketch) - size(sketch) + 1;
  }

  static std::uint64_t bits_of(Value value) {
    if constexpr (std::same_as<Value, float>) {
      return std::bit_cast<std::uint32_t>(value);
    } else if constexpr (std::same_as<Value, double>) {
      return std::bit_cast<std::uint64_t>(value);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }
};

}  // namespace detail
}  // namespace weir
