#pragma once
// What a keyed window emits.
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"

namespace weir {

/// The result of one window of one key. Its event time is the window's max_timestamp; `window_end` is exclusive.
/// A record, so that sinks and codecs see its four fields.
template <class Key, class Value>
struct window_result {
  BOOST_HANA_DEFINE_STRUCT(window_result, (Key, key), (timestamp, window_start), (timestamp, window_end),
                           (Value, value));
  friend bool operator==(const window_result&, const window_result&) = default;
};

}  // namespace weir
