#pragma once
// Sinks without files: print, into, reduce_into, for_each, discard.
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/format_value.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/schema.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/runtime/sink.hpp"

namespace weir {
namespace detail {

// ---- print ----------------------------------------------------------------------------------------------------------

/// Writes whole lines to standard output; lines of different subtasks do not mix.
void print_lines(std::string_view lines);

class print_sink {
 public:
  template <class Element>
  static constexpr bool accepts = describable<Element>;
  std::string describe() const { return "print"; }

  template <class Element>
  class writer {
   public:
    void write(const Element& element) {
      format_value(weir::describe<Element>(), &element, text_);
      text_ += '\n';
      if (text_.size() >= flush_bytes) flush();
    }
    void flush() {
      print_lines(text_);
      text_.clear();
    }
    void close() { flush(); }

   private:
    static constexpr std::size_t flush_bytes = 16 * 1024;
    std::string text_;
  };

  template <class Element>
  writer<Element> open(sink_context&) const {
    return {};
  }
};

/// Guards what a user gave at `target`: all subtasks write there, and so may several sinks and runs.
std::mutex& mutex_of(const void* target);

// ---- into -----------------------------------------------------------------------------------------------------------

template <class Element, class Container>
struct into_views {
  static_assert(never<Element, Container>,
                "weir: into(container): the container holds std::string_view, which would outlive the bytes it points to; "
                "use a container of std::string or of owned_t<Record>");
};
template <class Element, class Container>
struct into_rejected {
  static_assert(never<Element, Container>,
                "weir: into(container): the container's value_type cannot be made from the stream's element type; use a "
                "container of the element type, or map(f) to the value_type before it");
};

/// What a container holds for an element: borrowed strings become owned ones.
template <class Container, class Element>
void add_to(Container& container, Element&& element) {
  using value = typename Container::value_type;
  if constexpr (requires { container.push_back(std::forward<Element>(element)); }) {
    container.push_back(std::forward<Element>(element));
  } else if constexpr (requires { container.insert(std::forward<Element>(element)); }) {
    container.insert(std::forward<Element>(element));
  } else if constexpr (requires { container.push_back(value(element)); }) {
    container.push_back(value(element));
  } else {
    container.insert(value(element));
  }
}

template <class Container>
class collection_sink {
 public:
  using value_type = typename Container::value_type;

  // A container of views would outlive the batches that the views point into.
  template <class Element>
  static constexpr bool accepts = std::is_constructible_v<value_type, const Element&> && !has_borrowed<value_type>;
  template <class Element>
  static void explain() {
    if constexpr (has_borrowed<value_type>) {
      static_cast<void>(into_views<Element, Container>{});
    } else {
      static_cast<void>(into_rejected<Element, Container>{});
    }
  }
  std::string describe() const { return "collection"; }

  explicit collection_sink(Container& container) : container_(&container) {}

  template <class Element>
  class writer {
   public:
    explicit writer(Container& container) : container_(&container) {}
    template <class Record>
    void write(Record&& element) {
      pending_.emplace_back(std::forward<Record>(element));
    }
    void flush() {
      const std::lock_guard lock(mutex_of(container_));
      for (auto&& value : pending_) add_to(*container_, static_cast<value_type&&>(value));
      pending_.clear();
    }
    void close() { flush(); }

   private:
    Container* container_;
    std::vector<value_type> pending_;
  };

  template <class Element>
  writer<Element> open(sink_context&) const {
    return writer<Element>(*container_);
  }

 private:
  Container* container_;
};

// ---- reduce_into ------------------------------------------------------------------------------------------------------

template <class Element, class Value, class Function>
struct reduce_into_rejected {
  static_assert(never<Element, Value, Function>,
                "weir: reduce_into(result, initial, f): f must be callable as const with (Value, const Element&) and with "
                "(Value, const Value&), each returning a Value; take the second argument as const auto&, or map(f) first");
};

template <class Value, class Function>
class reducing_sink {
 public:
  template <class Element>
  static constexpr bool accepts = std::is_invocable_r_v<Value, const Function&, Value, const Element&> &&
                                  std::is_invocable_r_v<Value, const Function&, Value, const Value&>;
  template <class Element>
  static void explain() {
    static_cast<void>(reduce_into_rejected<Element, Value, Function>{});
  }
  std::string describe() const { return "reduce"; }

  reducing_sink(Value& result, Value initial, Function function)
      : result_(&result), initial_(std::move(initial)), function_(std::move(function)) {}

  class writer {
   public:
    /// The running value on the stack of the batch loop.
    struct local {
      Value value;
      Function function;
      template <class Record, class Out>
      [[gnu::always_inline]] void process(Record&& record, const Out&) {
        value = std::invoke(std::as_const(function), std::move(value), std::as_const(record));
      }
    };

    explicit writer(const reducing_sink& sink) : sink_(&sink), value_(sink.initial_) {}

    [[gnu::always_inline]] local batch_local() { return {std::move(value_), sink_->function_}; }
    [[gnu::always_inline]] void absorb(local& held) { value_ = std::move(held.value); }
    void flush() {}
    void close() {
      const std::lock_guard lock(mutex_of(sink_->result_));
      *sink_->result_ = sink_->function_(std::move(*sink_->result_), std::as_const(value_));
    }

   private:
    const reducing_sink* sink_;
    Value value_;
  };

  template <class Element>
  writer open(sink_context&) const {
    return writer(*this);
  }

 private:
  Value* result_;
  Value initial_;
  Function function_;
};

// ---- for_each, discard ------------------------------------------------------------------------------------------------

template <class Element, class Function>
struct for_each_rejected {
  static_assert(never<Element, Function>,
                "weir: for_each(f): f cannot be called as const with the stream's element type; let f take it by const& "
                "and not change itself, because all slots call it at once");
};

template <class Function>
class function_sink {
 public:
  template <class Element>
  static constexpr bool accepts = std::is_invocable_v<const Function&, const Element&>;
  template <class Element>
  static void explain() {
    static_cast<void>(for_each_rejected<Element, Function>{});
  }
  std::string describe() const { return "for_each"; }

  explicit function_sink(Function function) : function_(std::move(function)) {}

  struct writer {
    const Function* function;
    template <class Element>
    [[gnu::always_inline]] void write(const Element& element) const {
      std::invoke(*function, element);
    }
    void flush() const noexcept {}
    void close() const noexcept {}
  };
  template <class Element>
  writer open(sink_context&) const {
    return {&function_};
  }

 private:
  Function function_;
};

struct discard_sink {
  static constexpr bool repeatable = true;
  template <class Element>
  static constexpr bool accepts = true;
  std::string describe() const { return "discard"; }

  struct writer {
    template <class Element>
    void write(const Element&) const noexcept {}
    void flush() const noexcept {}
    void close() const noexcept {}
  };
  template <class Element>
  writer open(sink_context&) const {
    return {};
  }
};

}  // namespace detail

/// Prints each record on a line of standard output, as people read it.
inline auto print() { return detail::print_sink{}; }

/// Appends every record to `container`, which must outlive the run; read it after the run. Order is kept per subtask;
/// several sinks and runs may append to one container at once.
/// Borrowed strings are copied: an element std::string_view goes into a container of std::string.
template <class Container>
auto into(Container& container) {
  return detail::collection_sink<Container>(container);
}

/// Combines all records into `result`: each subtask folds its records onto `initial`, then the parts are combined in
/// no order. `function(Value, record)` and `function(Value, Value)` must both work; `initial` must be neutral.
template <class Value, class Function>
auto reduce_into(Value& result, Value initial, Function function) {
  return detail::reducing_sink<Value, Function>(result, std::move(initial), std::move(function));
}

/// Calls `function(record)` for every record, from all slots at once.
template <class Function>
auto for_each(Function function) {
  return detail::function_sink<Function>(std::move(function));
}

/// Drops every record.
inline auto discard() { return detail::discard_sink{}; }

}  // namespace weir
