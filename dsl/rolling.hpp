#pragma once
// rolling: an aggregation of a keyed stream that gives one result per record. reduce: with or without a window.
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/aggregate.hpp"
#include "weir/dsl/bounded_keys.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/stored_rows.hpp"
#include "weir/state/keyed_table.hpp"
#include "weir/state/table_memory.hpp"
#include "weir/windows/rolling.hpp"

namespace weir {
namespace detail {

/// Holds one element per key: the first as it came, then what the function makes of it and each next one.
template <class Element, class Key, class Selector, class Function>
class rolling_operator {
  using table_type = keyed_table<Key, owned_t<Element>>;

 public:
  /// Whether its elements can be part of a snapshot.
  static constexpr bool can_be_copied = has_binary_form<Element> && std::is_default_constructible_v<owned_t<Element>>;

  [[gnu::noinline]] rolling_operator(Selector selector, Function function)
      : selector_(std::move(selector)), function_(std::move(function)) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] rolling_operator(const rolling_operator& other) : rolling_operator(other.selector_, other.function_) {}
  [[gnu::noinline]] rolling_operator(rolling_operator&& other) noexcept
      : rolling_operator(std::move(other.selector_), std::move(other.function_)) {}
  // Where GCC 12 inlines it, it takes the table that a description does not have for one that is not initialised.
  [[gnu::noinline]] ~rolling_operator() {}
  rolling_operator& operator=(const rolling_operator&) = delete;
  rolling_operator& operator=(rolling_operator&&) = delete;

  void open(operator_context& context) {
    table_.emplace(groups_of_subtask(static_cast<std::uint32_t>(context.subtask.subtask),
                                     static_cast<std::uint32_t>(context.subtask.parallelism)));
    if constexpr (can_be_copied) rows_.open(context, *table_, nullptr);
  }

  bool worth_prefetching() const noexcept { return table_->worth_prefetching(); }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { table_->prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept { table_->prefetch_entry(hash); }

  /// With elements in a store, fetches those of the batch; `selector_` then sees each record once more.
  template <class Batch>
  [[gnu::always_inline]] void before_batch(Batch& input, std::size_t from, std::size_t to)
    requires(can_be_copied)
  {
    if (rows_) [[unlikely]] rows_.fetch(selector_, input, from, to, make_element);
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    bool first = false;
    owned_t<Element>& held = find_or_create(selector_(record), out.meta().hash, [&] {
      first = true;
      return owned_t<Element>(std::as_const(record));
    });
    if (!first) function_.roll(held, std::as_const(record));
    out(Element(borrow<Element>(held)));
  }

  std::size_t state_bytes(const memory_look& look) {
    memory_.look_at(look, 1, table_->size(), [this](std::size_t) -> const table_type& { return *table_; });
    return table_->memory_bytes() + look.counted + memory_.owned(table_->size(), look.counted);
  }

  void begin_snapshot(const operator_snapshot& out)
    requires(can_be_copied)
  {
    if (rows_) {
      rows_.begin_snapshot(out);
      return;
    }
    snapshot_ = out;
    table_->begin_snapshot();
  }
  bool snapshot_slice(const operator_snapshot& out)
    requires(can_be_copied)
  {
    return rows_ ? rows_.snapshot_slice() : copy_slice(*table_, rows_name, out);
  }
  void abandon_snapshot()
    requires(can_be_copied)
  {
    table_->abandon_snapshot();
  }
  void restore(const operator_restore& from)
    requires(can_be_copied)
  {
    rows_.restore(from, make_element, [](const auto&...) {});
  }

 private:
  static owned_t<Element> make_element() { return owned_t<Element>{}; }

  template <class KeyView, class Make>
  [[gnu::always_inline]] owned_t<Element>& find_or_create(const KeyView& key, std::uint64_t hash, Make&& make) {
    if constexpr (can_be_copied) {
      if (table_->in_snapshot()) [[unlikely]] {
        return table_->find_or_create_in_snapshot(key, hash, make, before_change(rows_name, snapshot_));
      }
    }
    return table_->find_or_create(key, hash, make);
  }

  [[no_unique_address]] Selector selector_;
  [[no_unique_address]] Function function_;
  std::optional<table_type> table_;
  std::conditional_t<can_be_copied, stored_rows<Key, owned_t<Element>>, int> rows_{};
  table_memory<table_type> memory_;
  operator_snapshot snapshot_;  // the last one begun
};

template <class Stream>
struct rolling_without_key {
  static_assert(never<Stream>, "weir: rolling<\"uid\">(...) needs a key; put key_by(...) before it");
};
template <class Element, class... Facts>
struct rolling_rejected {
  static_assert(never<Element, Facts...>,
                "weir: rolling<\"uid\">(f): f does not fit the stream's element type; use sum, min or max of a number "
                "member, min_by, max_by, or reduce(g) with g(const Element&, const Element&) returning an Element");
};

template <class Description>
struct rolling_description : operator_tag {
  Description function;
  std::string uid;
  std::string kind;
  std::optional<bounded_keys> bound;
  std::source_location where;
  rolling_description(Description f, std::string u, std::string k, std::optional<bounded_keys> b, std::source_location w)
      : function(std::move(f)), uid(std::move(u)), kind(std::move(k)), bound(b), where(w) {}

  template <class Stream>
  static constexpr bool keyed = !std::is_same_v<typename Stream::key_type, no_key>;
  template <class Stream>
  static constexpr bool accepts = keyed<Stream> && rolling_for<Description, typename Stream::element_type>;
  template <class Stream>
  static void explain() {
    if constexpr (!keyed<Stream>) {
      static_cast<void>(rolling_without_key<Stream>{});
    } else {
      static_cast<void>(rolling_rejected<typename Stream::element_type, Description>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using element = typename Stream::element_type;
    using clock = typename Stream::clock;
    auto keyed_source = std::move(source).take_stage();
    auto step = bind_rolling<element>(function);
    rolling_operator<element, typename Stream::key_type, decltype(keyed_source.selector), decltype(step)> operation(
        keyed_source.selector, std::move(step));
    const std::vector<std::string> names = aggregate_column_names(function);
    const std::string detail = bound ? names.back() + ", " + bound_text(*bound) : names.back();
    const operator_note note{.kind = kind,
                             .detail = detail,
                             .uid = uid,
                             .where = where,
                             .stateful = true,
                             .grows = !bound,
                             .table = schema_of_table<typename Stream::key_type, element>()};
    auto behind = hash_exchange<element, clock, true>(std::move(keyed_source));
    return append<element>(make_stream<element, no_key, clock, typename Stream::guarantee>(std::move(behind)),
                           std::move(operation), note);
  }
};

/// reduce<"uid">(f): rolling behind a key, one result per window behind a window.
template <class Reducer>
struct reduce_description : operator_tag {
  static constexpr bool takes_windows = true;
  Reducer reducer;
  std::string uid;
  std::optional<bounded_keys> bound;
  std::source_location where;
  reduce_description(Reducer r, std::string u, std::optional<bounded_keys> b, std::source_location w)
      : reducer(std::move(r)), uid(std::move(u)), bound(b), where(w) {}

  template <class Stream>
  using description = std::conditional_t<windowed_stream<Stream>, aggregate_description<Reducer>,
                                         rolling_description<Reducer>>;
  template <class Stream>
  static constexpr bool accepts = description<Stream>::template accepts<Stream>;
  template <class Stream>
  static void explain() {
    description<Stream>::template explain<Stream>();
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    if constexpr (windowed_stream<Stream>) {
      return aggregate_description<Reducer>(std::move(reducer), uid, where).apply(std::move(source));
    } else {
      return rolling_description<Reducer>(std::move(reducer), uid, "reduce", bound, where).apply(std::move(source));
    }
  }
};

}  // namespace detail

/// Aggregates a keyed stream record by record: sum, min or max of a member, min_by, max_by, or reduce(f).
/// Emits     for each record, in its place and with its event time, the aggregate of its key so far. sum, min and max
///           replace their member only; all others stay those of the key's first record.
/// State     one element per key, by `uid`.   Thread: one subtask; the function is copied per subtask.
/// Requires  key_by(...) before it.
template <fixed_string Uid, class Function>
auto rolling(Function function, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: rolling<\"\">(...) has state, which needs a name; write rolling<\"uid\">");
  return detail::rolling_description<Function>(std::move(function), std::string(Uid.with_former()), "rolling",
                                               std::nullopt, where);
}
/// The same with a declared bound of its state.
template <fixed_string Uid, class Function>
auto rolling(Function function, bounded_keys bound, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: rolling<\"\">(...) has state, which needs a name; write rolling<\"uid\">");
  return detail::rolling_description<Function>(std::move(function), std::string(Uid.with_former()), "rolling", bound,
                                               where);
}

template <class Function>
detail::broken_pipeline rolling(const Function&) {
  static_cast<void>(detail::aggregate_without_uid<Function>{});
  return {};
}

/// Joins the records of a key with `reducer(so_far, next)`: record by record behind key_by (see rolling), or one
/// window_result per window behind window (see aggregate).
template <fixed_string Uid, class Reducer>
auto reduce(Reducer reducer, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: reduce<\"\">(...) has state, which needs a name; write reduce<\"uid\">");
  auto described = reduce(std::move(reducer));
  return detail::reduce_description<decltype(described)>(std::move(described), std::string(Uid.with_former()),
                                                         std::nullopt, where);
}
/// The same with a declared bound of its state.
template <fixed_string Uid, class Reducer>
auto reduce(Reducer reducer, bounded_keys bound, std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0, "weir: reduce<\"\">(...) has state, which needs a name; write reduce<\"uid\">");
  auto described = reduce(std::move(reducer));
  return detail::reduce_description<decltype(described)>(std::move(described), std::string(Uid.with_former()), bound,
                                                         where);
}

}  // namespace weir
