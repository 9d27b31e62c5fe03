#pragma once
// What an aggregate over a whole bounded stream emits when its input ends.
#include "weir/core/record.hpp"

namespace weir {

/// The result of one key over all its records. A record, so that sinks and codecs see its fields.
template <class Key, class Value>
struct final_result {
  Key key;
  Value value;
  friend bool operator==(const final_result&, const final_result&) = default;
};

/// The result of all records.
template <class Value>
struct final_all_result {
  Value value;
  friend bool operator==(const final_all_result&, const final_all_result&) = default;
};

template <class Key, class Value>
struct record_fields<final_result<Key, Value>> {
  using of = final_result<Key, Value>;
  using type = field_list<field<&of::key, "key">, field<&of::value, "value">>;
};
template <class Value>
struct record_fields<final_all_result<Value>> {
  using of = final_all_result<Value>;
  using type = field_list<field<&of::value, "value">>;
};

}  // namespace weir
