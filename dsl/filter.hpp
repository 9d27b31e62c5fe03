#pragma once
// filter: keeps some of the records.
#include <concepts>
#include <cstdint>
#include <source_location>
#include <utility>

#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"

namespace weir {
namespace detail {

template <class Predicate>
struct filter_local {
  callable_local<Predicate> predicate;
  std::uint64_t rejected = 0;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    if (std::invoke(predicate.get(), std::as_const(record))) {
      out(std::forward<Record>(record));
    } else {
      ++rejected;
    }
  }
};

template <class Predicate>
struct filter_operator {
  [[no_unique_address]] Predicate predicate;

  [[gnu::always_inline]] filter_local<Predicate> batch_local() const {
    return {callable_local<Predicate>(predicate), 0};
  }
  std::uint64_t emitted(std::uint64_t in, const filter_local<Predicate>& local) const { return in - local.rejected; }
};

template <class Element, class... Facts>
struct filter_rejected {
  static_assert(never<Element, Facts...>,
                "weir: filter(f): f must answer true or false for the stream's element type; let f take it by value or "
                "const& and return bool");
};
template <class Element, class... Facts>
struct filter_changes_itself {
  static_assert(never<Element, Facts...>,
                "weir: filter(f): f changes itself, and what it keeps would be lost in a restart; make f const, or keep "
                "the value in state with process(...)");
};

template <class Predicate>
struct filter_description : operator_tag {
  Predicate predicate;
  std::source_location where;
  filter_description(Predicate p, std::source_location w) : predicate(std::move(p)), where(w) {}

  template <class Stream>
  static constexpr bool accepts =
      std::predicate<const Predicate&, const typename Stream::element_type&> && std::is_copy_constructible_v<Predicate>;

  template <class Stream>
  static void explain() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Predicate>) {
      static_cast<void>(function_not_copyable<Predicate>{});
    } else if constexpr (std::predicate<Predicate&, const element&>) {
      static_cast<void>(filter_changes_itself<element, Predicate>{});
    } else {
      static_cast<void>(filter_rejected<element, Predicate>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    return append<typename std::remove_cvref_t<Stream>::element_type>(
        std::forward<Stream>(source), filter_operator<Predicate>{std::move(predicate)},
        {.kind = "filter", .where = where});
  }
};

}  // namespace detail

/// Keeps the elements for which `predicate` is true; the others are dropped.
/// Emits     the kept elements unchanged, in input order, with their event times.
/// Time      watermarks and barriers pass even if every element is dropped.
/// State     none.   Thread: one subtask calls it; `predicate` is copied per subtask and must be callable as const.
/// Requires  std::predicate<const Predicate&, const Element&>, checked on the line that pipes.
template <class Predicate>
auto filter(Predicate predicate, std::source_location where = std::source_location::current()) {
  return detail::filter_description<Predicate>(std::move(predicate), where);
}

}  // namespace weir
