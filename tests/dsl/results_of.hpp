#pragma once
// Runs a stream as a whole job and returns what comes out of it, for the tests of operators.
#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/job.hpp"
#include "weir/dsl/key_by.hpp"
#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/dsl/window.hpp"
#include "weir/windows/tumbling.hpp"

namespace weir::testing {

/// A record with event time.
struct reading {
  BOOST_HANA_DEFINE_STRUCT(reading, (std::int32_t, sensor), (timestamp, at), (std::int64_t, value));
  friend bool operator==(const reading&, const reading&) = default;
};

inline reading reading_at(std::int64_t ms, std::int64_t value = 1, std::int32_t sensor = 0) {
  return {sensor, from_epoch_ms(ms), value};
}

/// What `source` emits, in the order of one slot unless `options` say otherwise.
template <class Stream>
auto results_of(Stream&& source, const run_options& options = {.slots = 1}) {
  std::vector<owned_t<typename std::remove_cvref_t<Stream>::element_type>> results;
  job("test", std::forward<Stream>(source) | to<"results">(into(results))).run(options);
  return results;
}

/// The same, sorted, where several slots leave the order open.
template <class Stream>
auto sorted_results_of(Stream&& source, const run_options& options) {
  auto results = results_of(std::forward<Stream>(source), options);
  std::sort(results.begin(), results.end());
  return results;
}

/// The event times of what `source` emits, ascending, as windows of a millisecond see them.
template <class Stream>
std::vector<std::int64_t> event_times_of(Stream&& source) {
  std::vector<std::int64_t> times;
  for (const auto& window : results_of(std::forward<Stream>(source) | key_by([](const auto&) { return 0; }) |
                                       window(tumbling(std::chrono::milliseconds(1))) | aggregate<"times">(count()))) {
    times.insert(times.end(), static_cast<std::size_t>(window.value), epoch_ms(window.window_start));
  }
  return times;
}

}  // namespace weir::testing
