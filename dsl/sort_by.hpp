#pragma once
// sort_by: the records of a bounded stream in order, when it has ended: `… | sort_by<"ranked">(descending(&sale::amount))`.
// Under --memory it spills to disk (state/row_sorter.hpp).
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/fixed_string.hpp"
#include "weir/core/ordered_bytes.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/bounded_stream.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/sorted_rows.hpp"
#include "weir/dsl/window_context.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/partitioners.hpp"

namespace weir {
namespace detail {

/// One of several things that an order goes by.
template <class Function, bool Descending>
struct sort_key {
  Function function;

  template <class Element>
  static constexpr bool orders = [] {
    if constexpr (std::is_invocable_v<const Function&, const Element&>) {
      return orderable_key<std::invoke_result_t<const Function&, const Element&>>;
    } else {
      return false;
    }
  }();
  static constexpr bool is_copyable = std::is_copy_constructible_v<Function>;

  template <class Element>
  void append(const Element& element, std::string& out) const {
    const std::size_t from = out.size();
    decltype(auto) key = std::invoke(function, element);
    encode_ordered<std::remove_cvref_t<decltype(key)>>(key, out);
    if constexpr (Descending) {
      for (std::size_t at = from; at < out.size(); ++at) out[at] = static_cast<char>(~out[at]);
    }
  }

  std::string describe() const {
    std::string name;
    if constexpr (std::is_member_object_pointer_v<Function>) name = std::string(member_name(function));
    if (name.empty()) name = "key";
    return Descending ? name + " descending" : name;
  }
};

template <class Type>
inline constexpr bool is_sort_key = false;
template <class Function, bool Descending>
inline constexpr bool is_sort_key<sort_key<Function, Descending>> = true;

template <class Key>
auto as_sort_key(Key key) {
  if constexpr (is_sort_key<Key>) {
    return key;
  } else {
    return sort_key<Key, false>{std::move(key)};
  }
}

/// What records are sorted by: the second key where the first is the same, and so on.
template <class... Keys>
struct sort_order {
  std::tuple<Keys...> keys;

  template <class Element>
  static constexpr bool orders = (Keys::template orders<Element> && ...);
  static constexpr bool is_copyable = (Keys::is_copyable && ...);

  template <class Element>
  void append(const Element& element, std::string& out) const {
    std::apply([&](const auto&... each) { (each.append(element, out), ...); }, keys);
  }
  std::string describe() const {
    std::string text;
    std::apply([&](const auto&... each) { ((text.append(text.empty() ? "" : ", ").append(each.describe())), ...); }, keys);
    return text;
  }
};

/// Holds all records until the final watermark. `Selector` gives the key by which subtasks share them.
template <class Element, class Order, class Selector>
class sort_operator {
 public:
  [[gnu::noinline]] sort_operator(Order order, Selector selector) : order_(std::move(order)), selector_(std::move(selector)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] sort_operator(const sort_operator& other) : sort_operator(other.order_, other.selector_) {}
  [[gnu::noinline]] sort_operator(sort_operator&& other) noexcept
      : sort_operator(std::move(other.order_), std::move(other.selector_)) {}
  [[gnu::noinline]] ~sort_operator() = default;
  sort_operator& operator=(const sort_operator&) = delete;
  sort_operator& operator=(sort_operator&&) = delete;

  void open(operator_context& context) { rows_.open(context); }

  by_reference<sort_operator> batch_local() noexcept { return {this}; }
  void absorb(const auto&, std::uint64_t) { rows_.keep_to_share(); }
  std::uint64_t emitted(std::uint64_t, const auto&) const noexcept { return 0; }

  template <class Record, class Out>
  void process(Record&& record, const Out&) {
    add(std::as_const(record));
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out& out) {
    advance_result result;
    if (watermark != max_timestamp) return result;
    const std::size_t emitted_between_looks = out.emits_between_looks(emitted_between_looks_max);
    for (std::string_view record;;) {
      if (result.emitted == results_per_step_max || (result.emitted % emitted_between_looks == 0 && out.full())) {
        result.done = false;
        return result;
      }
      if (!rows_.next(record)) {
        result.done = !rows_.forget_some();
        return result;
      }
      auto held = decode<owned_t<Element>>(record);
      if constexpr (has_borrowed<Element>) {
        out(Element(borrow<Element>(held)));
      } else {
        out(std::move(held));
      }
      ++result.emitted;
    }
  }

  void on_stop() { rows_.count_open(); }

  std::size_t state_bytes(const memory_look& look) const noexcept { return rows_.memory_bytes() + look.counted; }

  void begin_snapshot(const operator_snapshot& out) { rows_.put_into(out); }
  void restore(const operator_restore& from) {
    owned_t<Element> record{};
    std::string converted;
    rows_.restore(from, [&](std::string_view bytes) {
      decode_restored(bytes, record, from, converted);
      const Element& element = borrow<Element>(record);
      if (from.groups().contains(key_group_of(stable_hash(selector_(element))))) add(element);
    });
  }

 private:
  static constexpr std::size_t emitted_between_looks_max = 64;

  void add(const Element& element) {
    std::string& row = rows_.begin_row();
    order_.append(element, row);
    rows_.end_key();
    encode(element, row);
    rows_.end_row();
  }

  [[no_unique_address]] Order order_;
  [[no_unique_address]] Selector selector_;
  sorted_rows rows_;
};

template <class Element, class... Facts>
struct sort_by_rejected {
  static_assert(never<Element, Facts...>,
                "weir: sort_by<\"uid\">(f): f must be a member such as &order::price, descending(f) of one, or a function of "
                "const Element&, callable as const, that gives a number, string, enum, bool, timestamp, or an optional, "
                "pair, tuple or record of these");
};
template <class Element>
struct sort_by_of_unstorable {
  static_assert(never<Element>,
                "weir: sort_by<\"uid\">(f): what is sorted is written to disk and into snapshots, but it has no binary form; "
                "use numbers, strings, timestamps, optionals, vectors, pairs, tuples or BOOST_HANA_DEFINE_STRUCT records of "
                "these");
};
template <class... Facts>
struct sort_by_without_uid {
  static_assert(never<Facts...>, "weir: sort_by(f) has state, which needs a name; write sort_by<\"uid\">(f)");
};

template <class Order>
struct sort_by_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Order order;
  std::string uid;
  std::source_location where;
  sort_by_description(Order o, std::string u, std::source_location w)
      : order(std::move(o)), uid(std::move(u)), where(w) {}

  template <class Element>
  static constexpr bool storable = has_binary_form<Element> && std::is_default_constructible_v<owned_t<Element>>;
  template <class Stream>
  static constexpr bool accepts = is_bounded_stream<Stream> && Order::is_copyable &&
                                  Order::template orders<typename Stream::element_type> &&
                                  storable<typename Stream::element_type>;
  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!is_bounded_stream<Stream>) {
      static_cast<void>(stream_without_end<endless_source_of<Stream>, sort_by_description>{});
    } else if constexpr (!Order::is_copyable) {
      static_cast<void>(function_not_copyable<Order>{});
    } else if constexpr (!Order::template orders<element>) {
      static_cast<void>(sort_by_rejected<element, Order>{});
    } else {
      static_cast<void>(sort_by_of_unstorable<element>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using key = typename stream_type::key_type;
    if constexpr (!std::is_same_v<key, no_key>) {
      auto keyed = std::move(source).take_stage();
      auto selector = keyed.selector;
      return append_sort<stream_type, key>(hash_exchange<element, no_clock, false>(std::move(keyed)), std::move(selector));
    } else {
      auto behind = exchange<element, columns{false, false}>(plain_stage(std::forward<Stream>(source)),
                                                             global_partitioner{}, {.how = partitioning::global});
      behind.draft.set_parallelism(1);
      return append_sort<stream_type, whole_stream>(std::move(behind), whole_stream_selector{});
    }
  }

 private:
  template <class Stream, class Key, class Stage, class Selector>
  auto append_sort(Stage behind, Selector selector) {
    using element = typename Stream::element_type;
    const std::string detail = order.describe();
    const operator_note note{.kind = "sort_by",
                             .detail = detail,
                             .uid = uid,
                             .where = where,
                             .stateful = !std::is_same_v<Key, whole_stream>,
                             .spills = true,
                             .table = schema_of_table<Key, element>()};
    return append<element>(
        make_stream<element, no_key, no_clock, typename Stream::guarantee>(std::move(behind)),
        sort_operator<element, Order, Selector>(std::move(order), std::move(selector)), note);
  }
};

template <fixed_string Uid, class... Keys>
auto describe_sort(std::source_location where, Keys... keys) {
  static_assert(Uid.view().size() > 0, "weir: sort_by<\"\">(f) has state, which needs a name; write sort_by<\"uid\">(f)");
  using order = sort_order<decltype(as_sort_key(std::move(keys)))...>;
  return sort_by_description<order>(order{{as_sort_key(std::move(keys))...}}, std::string(Uid.with_former()), where);
}

}  // namespace detail

/// The largest first: `sort_by<"uid">(descending(&sale::amount))`.
template <class Function>
auto descending(Function function) {
  return detail::sort_key<Function, true>{std::move(function)};
}

/// Sorts a bounded stream by a member or a function of its records.
/// Emits     all records when the input has ended, the least first. Those with equal keys come in an order that depends on
///           their content alone, so that the result is the same whatever slots, batches and failures. Behind key_by
///           each subtask sorts its records, so that those of each key come in order; else one subtask sorts all.
/// Time      what comes out has no event time: it is all there when the input has ended.
/// State     all records, by `uid`; those beyond its share of --memory on disk, in the checkpoint directory or --state-dir.
/// Requires  a stream that ends; records with a binary form.
template <fixed_string Uid, class A>
auto sort_by(A a, std::source_location where = std::source_location::current()) {
  return detail::describe_sort<Uid>(where, std::move(a));
}
/// By the first, and where that is equal by the next. For more than three write a function that gives a std::tuple.
template <fixed_string Uid, class A, class B>
auto sort_by(A a, B b, std::source_location where = std::source_location::current()) {
  return detail::describe_sort<Uid>(where, std::move(a), std::move(b));
}
template <fixed_string Uid, class A, class B, class C>
auto sort_by(A a, B b, C c, std::source_location where = std::source_location::current()) {
  return detail::describe_sort<Uid>(where, std::move(a), std::move(b), std::move(c));
}

template <class... Keys>
detail::broken_pipeline sort_by(const Keys&...) {
  static_cast<void>(detail::sort_by_without_uid<Keys...>{});
  return {};
}

}  // namespace weir
