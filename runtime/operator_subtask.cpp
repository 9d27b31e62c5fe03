// A subtask fed by channels: takes batches from its inputs in turn, runs them through its chain, merges the
// watermarks of all inputs and applies them to the chain between records, and aligns barriers: an input that has
// delivered one is held back until all have, then the state is copied and the barrier goes on.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/barrier_alignment.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/processing_timers.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/runtime/subtask_memory.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::detail {
namespace {

class operator_subtask final : public subtask {
 public:
  operator_subtask(subtask_context& context, std::unique_ptr<batch_chain> chain)
      : context_(context),
        chain_(std::move(chain)),
        metrics_(*context.metrics),
        inputs_(context.inputs),
        valve_(context.inputs.size()),
        alignment_(context.inputs.size(), context.holds_back_at_alignment),
        snapshot_(context),
        memory_(context.memory) {
    open_inputs_ = inputs_.size();
    leave_out_empty(context.inputs_empty);
    chain_->open(context, 0);
  }

  step_status step() override {
    if (done_) return step_status::done;
    return memory_.watch(*chain_, [this]() __attribute__((always_inline)) {
      if (context_.restored != nullptr) [[unlikely]] restore();
      const bool copied = snapshot_.copy_slice(*chain_);
      const step_status status = work();
      return copied && status != step_status::done ? step_status::progress : status;
    });
  }

  void flush(flush_reason reason) override {
    if (!done_) chain_->flush(reason);
  }

  bool holds_output() override { return !done_ && chain_->holds_output(); }

  bool runnable() override {
    if (done_) return false;
    if (snapshot_.can_copy()) return true;
    if (!chain_->ready()) return false;
    if (advancing_ || current_ != nullptr || open_inputs_ == 0) return true;
    for (std::size_t input = 0; input < inputs_.size(); ++input) {
      if (!alignment_.holds_back(input) && inputs_[input]->has_batch()) return true;
    }
    return false;
  }

  processing_clock::time_point next_timer() override {
    return done_ ? processing_clock::time_point::max() : chain_->next_processing_timer();
  }

  // Open windows and timers of a snapshot give records although no input has any more: when the final watermark comes.
  bool holds_records() override { return context_.restored != nullptr && holds_restored_state(context_); }

 private:
  step_status work() {
    if (!chain_->ready()) {
      stand(time_standing::backpressured);
      return step_status::backpressured;
    }
    stand(time_standing::working);
    if (advancing_) return continue_advance();
    if (open_inputs_ == 0) return finish();
    if (chain_->has_timers() && fires_timers()) return step_status::progress;
    if (current_ == nullptr && !take_batch()) return step_status::idle;
    for (;;) {
      if (mark_ < current_->mark_count() && current_->mark_at(mark_).position == position_) {
        apply(current_->mark_at(mark_++));
      } else {
        const std::size_t end = mark_ < current_->mark_count() ? current_->mark_at(mark_).position : current_->size();
        position_ = chain_->process(*current_, position_, end);
      }
      if (position_ == current_->size() && mark_ == current_->mark_count()) {
        inputs_[current_input_]->give_back(std::exchange(current_, nullptr));
        return step_status::progress;
      }
      // The rest of the batch in the same step, if there is room for what it sends.
      if (advancing_ || !chain_->ready()) return step_status::progress;
    }
  }

  // An input without records ends in event time before the first record, not when its end happens to arrive. Where no
  // input has any, their ends bring the final watermark.
  void leave_out_empty(const std::vector<bool>& empty) {
    if (std::find(empty.begin(), empty.end(), false) == empty.end()) return;
    for (std::size_t input = 0; input < empty.size(); ++input) {
      if (!empty[input]) continue;
      const valve_output left = valve_.watermark(input, max_timestamp);
      if (left.watermark) pending_.watermark = left.watermark;  // after a restore only
    }
    advancing_ = pending_.watermark.has_value();
  }

  bool take_batch() {
    for (std::size_t tried = 0; tried < inputs_.size(); ++tried) {
      current_input_ = current_input_ + 1 < inputs_.size() ? current_input_ + 1 : 0;
      if (alignment_.holds_back(current_input_)) continue;
      current_ = inputs_[current_input_]->receive();
      if (current_ == nullptr) continue;
      position_ = 0;
      mark_ = 0;
      metrics_.batches_in.add(1);
      metrics_.bytes_in.add(current_->bytes());
      return true;
    }
    return false;
  }

  void apply(const mark& control) {
    switch (control.kind) {
      case mark_kind::watermark:
        pending_ = valve_.watermark(current_input_, control.time);
        break;
      case mark_kind::idle:
        pending_ = valve_.idle(current_input_);
        break;
      case mark_kind::active:
        pending_ = valve_.active(current_input_);
        break;
      case mark_kind::barrier:
        pass(alignment_.arrived(current_input_, checkpoint_of(control)));
        return;
      case mark_kind::stopped:
        stopped_ = true;
        [[fallthrough]];
      case mark_kind::end_of_input:
        --open_inputs_;
        pending_ = valve_.finished(current_input_);
        // The end of this input may be what the others waited for.
        aligned_ = alignment_.ended(current_input_);
        break;
    }
    advancing_ = true;
    continue_advance();
  }

  // The valve's answer is applied before anything else is read, and is atomic to the outside: the watermark goes
  // downstream after the last result that it triggers.
  step_status continue_advance() {
    if (pending_.watermark) {
      if (!chain_->advance(*pending_.watermark)) return step_status::progress;
      metrics_.reach(*pending_.watermark);
      chain_->mark(mark_kind::watermark, *pending_.watermark);
    }
    if (pending_.idle) chain_->mark(mark_kind::idle, {});
    if (pending_.active) chain_->mark(mark_kind::active, {});
    advancing_ = false;
    pass(std::exchange(aligned_, 0));
    return step_status::progress;
  }

  // All inputs have delivered the barrier: what came before it is in the state, what comes behind it is not.
  void pass(checkpoint_id aligned) {
    if (aligned == 0) return;
    snapshot_.begin(aligned, *chain_, [this] {
      if (time_of_stage_ != no_position) snapshot_.part(time_of_stage_, "time", valve_.encode());
    });
    chain_->mark(mark_kind::barrier, barrier_time(aligned));
  }

  bool fires_timers() { return timers_.fire(*chain_, context_.clock->now()); }

  void stand(time_standing how) noexcept { metrics_.stand(valve_.is_idle() ? time_standing::idle : how); }

  step_status finish() {
    if (!ended_) {
      if (stopped_) chain_->stop();
      chain_->mark(stopped_ ? mark_kind::stopped : mark_kind::end_of_input, {});
      ended_ = true;
    }
    if (!chain_->flush(flush_reason::end)) return step_status::backpressured;
    if (snapshot_.copying()) return step_status::idle;
    chain_->close();
    snapshot_.finish(*chain_, [] {});
    metrics_.stand(time_standing::ended);
    done_ = true;
    return step_status::progress;
  }

  void restore() {
    const subtask_restore from{std::exchange(context_.restored, nullptr), context_.of, context_.subtask,
                               context_.parallelism, [this] { memory_.look(*chain_); }};
    timestamp watermark = min_timestamp;
    if (time_of_stage_ != no_position && context_.restores_event_time) {
      const operator_restore held(from, time_of_stage_, min_timestamp);
      watermark = restored_watermark(held);
    }
    chain_->restore(from, watermark);
    leave_out_empty(context_.inputs_empty);
    // The ends of the inputs will not raise the watermark again, and those behind may have forgotten that it came.
    if (watermark == max_timestamp) {
      pending_.watermark = max_timestamp;
      advancing_ = true;
    }
  }

  // At another parallelism, or with other inputs, event time goes on where the slowest of the old subtasks was.
  timestamp restored_watermark(const operator_restore& held) {
    const auto parts = held.parts("time");
    if (parts.empty()) return min_timestamp;
    timestamp least = max_timestamp;
    for (const auto& [subtask, bytes] : parts) {
      if (held.same_parallelism() && subtask == context_.subtask && valve_.restore(bytes)) return valve_.current();
      least = std::min(least, watermark_valve::current_in(bytes));
    }
    valve_ = watermark_valve(inputs_.size(), least);
    return least;
  }

  subtask_context& context_;
  std::unique_ptr<batch_chain> chain_;
  stage_metrics& metrics_;
  std::vector<channel*> inputs_;
  watermark_valve valve_;
  barrier_alignment alignment_;
  processing_timers timers_;
  subtask_snapshot snapshot_;
  subtask_memory memory_;
  std::size_t time_of_stage_ = operator_for_time(*context_.of);  // under whose uid the valve is stored
  std::size_t open_inputs_ = 0;
  std::size_t current_input_ = 0;
  batch_base* current_ = nullptr;
  std::size_t position_ = 0;  // in the current batch
  std::size_t mark_ = 0;      // in the current batch
  valve_output pending_;
  checkpoint_id aligned_ = 0;  // goes on once pending_ is applied
  bool advancing_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<subtask> make_operator_subtask(subtask_context& context, std::unique_ptr<batch_chain> chain) {
  return std::make_unique<operator_subtask>(context, std::move(chain));
}

}  // namespace weir::detail
