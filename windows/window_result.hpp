#pragma once
// What a keyed window emits.
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"

namespace weir {

/// The result of one window of one key. Its event time is the window's max_timestamp; `window_end` is exclusive.
/// A record, so that sinks and codecs see its four fields.
template <class Key, class Value>
struct window_result {
  Key key;
  timestamp window_start;
  timestamp window_end;
  Value value;
  friend bool operator==(const window_result&, const window_result&) = default;
};

template <class Key, class Value>
struct record_fields<window_result<Key, Value>> {
  using of = window_result<Key, Value>;
  using type = field_list<field<&of::key, "key">, field<&of::window_start, "window_start">,
                          field<&of::window_end, "window_end">, field<&of::value, "value">>;
};

}  // namespace weir
