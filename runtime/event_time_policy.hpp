#pragma once
// How a source gives its records event time, and when it makes watermarks: what `event_time(...)` and
// `ingestion_time()` (dsl/event_time.hpp) ask for, and what a source subtask and assign_event_time do.
#include <cstddef>
#include <optional>

#include "weir/core/timestamp.hpp"
#include "weir/runtime/watermark_alignment.hpp"
#include "weir/runtime/watermark_generator.hpp"

namespace weir::detail {

/// A stream without event time.
struct no_event_time {
  static constexpr bool timed = false;
  out_of_orderness strategy = ascending();
};

/// Event time taken from the records: `extractor(record)` is a timestamp; watermarks follow `strategy`.
template <class Extractor, class Strategy = out_of_orderness>
struct event_time_policy {
  static constexpr bool timed = true;
  Extractor extractor;
  Strategy strategy;
  std::size_t interval = 256;                    ///< records of a split between two watermarks
  std::optional<idle_timer> idle;                ///< none: a quiet source holds event time back
  bool time_ordered = false;                     ///< later files of a glob hold later times
  std::optional<alignment_request> alignment{};  ///< none: it waits for no other source
};

/// The time of a record is when it is read: that of its batch.
struct time_of_reading {
  timestamp now = min_timestamp;
  template <class Record>
  timestamp operator()(const Record&) const noexcept {
    return now;
  }
};

/// Ingestion time: `time_of_reading`, kept from going back. Watermarks follow the clock also where nothing is read.
struct ingestion_time_policy : event_time_policy<time_of_reading> {
  static constexpr bool by_clock = true;
  static constexpr timestamp::duration tick{20};  ///< between two watermarks while nothing is read
};

}  // namespace weir::detail
