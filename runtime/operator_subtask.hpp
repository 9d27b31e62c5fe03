#pragma once
// A subtask fed by channels: takes batches from its inputs in turn, runs them through its chain, merges the
// watermarks of all inputs and applies them to the chain between records.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "weir/runtime/chain.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/runtime/watermark_valve.hpp"

namespace weir::detail {

template <class Element, columns Columns, class Chain>
class operator_subtask final : public subtask {
 public:
  using batch_type = batch<Element, Columns>;

  operator_subtask(subtask_context& context, const Chain& description)
      : chain_(description), metrics_(*context.metrics), inputs_(context.inputs), valve_(context.inputs.size()) {
    open_inputs_ = inputs_.size();
    leave_out_empty(context.inputs_empty);
    chain_.open(context, 0);
  }

  step_status step() override {
    if (done_) return step_status::done;
    if (!chain_.terminal().ready()) return step_status::backpressured;
    if (advancing_) return continue_advance();
    if (open_inputs_ == 0) return finish();
    if (current_ == nullptr && !take_batch()) return step_status::idle;
    for (;;) {
      if (mark_ < current_->mark_count() && current_->mark_at(mark_).position == position_) {
        apply(current_->mark_at(mark_++));
      } else {
        const std::size_t end = mark_ < current_->mark_count() ? current_->mark_at(mark_).position : current_->size();
        position_ = chain_.process(*current_, position_, end);
      }
      if (position_ == current_->size() && mark_ == current_->mark_count()) {
        inputs_[current_input_]->give_back(std::exchange(current_, nullptr));
        return step_status::progress;
      }
      // The rest of the batch in the same step, if there is room for what it sends.
      if (advancing_ || !chain_.terminal().ready()) return step_status::progress;
    }
  }

  void flush(flush_reason reason) override {
    if (!done_) chain_.terminal().flush(reason);
  }

  bool holds_output() override { return !done_ && chain_.terminal().holds_output(); }

  bool runnable() override {
    if (done_) return false;
    if (!chain_.terminal().ready()) return false;
    if (advancing_ || current_ != nullptr || open_inputs_ == 0) return true;
    for (const auto* input : inputs_) {
      if (input->has_batch()) return true;
    }
    return false;
  }

 private:
  // An input without records ends in event time before the first record, not when its end happens to arrive. Where no
  // input has any, their ends bring the final watermark.
  void leave_out_empty(const std::vector<bool>& empty) {
    if (std::find(empty.begin(), empty.end(), false) == empty.end()) return;
    for (std::size_t input = 0; input < empty.size(); ++input) {
      if (empty[input]) valve_.watermark(input, max_timestamp);
    }
  }

  bool take_batch() {
    for (std::size_t tried = 0; tried < inputs_.size(); ++tried) {
      current_input_ = current_input_ + 1 < inputs_.size() ? current_input_ + 1 : 0;
      current_ = static_cast<batch_type*>(inputs_[current_input_]->receive());
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
      case mark_kind::stopped:
        stopped_ = true;
        [[fallthrough]];
      case mark_kind::end_of_input:
        --open_inputs_;
        pending_ = valve_.finished(current_input_);
        break;
    }
    advancing_ = true;
    continue_advance();
  }

  // The valve's answer is applied before anything else is read, and is atomic to the outside: the watermark goes
  // downstream after the last result that it triggers.
  step_status continue_advance() {
    if (pending_.watermark) {
      if (!chain_.advance(*pending_.watermark)) return step_status::progress;
      metrics_.watermark.store(epoch_ms(*pending_.watermark), std::memory_order_relaxed);
      chain_.terminal().mark(mark_kind::watermark, *pending_.watermark);
    }
    if (pending_.idle) chain_.terminal().mark(mark_kind::idle, {});
    if (pending_.active) chain_.terminal().mark(mark_kind::active, {});
    advancing_ = false;
    return step_status::progress;
  }

  step_status finish() {
    if (!ended_) {
      if (stopped_) chain_.stop();
      chain_.terminal().mark(stopped_ ? mark_kind::stopped : mark_kind::end_of_input, {});
      ended_ = true;
    }
    if (!chain_.terminal().flush(flush_reason::end)) return step_status::backpressured;
    chain_.terminal().close();
    done_ = true;
    return step_status::progress;
  }

  Chain chain_;
  stage_metrics& metrics_;
  std::vector<channel*> inputs_;
  watermark_valve valve_;
  std::size_t open_inputs_ = 0;
  std::size_t current_input_ = 0;
  batch_type* current_ = nullptr;
  std::size_t position_ = 0;  // in the current batch
  std::size_t mark_ = 0;      // in the current batch
  valve_output pending_;
  bool advancing_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace weir::detail
