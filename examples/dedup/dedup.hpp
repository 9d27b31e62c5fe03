#pragma once
// The steps of deduplication, from any source of messages to a stream of those that come for the first time; its test
// runs them on messages of its own.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "weir/weir.hpp"

/// Messages of the same id are the same message.
struct message {
  BOOST_HANA_DEFINE_STRUCT(message, (std::int64_t, id), (std::string, text));
};

struct first_only {
  BOOST_HANA_DEFINE_STRUCT(first_only, (weir::value_state<bool>, seen));
  using output_type = message;

  void process(const message& each, auto&, auto& out) {
    if (seen.has_value()) return;
    seen = true;
    out(each);
  }
};

/// Ids are forgotten after `remember_for`, counted from the message that was let through: state cannot grow for ever,
/// and what is delivered again even later comes through again.
template <class Messages>
auto without_repetitions(Messages messages, std::chrono::milliseconds remember_for) {
  using namespace weir;
  // clang-format off: one operator a line
  return from<"messages">(std::move(messages))
         | key_by(&message::id)
         | process<"seen">(first_only(), ttl(remember_for));
  // clang-format on
}
