#pragma once
// co_process: the general operator with two inputs. A function with state per key, timers and side outputs, which both
// sides of a connected stream share:
//   struct settlement {
//     BOOST_HANA_DEFINE_STRUCT(settlement, (value_state<double>, owed));
//     using output_type = settled;
//     void process_left(const order& o, process_context<customer_id>& context, collector<settled>& out);
//     void process_right(const payment& p, process_context<customer_id>& context, collector<settled>& out);
//     void on_timer(timestamp at, process_context<customer_id>& context, collector<settled>& out);
//   };
//   … connect(orders | key_by(&order::customer), payments | key_by(&payment::customer))
//       | co_process<"settled">(settlement{})
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

// Before the others, as in process.hpp.
#include "weir/state/state_kind.hpp"

#include "weir/core/either.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/record.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/connect.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/process.hpp"

namespace weir {
namespace detail {

template <class Function, class Left, class Context, class Collector>
concept processes_left = requires(Function& function, const Left& record, Context& context, Collector& out) {
  function.process_left(record, context, out);
};
template <class Function, class Right, class Context, class Collector>
concept processes_right = requires(Function& function, const Right& record, Context& context, Collector& out) {
  function.process_right(record, context, out);
};

/// A function with two inputs as one over the records of both: its states and timers are those of the function.
template <class Function, class Left, class Right>
struct co_function : Function {
  explicit co_function(Function function) : Function(std::move(function)) {}

  template <class Context, class Collector>
    requires processes_left<Function, Left, Context, Collector> && processes_right<Function, Right, Context, Collector>
  [[gnu::always_inline]] void process(const either<Left, Right>& record, Context& context, Collector& out) {
    if (record.is_left()) {
      this->process_left(record.left(), context, out);
    } else {
      this->process_right(record.right(), context, out);
    }
  }
};

struct has_process_left {
  int process_left;
};
struct has_process_right {
  int process_right;
};
template <class Function>
inline constexpr bool names_both_sides = !requires { &name_probe<Function, has_process_left>::process_left; } &&
                                         !requires { &name_probe<Function, has_process_right>::process_right; };

template <class Stream>
struct co_process_of_one_stream {
  static_assert(never<Stream>,
                "weir: co_process<\"uid\">(f) takes two streams; put connect(left, right) before it, or use "
                "process<\"uid\">(f) for one");
};
template <class Function>
struct co_process_of_no_class {
  static_assert(never<Function>,
                "weir: co_process<\"uid\">(f): f must be an object of a class, not final, with the members "
                "process_left(const Left&, context, out) and process_right(const Right&, context, out)");
};
template <class Left, class Right, class Key, class Function>
struct co_process_rejected {
  static_assert(never<Left, Right, Key, Function>,
                "weir: co_process<\"uid\">(f): f.process_left or f.process_right cannot be called; let them take const "
                "Left& and const Right&, process_context<Key>& and collector<output_type>&, or auto& for the last two");
};
template <class... Facts>
struct co_process_without_uid {
  static_assert(never<Facts...>, "weir: co_process(f) has state, which needs a name; write co_process<\"uid\">(f)");
};

/// Whether a stream is made by connect(...), directly or through operators that keep its elements.
template <class Stream>
inline constexpr bool carries_two_sides = is_either<typename Stream::element_type>;

template <class Function, bool WithTtl>
struct co_process_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  std::string uid;
  std::optional<ttl> expiry;
  std::optional<bounded_keys> bound;
  std::source_location where;
  process_naming naming;
  co_process_description(Function f, std::string u, std::optional<ttl> e, std::optional<bounded_keys> b,
                         std::source_location w, process_naming n)
      : function(std::move(f)), uid(std::move(u)), expiry(e), bound(b), where(w), naming(std::move(n)) {}

  template <class Stream>
  using left_of = typename Stream::element_type::left_type;
  template <class Stream>
  using right_of = typename Stream::element_type::right_type;
  template <class Stream>
  using adapted = co_function<Function, left_of<Stream>, right_of<Stream>>;
  template <class Stream>
  using described = process_description<adapted<Stream>, WithTtl>;

  /// Whether the function fits; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    if constexpr (!carries_two_sides<Stream>) {
      if constexpr (Explain) static_cast<void>(co_process_of_one_stream<Stream>{});
      return false;
    } else if constexpr (!std::is_class_v<Function> || std::is_final_v<Function>) {
      if constexpr (Explain) static_cast<void>(co_process_of_no_class<Function>{});
      return false;
    } else if constexpr (!names_both_sides<Function>) {
      if constexpr (Explain) static_cast<void>(co_process_of_no_class<Function>{});
      return false;
    } else if constexpr (names_its_output<Function> && std::is_copy_constructible_v<Function> &&
                         !processes_element<adapted<Stream>, typename Stream::element_type,
                                            typename Stream::key_type>) {
      if constexpr (Explain) {
        static_cast<void>(
            co_process_rejected<left_of<Stream>, right_of<Stream>, typename Stream::key_type, Function>{});
      }
      return false;
    } else if constexpr (Explain) {
      return described<Stream>::template check<Stream, true>();
    } else {
      return described<Stream>::template accepts<Stream>;
    }
  }
  template <class Stream>
  static constexpr bool accepts = check<Stream, false>();
  template <class Stream>
  static void explain() {
    check<Stream, true>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    described<stream_type> made(adapted<stream_type>(std::move(function)), std::move(uid), expiry, bound, where);
    made.naming = std::move(naming);
    return std::move(made).apply(std::forward<Stream>(source));
  }
};

template <fixed_string Uid, class Function, bool WithTtl>
auto describe_co_process(Function function, std::optional<ttl> expiry, std::optional<bounded_keys> bound,
                         std::source_location where) {
  static_assert(Uid.view().size() > 0,
                "weir: co_process<\"\">(...) has state, which needs a name; write co_process<\"uid\">");
  return co_process_description<Function, WithTtl>(
      std::move(function), std::string(Uid.with_former()), expiry, bound, where,
      {.kind = "co_process", .detail = std::string(type_name<Function>())});
}

}  // namespace detail

template <class Function, class Left, class Right>
  requires record<Function>
struct record_fields<detail::co_function<Function, Left, Right>> {
  using type = fields_of<Function>;
};

/// Calls `function.process_left(record, context, out)` for each record of the left stream of connect(left, right),
/// `function.process_right(...)` for each of the right one, and `function.on_timer(at, context, out)` for timers. State,
/// timers, side outputs, event times and parameters are as of process<"uid">(f); both sides share them.
/// Time      its watermark is the least of both sides'; nothing is said about the order of records of different sides.
/// Requires  connect(left, right) before it; for state and timers, with key_by on both sides.
template <fixed_string Uid, class Function>
auto co_process(Function function, std::source_location where = std::source_location::current()) {
  return detail::describe_co_process<Uid, Function, false>(std::move(function), std::nullopt, std::nullopt, where);
}
/// The same with a declared bound of its state.
template <fixed_string Uid, class Function>
auto co_process(Function function, bounded_keys bound, std::source_location where = std::source_location::current()) {
  return detail::describe_co_process<Uid, Function, false>(std::move(function), std::nullopt, bound, where);
}
/// The same with state that expires.
template <fixed_string Uid, class Function>
auto co_process(Function function, const ttl& expiry, std::source_location where = std::source_location::current()) {
  return detail::describe_co_process<Uid, Function, true>(std::move(function), expiry, std::nullopt, where);
}

template <class Function, class... More>
detail::broken_pipeline co_process(const Function&, const More&...) {
  static_cast<void>(detail::co_process_without_uid<Function>{});
  return {};
}

}  // namespace weir
