#pragma once
// The subtask of a stage that begins with async_map: takes batches from its one input, puts their records and
// watermarks into a queue, has the function called for them, and feeds the results to its chain as the order allows. It
// never waits: while the queue is full it takes no input, but results, timers and barriers go on.
//
// A barrier is passed as soon as it is read: the snapshot holds the inputs whose results have not left. So that it need
// not wait for results either, all that is before it is read once a checkpoint is under way, also into a full queue:
// that is what the channels between here and the sources hold, and no more. What has no room yet waits in the queue
// without being called, as do the inputs of a snapshot that is restored.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "weir/dsl/async_function_calls.hpp"
#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/barrier_alignment.hpp"
#include "weir/runtime/batch.hpp"
#include "weir/runtime/chain.hpp"
#include "weir/runtime/memory_budget.hpp"
#include "weir/runtime/processing_timers.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/runtime/subtask_memory.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::detail {

template <class Element, columns Columns, class Function, class Options, class Chain>
class async_subtask final : public subtask {
  using calls_type = async_function_calls<Element, Columns.time, Function, Options>;
  using call_type = typename calls_type::call;

 public:
  using batch_type = batch<Element, Columns>;

  async_subtask(subtask_context& context, const Function& function, const Options& options, const Chain& description)
      : context_(context),
        chain_(description),
        metrics_(*context.metrics),
        own_metrics_(context.metrics->operators[0]),
        input_(*context.inputs.front()),
        valve_(1),
        calls_(function, options, context.of->operators.front().uid),
        snapshot_(context),
        memory_(context.memory) {
    chain_.open(context, 1);
    calls_.open(context);
    if (context.restored != nullptr) take_up_inputs();
  }

  step_status step() override {
    if (done_) return step_status::done;
    const step_status status = memory_.watch(chain_, [this]() __attribute__((always_inline)) {
      if (context_.restored != nullptr) [[unlikely]]
        restore_chain();
      const bool copied = snapshot_.copy_slice(chain_);
      const step_status worked = work();
      return copied && worked != step_status::done ? step_status::progress : worked;
    });
    count_in_flight();
    return status;
  }

  void flush(flush_reason reason) override {
    if (!done_) chain_.terminal().flush(reason);
  }

  bool holds_output() override { return !done_ && chain_.terminal().holds_output(); }

  bool runnable() override {
    if (done_) return false;
    if (snapshot_.can_copy() || calls_.can_work()) return true;
    if (!chain_.terminal().ready()) return false;
    if (advancing_ || calls_.queue().next() != nullptr) return true;
    if (input_ended_) return snapshot_.due() != 0 || (calls_.queue().empty() && !snapshot_.copying());
    return takes_input() && (current_ != nullptr || input_.has_batch());
  }

  processing_clock::time_point next_timer() override {
    if (done_) return processing_clock::time_point::max();
    return std::min(calls_.next_timer(), chain_.next_processing_timer());
  }

  bool stopped() const override { return ends_open_; }
  bool polls() const override { return !done_ && calls_.polls(); }
  bool holds_records() override { return !calls_.queue().empty(); }
  void set_waker(parker* waker) override { calls_.set_waker(waker); }

 private:
  using meta_type = record_meta<columns{Columns.time, false}>;

  /// What is in flight is state, which the chain does not know.
  void count_in_flight() {
    const std::size_t before = own_metrics_.state_bytes.get();
    const std::size_t now = calls_.queue().memory_bytes();
    own_metrics_.state_bytes.set(now);
    if (context_.memory != nullptr && !context_.memory->change(before, now)) throw memory_exceeded();
  }

  step_status work() {
    const bool worked = calls_.work(context_.clock->now());
    const step_status status = go_on();
    return worked && status != step_status::done ? step_status::progress : status;
  }

  step_status go_on() {
    if (!chain_.terminal().ready()) {
      metrics_.stand(time_standing::backpressured);
      return step_status::backpressured;
    }
    metrics_.stand(valve_.is_idle() ? time_standing::idle : time_standing::working);
    if (advancing_) return continue_advance();
    if (ended_) return finish();
    if constexpr (Chain::has_processing_timers) {
      if (timers_.fire(chain_, context_.clock->now())) return step_status::progress;
    }
    // An input with several results of which some have left is not in a snapshot: nothing is read before all have.
    if (const async_queue::item* const next = calls_.queue().next())
      return next->call != nullptr ? emit() : begin_advance();
    if (input_ended_ && begin_due_checkpoint()) return step_status::progress;
    if (read()) return step_status::progress;
    return input_ended_ && calls_.queue().empty() ? end() : step_status::idle;
  }

  // ---- out ----------------------------------------------------------------------------------------------------------

  step_status emit() {
    const std::size_t most = chain_.records_per_call();
    const std::size_t emitted = chain_.template process_from<meta_type>([&](const auto& out) {
      std::size_t count = 0;
      const async_queue::item* next = nullptr;
      while ((next = calls_.queue().next()) != nullptr && next->call != nullptr) {
        auto& from = static_cast<call_type&>(*next->call);
        while (from.given < from.results.size()) {
          if (count == most || (Chain::expands && count > 0 && out.full())) return count;
          auto& result = from.results[from.given++];
          ++count;
          if constexpr (Columns.time) {
            out.with_meta(std::move(result), meta_type{from.time});
          } else {
            out(std::move(result));
          }
        }
        calls_.queue().pop();
      }
      return count;
    });
    own_metrics_.records_out.add(emitted);
    return step_status::progress;
  }

  step_status begin_advance() {
    pending_ = calls_.queue().next()->mark;
    calls_.queue().pop();
    advancing_ = true;
    return continue_advance();
  }

  step_status continue_advance() {
    if (pending_.watermark) {
      if (!chain_.advance(*pending_.watermark)) return step_status::progress;
      passed_ = *pending_.watermark;
      metrics_.reach(passed_);
      chain_.terminal().mark(mark_kind::watermark, passed_);
    }
    if (pending_.idle) chain_.terminal().mark(mark_kind::idle, {});
    if (pending_.active) chain_.terminal().mark(mark_kind::active, {});
    advancing_ = false;
    return step_status::progress;
  }

  step_status end() {
    if (stopped_) chain_.stop();
    chain_.terminal().mark(stopped_ ? mark_kind::stopped : mark_kind::end_of_input, {});
    ended_ = true;
    return finish();
  }

  step_status finish() {
    if (!chain_.terminal().flush(flush_reason::end)) return step_status::backpressured;
    if (snapshot_.copying()) return step_status::idle;
    chain_.terminal().close();
    snapshot_.finish(chain_, [this] { calls_.put({snapshot_, 0}, passed_); });
    metrics_.stand(time_standing::ended);
    done_ = true;
    return step_status::progress;
  }

  // ---- in -----------------------------------------------------------------------------------------------------------

  bool takes_input() const { return !calls_.queue().full() || snapshot_.due() != 0; }

  /// Returns whether anything was read.
  bool read() {
    if (input_ended_ || !takes_input()) return false;
    if (current_ == nullptr && !take_batch()) return false;
    while (takes_input()) {
      if (mark_ < current_->mark_count() && current_->mark_at(mark_).position == position_) {
        apply(current_->mark_at(mark_++));
      } else if (position_ < current_->size()) {
        take_record(position_++);
      }
      if (position_ == current_->size() && mark_ == current_->mark_count()) {
        input_.give_back(std::exchange(current_, nullptr));
        break;
      }
    }
    return true;
  }

  bool take_batch() {
    current_ = static_cast<batch_type*>(input_.receive());
    if (current_ == nullptr) return false;
    position_ = 0;
    mark_ = 0;
    metrics_.batches_in.add(1);
    metrics_.bytes_in.add(current_->bytes());
    return true;
  }

  void take_record(std::size_t position) {
    own_metrics_.records_in.add(1);
    if constexpr (Columns.time) {
      calls_.add(std::move(current_->record(position)), current_->meta(position).time);
    } else {
      calls_.add(std::move(current_->record(position)), min_timestamp);
    }
    calls_.start();
  }

  void take_mark(const valve_output& changed) {
    if (changed != valve_output{}) calls_.queue().add_mark(changed);
    calls_.start();
  }

  void apply(const mark& control) {
    switch (control.kind) {
      case mark_kind::watermark:
        take_mark(valve_.watermark(0, control.time));
        break;
      case mark_kind::idle:
        take_mark(valve_.idle(0));
        break;
      case mark_kind::active:
        take_mark(valve_.active(0));
        break;
      case mark_kind::barrier:
        pass(checkpoint_of(control));
        break;
      case mark_kind::stopped:
        stopped_ = true;
        // With checkpoints a job stops behind one, and a restored job calls again for what is in it.
        if (snapshot_.enabled()) calls_.drop_all();
        [[fallthrough]];
      case mark_kind::end_of_input:
        input_ended_ = true;
        calls_.end_input();
        break;
    }
  }

  void pass(checkpoint_id id) {
    snapshot_.begin(id, chain_, [this] {
      snapshot_.part(0, "time", valve_.encode());
      calls_.put({snapshot_, 0}, passed_);
    });
    chain_.terminal().mark(mark_kind::barrier, barrier_time(id));
  }

  /// Nobody sends a barrier any more to a subtask whose input has ended: while it waits for results it begins checkpoints
  /// itself, as those do that read a source.
  bool begin_due_checkpoint() {
    const checkpoint_id due = snapshot_.due();
    if (due == 0) return false;
    pass(due);
    if (snapshot_.stops_with(due)) {
      stopped_ = ends_open_ = true;
      calls_.drop_all();
    }
    return true;
  }

  // ---- restore ------------------------------------------------------------------------------------------------------

  // Before the first step, because those behind it ask whether any record can come.
  void take_up_inputs() {
    const subtask_restore from{context_.restored, context_.of, context_.subtask, context_.parallelism, {}};
    const operator_restore held(from, 0, min_timestamp);
    if (!held.has_state()) return;
    async_watermarks restored = restored_watermarks(held);
    // The end of the input will not raise the watermark again, and those behind may have forgotten that it came.
    if (passed_ == max_timestamp) restored.waiting = {{static_cast<std::uint64_t>(-1), max_timestamp}};
    calls_.restore(held, restored);
  }

  // In as many subtasks as before watermarks lie where they lay. Otherwise the inputs of several are mixed: event time
  // goes on where the slowest was, and comes behind all of them.
  async_watermarks restored_watermarks(const operator_restore& held) {
    const auto times = held.parts("time");
    if (!context_.restores_event_time || times.empty()) return {};
    bool is_own = false;
    timestamp reached = max_timestamp;
    for (const auto& [subtask, bytes] : times) {
      if (held.same_parallelism() && subtask == context_.subtask) is_own = valve_.restore(bytes);
      reached = std::min(reached, watermark_valve::current_in(bytes));
    }
    passed_ = reached;
    for (const auto& [subtask, bytes] : held.parts(async_watermarks_part)) {
      async_watermarks each = async_watermarks::decode(bytes);
      if (is_own && subtask == context_.subtask) {
        passed_ = each.passed;
        return each;
      }
      passed_ = std::min(passed_, each.passed);
    }
    valve_ = watermark_valve(1, reached);
    if (reached == passed_) return {};
    return {.passed = passed_, .waiting = {{static_cast<std::uint64_t>(-1), reached}}};
  }

  void restore_chain() {
    const subtask_restore from{std::exchange(context_.restored, nullptr), context_.of, context_.subtask,
                               context_.parallelism, [this] { memory_.look(chain_); }};
    chain_.restore(from, passed_);
  }

  subtask_context& context_;
  erased_chain<Chain> chain_;
  stage_metrics& metrics_;
  operator_metrics& own_metrics_;
  channel& input_;
  watermark_valve valve_;
  calls_type calls_;
  processing_timers timers_;
  subtask_snapshot snapshot_;
  subtask_memory memory_;
  batch_type* current_ = nullptr;
  std::size_t position_ = 0;          // in the current batch
  std::size_t mark_ = 0;              // in the current batch
  timestamp passed_ = min_timestamp;  // the last watermark that went downstream
  valve_output pending_;
  bool advancing_ = false;
  bool input_ended_ = false;
  bool stopped_ = false;
  bool ends_open_ = false;  // a stop came when only results were waited for
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace weir::detail
