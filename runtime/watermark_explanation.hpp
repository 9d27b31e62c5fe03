#pragma once
// Why event time stands where it stands: from every stage back to the split or operator whose watermark is the least,
// as the figures of the subtasks show it. Reading them stops nobody; they may be a step old.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/timestamp.hpp"

namespace weir {

/// What holds event time back.
struct event_time_holder {
  std::size_t stage = 0;               ///< its number, from 1
  std::string kind;                    ///< "from", "aggregate", ...
  std::string uid;                     ///< may be empty
  std::size_t subtask = 0;             ///< from 1
  std::size_t subtasks = 0;            ///< of the stage
  std::string split;                   ///< what a source is reading: "orders.jsonl"; else empty
  std::uint64_t split_consumed = 0;    ///< how far, in the split's units
  std::optional<timestamp> watermark;  ///< none: it has not given any
  std::chrono::nanoseconds still{0};   ///< for how long it has not risen
  std::string why;                     ///< "it has nothing to read"
  std::string release;                 ///< what would let event time go on
};

/// How far the event time of a stage has come: the least over its subtasks.
struct event_time_report {
  std::optional<timestamp> watermark;        ///< none: none has come yet
  bool ended = false;                        ///< all its input has been read
  std::chrono::nanoseconds still{0};         ///< for how long it has not risen
  std::optional<event_time_holder> held_by;  ///< none: it has ended
};

namespace detail {

struct graph;
struct running_subtask;
struct stage_metrics;
class split_assigner;

class watermark_explanation {
 public:
  /// All of them outlive it. `splits` by stage, null where it is no source.
  watermark_explanation(const graph& graph, const std::deque<running_subtask>& subtasks,
                        const std::vector<std::size_t>& first_subtask, const std::vector<const split_assigner*>& splits,
                        std::chrono::nanoseconds now, std::chrono::nanoseconds begun)
      : graph_(graph), subtasks_(subtasks), first_subtask_(first_subtask), splits_(splits), now_(now), begun_(begun) {}

  /// By stage.
  std::vector<event_time_report> reports() const;

 private:
  event_time_report report(std::size_t stage) const;
  event_time_holder holder(const running_subtask& from) const;
  event_time_holder source(const running_subtask& at) const;
  event_time_holder place(const running_subtask& at, std::size_t position) const;
  std::chrono::nanoseconds since(std::uint64_t at_ns) const;

  const graph& graph_;
  const std::deque<running_subtask>& subtasks_;
  const std::vector<std::size_t>& first_subtask_;
  const std::vector<const split_assigner*>& splits_;
  std::chrono::nanoseconds now_;
  std::chrono::nanoseconds begun_;
};

}  // namespace detail
}  // namespace weir
