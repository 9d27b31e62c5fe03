#pragma once
// A subtask that reads splits of a source straight into its chain, makes the watermarks and begins checkpoints.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/barrier_alignment.hpp"
#include "weir/runtime/chain.hpp"
#include "weir/runtime/event_time_policy.hpp"
#include "weir/runtime/processing_timers.hpp"
#include "weir/runtime/source.hpp"
#include "weir/runtime/split_assigner.hpp"
#include "weir/runtime/subtask.hpp"
#include "weir/runtime/subtask_memory.hpp"
#include "weir/runtime/subtask_restore.hpp"
#include "weir/runtime/subtask_snapshot.hpp"
#include "weir/runtime/watermark_alignment.hpp"
#include "weir/runtime/watermark_strategy.hpp"

namespace weir::detail {

/// What a reader emits into: adds the record's event time.
template <class Emitter, class Time, class Generator, bool Expands>
class source_out {
 public:
  [[gnu::always_inline]] source_out(const Emitter& emitter, const Time& time, Generator& generator)
      : emitter_(emitter), time_(time), generator_(generator) {}

  template <class Value>
  [[gnu::always_inline]] void operator()(Value&& value) {
    if constexpr (Time::timed) {
      const timestamp time = time_.extractor(std::as_const(value));
      if constexpr (own_strategy) {
        if (generator_.observe(std::as_const(value), time)) punctuated_ = true;
      } else {
        if (time > latest_) latest_ = time;
      }
      emitter_.with_meta(std::forward<Value>(value), record_meta<columns{true, false}>{time});
    } else {
      emitter_(std::forward<Value>(value));
    }
  }

  /// Emits with an event time that the input gives.
  template <class Value>
  [[gnu::always_inline]] void at(Value&& value, timestamp time) {
    emitter_.with_meta(std::forward<Value>(value), record_meta<columns{true, false}>{time});
  }

  /// Whether the reader should stop before its limit.
  [[gnu::always_inline]] bool full() const {
    if constexpr (own_strategy) {
      if (punctuated_) return true;
    }
    if constexpr (Expands) {
      return emitter_.full();
    } else {
      return false;
    }
  }

  static constexpr bool takes_malformed = Emitter::template has_side<"malformed">();
  void malformed(malformed_record record) { emitter_.template side<"malformed">(std::move(record)); }

  /// The latest event time that passed.
  timestamp latest() const noexcept { return latest_; }
  /// Whether a watermark goes out behind the last record.
  bool punctuated() const noexcept { return punctuated_; }

 private:
  static constexpr bool own_strategy = !std::is_same_v<Generator, bounded_generator>;

  Emitter emitter_;
  const Time& time_;
  Generator& generator_;
  timestamp latest_ = min_timestamp;
  bool punctuated_ = false;
};

template <class Source, class Time, class Chain>
class source_subtask final : public subtask {
 public:
  source_subtask(subtask_context& context, const Source& source, const Time& time, const Chain& description)
      : subtask_(context),
        source_(source),
        time_(time),
        chain_(description),
        metrics_(*context.metrics),
        own_metrics_(context.metrics->operators[0]),
        context_{*context.clock, *context.storage, own_metrics_, context.subtask, context.parallelism},
        batch_records_(context.batch_records),
        snapshot_(context),
        memory_(context.memory),
        splits_((*context.shared)[0].template get<split_assigner>([this] { return make_assigner(); })) {
    chain_.open(context, 1);
    if constexpr (follows_time) {
      if (!time_.alignment) return;
      group_.join(*context.alignment, *time_.alignment);
      if (!splits_->has_split_for(context.subtask)) group_.leave();
    } else if constexpr (!gives_marks) {
      metrics_.stand(time_standing::untimed);
    }
  }

  step_status step() override {
    if (done_) return step_status::done;
    return memory_.watch(chain_, [this]() __attribute__((always_inline)) {
      if (subtask_.restored != nullptr) [[unlikely]] restore();
      const bool copied = snapshot_.copy_slice(chain_);
      const step_status status = work();
      return copied && status != step_status::done ? step_status::progress : status;
    });
  }

  void flush(flush_reason reason) override {
    if (!done_) chain_.terminal().flush(reason);
  }

  bool holds_output() override { return !done_ && chain_.terminal().holds_output(); }

  bool runnable() override {
    if (done_) return false;
    if (snapshot_.can_copy()) return true;
    return (!polls() || snapshot_.due() != 0) && chain_.terminal().ready();
  }

  processing_clock::time_point next_timer() override {
    return done_ ? processing_clock::time_point::max() : chain_.next_processing_timer();
  }

  bool polls() const override { return !done_ && (waiting_ || group_.paused()); }

  bool has_input() const override { return splits_->has_split_for(context_.subtask); }

  // With checkpoints a job stops at one: sources end behind its barrier.
  void stop() override {
    if (snapshot_.enabled()) return;
    stopping_ = true;
    look_again();
  }

  void drain() override {
    draining_ = true;
    look_again();
  }

  bool stopped() const override { return stopped_; }

  std::string position() const override { return reader_ ? reader_->position() : std::string{}; }

 private:
  static constexpr std::size_t batches_per_step_max = 4;

  using reader_type = decltype(std::declval<const Source&>().open(std::declval<const source_split&>(),
                                                                  std::declval<source_context&>()));
  static constexpr bool gives_marks = requires(reader_type& reader) { reader.take_mark(); };
  static constexpr bool follows_time = Time::timed && !gives_marks;
  static constexpr bool by_clock = requires { requires Time::by_clock; };
  using generator_type = generator_of<decltype(Time::strategy)>;
  static constexpr bool own_strategy = !std::is_same_v<generator_type, bounded_generator>;

  // It may have something to do although there was nothing to read.
  void look_again() noexcept {
    waiting_ = false;
    group_.go_on();
  }

  step_status work() {
    if (!chain_.terminal().ready()) {
      if constexpr (follows_time) metrics_.stand(time_standing::backpressured);
      return step_status::backpressured;
    }
    if (advancing_) return continue_advance();
    if (ended_) return finish();
    if (const checkpoint_id due = snapshot_.due()) [[unlikely]] return begin_checkpoint(due);
    if constexpr (Chain::has_processing_timers) {
      if (fires_timers()) return step_status::progress;
    }
    const bool read_to_the_end = !reader_ && watermark_ == max_timestamp;
    if (read_to_the_end) return end_input(mark_kind::end_of_input);
    if (stopping_) return end_input(mark_kind::stopped);
    if (draining_) pass_over_the_rest();
    if (!reader_ && !open_next_split()) return begin_advance(max_timestamp);
    // A step costs a few hundred instructions and two looks at the clock: it goes on over watermarks, up to some batches.
    const std::size_t records_max = batches_per_step_max * batch_records_;
    std::size_t records = 0;
    for (;;) {
      const step_status status = read(records);
      const bool goes_on = status == step_status::progress && reader_ && !advancing_ && records < records_max;
      if (goes_on && chain_.terminal().ready()) continue;
      // What was read has changed the state, if there is any, which is looked at behind a step with progress only.
      return Chain::holds_state && records > 0 && status == step_status::idle ? step_status::progress : status;
    }
  }

  std::shared_ptr<split_assigner> make_assigner() {
    if (auto restored = restored_assigner(subtask_)) return restored;
    return make_split_assigner(source_.splits(context_), context_.parallelism);
  }

  subtask_restore restored_from() const {
    return {subtask_.restored, subtask_.of, subtask_.subtask, subtask_.parallelism, {}};
  }

  void restore() {
    const subtask_restore from = restored_from();
    subtask_.restored = nullptr;
    // One that had ended ends again.
    const timestamp held = splits_->restored_watermark(context_.subtask);
    if (held != max_timestamp && subtask_.restores_event_time) watermark_ = held;
    chain_.restore(from, watermark_);
  }

  bool open_next_split() {
    const assigned_split* const next = splits_->next(context_.subtask);
    if (next == nullptr) return false;
    assigned_ = next;
    reader_.emplace(source_.open(assigned_->split, context_));
    consumed_ = 0;
    since_watermark_ = assigned_->since_watermark;
    generator_ = generator_type(time_.strategy);
    if constexpr (own_strategy) {
      if (!assigned_->strategy.empty()) generator_.restore(assigned_->strategy);
    } else {
      generator_.observe(assigned_->latest);
    }
    metrics_.split.set(assigned_->number + 1);
    metrics_.split_consumed.set(0);
    group_.report(generator_.current());
    return true;
  }

  // What is left counts as read: neither this job nor one that is restored reads it.
  void pass_over_the_rest() {
    if (reader_) {
      stopped_ = true;
      end_split();
    }
    while (const assigned_split* const next = splits_->next(context_.subtask)) {
      stopped_ = true;
      if (snapshot_.enabled()) finished_.push_back(next->number);
    }
  }

  void end_split() {
    reader_.reset();
    if (snapshot_.enabled()) finished_.push_back(assigned_->number);
    metrics_.split.set(0);
  }

  // Between two records of the source: what was read so far is in the state, what comes is read again after a restore.
  step_status begin_checkpoint(checkpoint_id id) {
    snapshot_.begin(id, chain_, [this] { put_position(true); });
    chain_.terminal().mark(mark_kind::barrier, barrier_time(id));
    if (snapshot_.stops_with(id)) stopping_ = true;
    look_again();
    return step_status::progress;
  }

  void put_position(bool takes_buffer) {
    if (context_.subtask == 0) {
      snapshot_.part(0, "splits", splits_->encode_splits(takes_buffer ? snapshot_.take_buffer() : std::string()));
    }
    // What was reached before the restore was reached, also by one that has not ended again yet: those behind it know.
    const timestamp reached = std::max(watermark_, splits_->restored_watermark(context_.subtask));
    source_position position{.finished = finished_, .watermark = reached};
    if (const assigned_split* const own = splits_->to_go_on_with(context_.subtask)) position.current = *own;
    if (reader_) {
      position.current = *assigned_;
      position.current->split.begin += reader_->consumed();
      if constexpr (own_strategy) {
        position.current->strategy = generator_.state();
      } else {
        position.current->latest = generator_.latest();
      }
      position.current->since_watermark = since_watermark_;
      if constexpr (requires { reader_->state(); }) position.current->split.state = reader_->state();
    }
    snapshot_.part(0, "position", encode_position(position));
  }

  bool fires_timers() { return timers_.fire(chain_, context_.clock.now()); }

  /// Adds the number of records read to `records`.
  step_status read(std::size_t& records) {
    if constexpr (gives_marks) {
      if (const std::optional<mark> next = reader_->take_mark()) return apply(*next);
    }
    if constexpr (follows_time) {
      if (group_.holds_back(generator_.current(), context_.clock)) {
        metrics_.stand(time_standing::paused);
        return step_status::idle;
      }
    }
    std::size_t limit = std::min(4 * batches_per_step_max * batch_records_, chain_.records_per_call());
    if constexpr (follows_time) limit = std::min(limit, time_.interval - since_watermark_);
    if constexpr (by_clock) look_at_clock();
    [[maybe_unused]] bool punctuated = false;
    read_result result{};
    const std::size_t processed = chain_.template process_from<record_meta<columns{Time::timed, false}>>([&](const auto& emitter) __attribute__((always_inline)) {
      using emitter_type = std::remove_cvref_t<decltype(emitter)>;
      source_out<emitter_type, Time, generator_type, Chain::expands> out{emitter, time_, generator_};
      result = reader_->read(limit, out);
      if constexpr (own_strategy) {
        punctuated = out.punctuated();
      } else {
        generator_.observe(out.latest());
      }
      return result.count;
    });
    records += processed;
    return account_for(processed, result.status, punctuated);
  }

  // Out of line, so that what it needs takes no registers from the loop over the records.
  [[gnu::noinline]] step_status account_for(std::size_t processed, read_status status, [[maybe_unused]] bool punctuated) {
    own_metrics_.records_out.add(processed);
    since_watermark_ += processed;
    const std::uint64_t consumed = reader_->consumed();
    splits_->add_consumed(consumed - consumed_);
    metrics_.bytes_in.add(consumed - consumed_);
    metrics_.split_consumed.set(consumed);
    consumed_ = consumed;
    waiting_ = status == read_status::waiting && processed == 0;
    if (status == read_status::end) end_split();
    if constexpr (follows_time) {
      note_activity(processed > 0);
      if (idle_) {
        group_.leave();
      } else {
        group_.report(generator_.current());
      }
      const bool unopened = held_back();
      metrics_.stand(idle_      ? time_standing::idle
                     : unopened ? time_standing::unopened
                     : waiting_ ? time_standing::waiting
                                : time_standing::working);
      const bool pause = status != read_status::more && since_watermark_ > 0;
      if (since_watermark_ >= time_.interval || pause || punctuated) {
        since_watermark_ = 0;
        if (!unopened) return begin_advance(generator_.current());
      }
      if constexpr (by_clock) {
        if (waiting_ && !unopened && follow_clock()) return step_status::progress;
      }
    }
    return waiting_ ? step_status::idle : step_status::progress;
  }

  // The clock of the machine may be set back, and that of the process before a restore may have been ahead: records are
  // never late, and so never before the watermark.
  void look_at_clock() {
    const timestamp clock = from_epoch_ms(context_.clock.now().time_since_epoch().count());
    time_.extractor.now = std::max({clock, generator_.latest(), watermark_ + timestamp::duration{1}});
  }

  // No later record will have an earlier time. Returns whether event time went on.
  bool follow_clock() {
    const timestamp before_now = time_.extractor.now - timestamp::duration{1};
    if (before_now < watermark_ + Time::tick) return false;
    begin_advance(before_now);
    return true;
  }

  step_status apply(const mark& control) {
    waiting_ = false;
    if (control.kind == mark_kind::watermark) return begin_advance(control.time);
    chain_.terminal().mark(control.kind, {});
    return step_status::progress;
  }

  // Files that nobody reads yet may hold any time, unless the source promises that they do not.
  bool held_back() const {
    if constexpr (Time::timed) return !time_.time_ordered && splits_->files_unopened() > 0;
    return false;
  }

  // A source that stays quiet for longer than its idle timeout is left out of the minimum downstream.
  void note_activity(bool active) {
    if constexpr (Time::timed) {
      if (!time_.idle) return;
      if (active) {
        time_.idle->activity();
        if (std::exchange(idle_, false)) chain_.terminal().mark(mark_kind::active, {});
      } else if (!idle_ && time_.idle->check(context_.clock.monotonic())) {
        idle_ = true;
        chain_.terminal().mark(mark_kind::idle, {});
      }
    }
  }

  step_status begin_advance(timestamp watermark) {
    if (watermark <= watermark_) return step_status::progress;
    if (watermark == max_timestamp) group_.leave();
    watermark_ = watermark;
    advancing_ = true;
    return continue_advance();
  }

  step_status continue_advance() {
    if (!chain_.advance(watermark_)) return step_status::progress;
    metrics_.reach(watermark_);
    chain_.terminal().mark(mark_kind::watermark, watermark_);
    advancing_ = false;
    return step_status::progress;
  }

  step_status end_input(mark_kind how) {
    if (how == mark_kind::stopped) {
      stopped_ = true;
      chain_.stop();
    }
    reader_.reset();
    chain_.terminal().mark(how, {});
    group_.leave();
    metrics_.split.set(0);
    metrics_.stand(time_standing::ended);
    ended_ = true;
    look_again();
    return finish();
  }

  step_status finish() {
    if (!chain_.terminal().flush(flush_reason::end)) return step_status::backpressured;
    if (snapshot_.copying()) return step_status::idle;
    chain_.terminal().close();
    snapshot_.finish(chain_, [this] { put_position(false); });
    done_ = true;
    return step_status::progress;
  }

  subtask_context& subtask_;
  Source source_;
  Time time_;
  erased_chain<Chain> chain_;
  stage_metrics& metrics_;
  operator_metrics& own_metrics_;
  source_context context_;
  std::size_t batch_records_;
  processing_timers timers_;
  subtask_snapshot snapshot_;
  subtask_memory memory_;
  std::shared_ptr<split_assigner> splits_;
  const assigned_split* assigned_ = nullptr;  // that reader_ reads; lies in splits_
  std::vector<std::size_t> finished_;     // splits read to their ends
  std::optional<reader_type> reader_;
  std::uint64_t consumed_ = 0;
  std::size_t since_watermark_ = 0;  // records of the split since its last watermark
  generator_type generator_{time_.strategy};
  timestamp watermark_ = min_timestamp;
  place_in_group group_;
  bool idle_ = false;
  bool waiting_ = false;
  bool advancing_ = false;
  bool stopping_ = false;
  bool draining_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace weir::detail
