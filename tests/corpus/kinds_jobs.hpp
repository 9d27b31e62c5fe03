#pragma once
// Two more jobs whose snapshots the corpus holds: "operators" with operator state, broadcast state, calls under way and
// operators of two inputs; "windows" with windows that are more than a table per window. They never change (README.md).
// Both write out.csv, and the inputs are the functions below.
#include <cstdint>
#include <functional>
#include <string>

#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/dsl/job.hpp"

namespace corpus {

struct fact {
  BOOST_HANA_DEFINE_STRUCT(fact, (std::int64_t, number), (std::int32_t, key), (std::int64_t, value),
                           (weir::timestamp, at));
};

/// A line of out.csv; `what` is the uid that it comes from, or what its function says.
struct line {
  BOOST_HANA_DEFINE_STRUCT(line, (std::string, what), (std::int32_t, key), (std::int64_t, number),
                           (std::int64_t, value));
};

inline constexpr std::int64_t first_ms = 1'700'000'000'000;

// Of "operators".
inline constexpr std::uint64_t events = 600;
inline constexpr std::uint64_t changes = 400;
inline constexpr std::uint64_t rules = 300;
inline constexpr std::int32_t keys = 40;
inline constexpr std::int32_t rule_names = 6;

inline fact event_number(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {n, static_cast<std::int32_t>(n % keys), n * 7919 % 1000, weir::from_epoch_ms(first_ms + n * 1'000)};
}
inline fact change_number(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {n, static_cast<std::int32_t>(n * n % keys), n * 31 % 100, weir::from_epoch_ms(first_ms + n * 1'500 + 250)};
}
inline fact rule_number(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {n, static_cast<std::int32_t>(n % rule_names), n * 13, weir::from_epoch_ms(first_ms + n * 2'000)};
}

// Of "windows".
inline constexpr std::uint64_t clicks = 500;
inline constexpr std::uint64_t views = 300;

inline fact click_number(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {n, static_cast<std::int32_t>(n * n % 7), n * 7919 % 1000, weir::from_epoch_ms(first_ms + n * 1'000)};
}
inline fact view_number(std::uint64_t i) {
  const auto n = static_cast<std::int64_t>(i);
  return {n, static_cast<std::int32_t>(n % 5), n, weir::from_epoch_ms(first_ms + n * 1'700)};
}

/// Calls are held back, `calls_held` at most, so that a snapshot finds them under way.
void hold_calls(bool hold);
inline constexpr std::size_t calls_held = 20;

/// `pace` is called for every record that is read.
weir::job make_operators_job(const std::function<void()>& pace);
weir::job make_windows_job(const std::function<void()>& pace);

}  // namespace corpus
