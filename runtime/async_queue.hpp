#pragma once
// The order of an async subtask (dsl/async_subtask.hpp): inputs whose results are awaited, and marks between them, from
// their arrival until they have left. It knows what may start, what may leave, and when timeouts and retries are due;
// the inputs and their results lie in what derives from async_call.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <tuple>

#include "weir/core/clock.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::detail {

/// One input, as far as its type does not matter.
struct async_call {
  async_call() = default;
  async_call(const async_call&) = delete;
  async_call& operator=(const async_call&) = delete;
  virtual ~async_call() = default;

  std::uint64_t number = 0;  ///< given by the queue, in order of arrival
  timestamp time = min_timestamp;
  std::size_t bytes = 0;       ///< that it takes from the heap, with its input and its results; see async_queue::hold
  std::uint32_t attempts = 0;  ///< begun so far
  bool waits_for_retry = false;
  bool timed_out = false;
  bool done = false;  ///< its results stand
  processing_clock::time_point timeout_at = processing_clock::time_point::max();
  processing_clock::time_point retry_at = processing_clock::time_point::max();
};

/// At most `capacity` inputs and marks are admitted at a time; what comes beyond that waits in the queue, neither
/// started nor left. In order: everything leaves as it came. Otherwise: what lies between two marks leaves as it is
/// done, and no mark before all that came before it.
class async_queue {
 public:
  struct item {
    std::shared_ptr<async_call> call;  ///< null: a mark
    valve_output mark{};
    bool left = false;
  };
  enum class timer_kind : std::uint8_t { timeout, retry };

  async_queue(bool ordered, std::size_t capacity) : ordered_(ordered), capacity_(capacity) {}

  // ---- what comes ---------------------------------------------------------------------------------------------------

  void add(std::shared_ptr<async_call> call);
  void add_mark(const valve_output& mark);

  /// The next input that may start, which is then admitted; null where there is none or no room for it.
  async_call* admit();
  bool can_admit() const noexcept { return in_use_ < capacity_ && admitted_ < end(); }
  /// Whether nothing more should be added.
  bool full() const noexcept { return in_use_ >= capacity_ || admitted_ < end(); }
  bool empty() const noexcept { return items_.empty(); }
  /// What its inputs and their results take from the heap.
  std::size_t memory_bytes() const noexcept { return call_bytes_ + items_.size() * sizeof(item); }

  // ---- what goes ----------------------------------------------------------------------------------------------------

  /// The input of that number, or null if it has left.
  async_call* find(std::uint64_t number) noexcept;
  /// It takes so many bytes more, until it has left.
  void hold(async_call& call, std::size_t bytes) noexcept {
    call.bytes += bytes;
    call_bytes_ += bytes;
  }
  /// Its results stand: it may leave when it is its turn, and its timers are cancelled.
  void complete(async_call& call);
  /// What may leave next, or null.
  const item* next() const noexcept;
  /// What `next` gave has left.
  void pop();
  /// All that is left, in order, is dropped.
  void clear();

  /// Calls `visit(item)` for all that is there, in order of arrival.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const item& each : items_) {
      if (!each.left) visit(each);
    }
  }

  // ---- timers -------------------------------------------------------------------------------------------------------

  void time_out_at(async_call& call, processing_clock::time_point when);
  void retry_at(async_call& call, processing_clock::time_point when);
  void cancel_retry(async_call& call);
  void cancel_timers(async_call& call);
  /// The earliest of all; processing_clock::time_point::max() where there is none.
  processing_clock::time_point next_timer() const noexcept;
  /// The input of a timer that is due, which is taken out; null where none is.
  async_call* due(processing_clock::time_point now, timer_kind& kind);

 private:
  std::uint64_t end() const noexcept { return first_ + items_.size(); }
  item& at(std::uint64_t number) noexcept { return items_[static_cast<std::size_t>(number - first_)]; }
  const item& at(std::uint64_t number) const noexcept { return items_[static_cast<std::size_t>(number - first_)]; }
  void make_ready_up_to_next_mark();

  bool ordered_;
  std::size_t capacity_;
  std::size_t in_use_ = 0;
  std::size_t call_bytes_ = 0;  // of all calls
  std::uint64_t first_ = 0;     // number of the first item
  std::uint64_t admitted_ = 0;  // number of the first one that is not admitted
  std::deque<item> items_;
  std::deque<std::uint64_t> marks_;  // numbers of the marks
  std::deque<std::uint64_t> ready_;  // unordered: what is done before the first mark
  std::set<std::tuple<processing_clock::time_point, std::uint64_t, timer_kind>> timers_;
};

}  // namespace weir::detail
