#pragma once
// The operators behind broadcast_process<"uid">(f): those of process (process_operator.hpp,
// plain_process_operator.hpp), which also take records without a key that came to every subtask.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "weir/core/either.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/dsl/broadcast_context.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/plain_process_operator.hpp"
#include "weir/dsl/process_function.hpp"
#include "weir/dsl/process_operator.hpp"
#include "weir/runtime/batch_local.hpp"

namespace weir {
namespace detail {

[[noreturn]] void throw_keyed_state_of_broadcast();

template <class Function, class Element, class Context, class Collector>
concept processes_stream_element = requires(Function& function, const Element& element, Context& context,
                                            Collector& out) { function.process_element(element, context, out); };
template <class Function, class Record, class Context, class Collector>
concept processes_broadcast_element =
    requires(Function& function, const Record& record, Context& context, Collector& out) {
      function.process_broadcast_element(record, context, out);
    };

/// A function of both streams as one over the elements of the one that is not broadcast: its states and timers are
/// those of the function.
template <class Function, class Element, class Broadcast>
struct broadcast_function : Function {
  explicit broadcast_function(Function function) : Function(std::move(function)) {}

  template <class Context, class Collector>
    requires processes_stream_element<Function, Element, Context, Collector>
  [[gnu::always_inline]] void process(const either<Element, Broadcast>& record, Context& context, Collector& out) {
    this->process_element(record.left(), context, out);
  }
};

}  // namespace detail

template <class Function, class Element, class Broadcast>
  requires record<Function>
struct record_fields<detail::broadcast_function<Function, Element, Broadcast>> {
  using type = fields_of<Function>;
};

namespace detail {

template <class Function, class Broadcast, class Key>
inline constexpr bool broadcasts_directly = processes_broadcast_element<Function, Broadcast, broadcast_context<Key>,
                                                                        typename process_types<Function, Key>::probe>;
template <class Function, class Broadcast, class Key>
inline constexpr bool takes_broadcast = broadcasts_directly<Function, Broadcast, Key> ||
                                        processes_broadcast_element<Function, Broadcast, broadcast_context<Key>,
                                                                    typename process_types<Function, Key>::collector>;

/// The key of a record, where it has one.
template <class Selector>
struct stream_side_selector {
  [[no_unique_address]] Selector selector;

  template <class Element, class Broadcast>
  [[gnu::always_inline]] static bool has_key(const either<Element, Broadcast>& record) noexcept {
    return record.is_left();
  }
  template <class Element, class Broadcast>
  [[gnu::always_inline]] decltype(auto) operator()(const either<Element, Broadcast>& record) const {
    return selector(record.left());
  }
};

/// Beside a stream with key.
template <class Element, class Broadcast, class Key, bool Timed, class Selector, class Function, bool WithTtl>
class keyed_broadcast_operator final
    : public process_operator<either<Element, Broadcast>, Key, Timed, stream_side_selector<Selector>,
                              broadcast_function<Function, Element, Broadcast>, WithTtl>,
      keyed_states<Key> {
  using function_type = broadcast_function<Function, Element, Broadcast>;
  using base =
      process_operator<either<Element, Broadcast>, Key, Timed, stream_side_selector<Selector>, function_type, WithTtl>;
  using types = process_types<function_type, Key>;
  using row_type = typename base::row_type;

 public:
  using base::base;

  by_reference<keyed_broadcast_operator> batch_local() {
    this->begin_step();
    return {this};
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const either<Element, Broadcast>& either_one = record;
    if (either_one.is_left()) [[likely]] {
      base::process(std::forward<Record>(record), out);
    } else {
      process_broadcast(either_one.right(), out);
    }
  }

 private:
  template <class Out>
  [[gnu::noinline]] void process_broadcast(const Broadcast& record, const Out& out) {
    this->new_row_.attach(this->function_);
    broadcast_context<Key> context(event_time_of(out.meta()), this->services_.time, *this);
    const auto call = [&](auto& collector) { this->function_.process_broadcast_element(record, context, collector); };
    this->emitted_ += emit_of<broadcasts_directly<function_type, Broadcast, Key>, types>(this->buffer_, out, call).main;
    if (!this->new_row_.empty()) throw_keyed_state_of_broadcast();
  }

  void each_key(void* function, typename keyed_states<Key>::apply call) override {
    const auto apply = [&](const Key& key, row_type& row) {
      row.attach(this->function_);
      call(function, key);
    };
    if constexpr (base::has_rows) {
      if (this->rows_) {
        this->rows_.change_each(base::make_row, apply);
      } else {
        each_key_on_heap(apply);
      }
    }
    this->new_row_.attach(this->function_);
  }

  template <class Apply>
  void each_key_on_heap(Apply& apply) {
    std::vector<owned_t<Key>> emptied;
    this->table_->for_each([&](const auto& held, row_type& row) {
      const owned_t<Key> stored(held);
      const Key& key = borrow<Key>(stored);
      if (this->table_->in_snapshot()) {
        this->table_->before_change(row, stable_hash(key), before_change(rows_name, this->snapshot_));
      }
      apply(key, row);
      if (row.empty()) emptied.push_back(stored);
    });
    for (const owned_t<Key>& stored : emptied) {
      const Key& key = borrow<Key>(stored);
      this->table_->erase(key, stable_hash(key));
    }
  }
};

/// Beside a stream without key.
template <class Element, class Broadcast, class Function>
class plain_broadcast_operator final
    : public plain_process_operator<either<Element, Broadcast>, broadcast_function<Function, Element, Broadcast>>,
      keyed_states<no_key> {
  using function_type = broadcast_function<Function, Element, Broadcast>;
  using base = plain_process_operator<either<Element, Broadcast>, function_type>;
  using types = process_types<function_type, no_key>;

 public:
  using base::base;

  by_reference<plain_broadcast_operator> batch_local() {
    this->time_.begin_step();
    return {this};
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    const either<Element, Broadcast>& either_one = record;
    if (either_one.is_left()) [[likely]] {
      base::process(std::forward<Record>(record), out);
      return;
    }
    broadcast_context<no_key> context(event_time_of(out.meta()), this->time_, *this);
    const auto call = [&](auto& collector) {
      this->function_.process_broadcast_element(either_one.right(), context, collector);
    };
    this->emitted_ +=
        emit_of<broadcasts_directly<function_type, Broadcast, no_key>, types>(this->buffer_, out, call).main;
  }
};

}  // namespace detail
}  // namespace weir
