#pragma once
// The operator behind process<"uid">(f) on a stream without key: operator state at most, no timers.
#include <cstdint>
#include <utility>

#include "weir/dsl/function_state.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"

namespace weir::detail {

/// Gives each element to the function.
template <class Element, class Function>
class plain_process_operator {
 protected:
  using types = process_types<Function, no_key>;

 public:
  static constexpr bool expands = true;

  template <fixed_string Tag>
  using side_output = typename types::template side_output<Tag>;

  explicit plain_process_operator(Function function) : function_(std::move(function)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] plain_process_operator(const plain_process_operator& other) : plain_process_operator(other.function_) {}
  [[gnu::noinline]] plain_process_operator(plain_process_operator&& other) : plain_process_operator(std::move(other.function_)) {}
  [[gnu::noinline]] ~plain_process_operator() = default;
  plain_process_operator& operator=(const plain_process_operator&) = delete;
  plain_process_operator& operator=(plain_process_operator&&) = delete;

  void open(operator_context& context) {
    time_.open(*context.subtask.clock);
    begin_function(function_, context, [] {});
  }

  by_reference<plain_process_operator> batch_local() {
    time_.begin_step();
    return {this};
  }
  std::uint64_t emitted(std::uint64_t, const auto&) noexcept { return std::exchange(emitted_, 0); }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const Element& element = record;
    typename types::context context(event_time_of(out.meta()), time_);
    emitted_ +=
        emit_of<processes_directly<Function, Element, no_key>, types>(
            buffer_, out,
            [&](auto& collector) __attribute__((always_inline)) { function_.process(element, context, collector); })
            .main;
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out&) {
    time_.watermark = watermark;
    return {};
  }

  std::size_t state_bytes(const memory_look& look)
    requires has_operator_states<Function>
  {
    return look.counted + bytes_of_operator_states(function_);
  }

  void begin_snapshot(const operator_snapshot& out)
    requires has_operator_states<Function>
  {
    put_operator_states(function_, out);
  }
  void finish_snapshot(const operator_snapshot& out)
    requires has_operator_states<Function>
  {
    put_operator_states(function_, out);
  }
  void restore(const operator_restore& from)
    requires has_operator_states<Function>
  {
    time_.watermark = from.watermark();
    restore_function(function_, from, [] {});
  }

 protected:
  Function function_;
  operator_time time_;
  typename types::collector buffer_;
  std::uint64_t emitted_ = 0;
};

}  // namespace weir::detail
