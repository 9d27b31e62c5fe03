#pragma once
// A chain whose operators are forgotten: what its subtask asks of it for a batch, a watermark or a checkpoint. So the
// subtask is ordinary code, compiled once, and a job adds only what touches its records.
#include <cstddef>
#include <memory>

#include "weir/core/timestamp.hpp"
#include "weir/runtime/batch.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/state/counted_memory.hpp"

namespace weir::detail {

struct subtask_restore;

/// The members are those of chain.hpp and of the terminal (operator.hpp), under the same names.
class any_chain : public snapshot_source {
 public:
  any_chain(const any_chain&) = delete;
  any_chain& operator=(const any_chain&) = delete;

  virtual void open(subtask_context& context, std::size_t first_operator) = 0;

  // ---- time ---------------------------------------------------------------------------------------------------------

  virtual bool advance(timestamp watermark) = 0;
  virtual bool advance_processing_time(processing_clock::time_point now) = 0;
  virtual processing_clock::time_point next_processing_timer() = 0;
  /// Whether there may be such timers at all.
  bool has_timers() const noexcept { return has_timers_; }

  // ---- state --------------------------------------------------------------------------------------------------------

  virtual void restore(const subtask_restore& from, timestamp watermark) = 0;
  virtual std::size_t state_bytes(memory_look look) = 0;
  /// Whether any operator has state.
  bool keeps_state() const noexcept { return keeps_state_; }

  // ---- the end of the stage -----------------------------------------------------------------------------------------

  virtual bool ready() = 0;
  virtual bool holds_output() = 0;
  virtual void mark(mark_kind kind, timestamp time) = 0;
  virtual bool flush(flush_reason reason) = 0;
  virtual void stop() = 0;
  virtual void close() = 0;

 protected:
  any_chain(bool has_timers, bool keeps_state) noexcept : has_timers_(has_timers), keeps_state_(keeps_state) {}

 private:
  bool has_timers_;
  bool keeps_state_;
};

/// One that takes batches, behind channels.
class batch_chain : public any_chain {
 public:
  /// Requires a batch of the type that its channels carry.
  virtual std::size_t process(batch_base& input, std::size_t from, std::size_t to) = 0;

 protected:
  using any_chain::any_chain;
};

/// A `Chain` that is also an any_chain.
template <class Chain, class Interface = any_chain>
class erased_chain : public Chain, public Interface {
 public:
  explicit erased_chain(const Chain& description)
      : Chain(description), Interface(Chain::has_processing_timers, Chain::holds_state) {}

  void open(subtask_context& context, std::size_t first_operator) final { Chain::open(context, first_operator); }

  bool advance(timestamp watermark) final { return Chain::advance(watermark); }
  bool advance_processing_time(processing_clock::time_point now) final { return Chain::advance_processing_time(now); }
  processing_clock::time_point next_processing_timer() final { return Chain::next_processing_timer(); }

  void begin_snapshot(subtask_snapshot& snapshot) final { Chain::begin_snapshot(snapshot); }
  bool snapshot_slice(subtask_snapshot& snapshot) final { return Chain::snapshot_slice(snapshot); }
  void abandon_snapshot() final { Chain::abandon_snapshot(); }
  void finish_snapshot(subtask_snapshot& snapshot) final { Chain::finish_snapshot(snapshot); }
  void restore(const subtask_restore& from, timestamp watermark) final { Chain::restore(from, watermark); }
  std::size_t state_bytes(memory_look look) final { return Chain::state_bytes(look); }

  bool ready() final { return Chain::terminal().ready(); }
  bool holds_output() final { return Chain::terminal().holds_output(); }
  void mark(mark_kind kind, timestamp time) final { Chain::terminal().mark(kind, time); }
  bool flush(flush_reason reason) final { return Chain::terminal().flush(reason); }
  void stop() final { Chain::stop(); }
  void close() final { Chain::terminal().close(); }
};

/// The same behind channels that carry `Batch`es.
template <class Batch, class Chain>
class erased_batch_chain final : public erased_chain<Chain, batch_chain> {
 public:
  using erased_chain<Chain, batch_chain>::erased_chain;

  std::size_t process(batch_base& input, std::size_t from, std::size_t to) override {
    return Chain::process(static_cast<Batch&>(input), from, to);
  }
};

/// A subtask that is fed by the channels of `context`, which carry the batches that `chain` takes: operator_subtask.cpp.
std::unique_ptr<subtask> make_operator_subtask(subtask_context& context, std::unique_ptr<batch_chain> chain);

/// The same with a copy of a chain that takes `Batch`es.
template <class Batch, class Chain>
std::unique_ptr<subtask> make_operator_subtask(subtask_context& context, const Chain& description) {
  return make_operator_subtask(context,
                               std::unique_ptr<batch_chain>(new erased_batch_chain<Batch, Chain>(description)));
}

}  // namespace weir::detail
