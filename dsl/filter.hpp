#pragma once
// filter: keeps some of the records.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

#include "weir/core/owned.hpp"
#include "weir/dsl/callable.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pure.hpp"

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

/// A filter by a pure predicate. Where all operators before it in the stage are pure, too, the batch loop collects what it
/// keeps without a branch: every record is written, and the next one goes over it unless it was kept.
template <class Element, class Predicate>
class pure_filter_operator {
  static constexpr std::size_t room_records = 256;
  struct room {
    alignas(Element) std::byte records[room_records * sizeof(Element)];
    timestamp times[room_records];
    std::uint64_t hashes[room_records];
  };

 public:
  static constexpr bool pure = true;

  explicit pure_filter_operator(Predicate predicate) : predicate_(std::move(predicate)) {}
  // Copied and moved as a description only, before it is opened.
  pure_filter_operator(const pure_filter_operator& other) : predicate_(other.predicate_) {}
  pure_filter_operator(pure_filter_operator&& other) noexcept : predicate_(std::move(other.predicate_)) {}
  ~pure_filter_operator() = default;
  pure_filter_operator& operator=(const pure_filter_operator&) = delete;
  pure_filter_operator& operator=(pure_filter_operator&&) = delete;

  void open(operator_context&) { room_.reset(new room); }

  struct collecting_local {
    callable_local<Predicate> predicate;
    room* kept;
    std::size_t count = 0;
    std::uint64_t passed = 0;

    template <class Record, class Out>
    [[gnu::always_inline]] void process(Record&& record, const Out& out) {
      constexpr columns present = columns_of<std::remove_cvref_t<decltype(out.meta())>>;
      const bool keeps = std::invoke(predicate.get(), std::as_const(record));
      ::new (static_cast<void*>(kept->records + count * sizeof(Element))) Element(std::forward<Record>(record));
      if constexpr (present.time) kept->times[count] = out.meta().time;
      if constexpr (present.hash) kept->hashes[count] = out.meta().hash;
      count += keeps ? 1 : 0;
      if (count == room_records) [[unlikely]] drain(out);
    }

    template <class Out>
    [[gnu::always_inline]] void drain(const Out& out) {
      using meta = std::remove_cvref_t<decltype(out.meta())>;
      for (std::size_t i = 0; i < count; ++i) {
        meta own;
        if constexpr (columns_of<meta>.time) own.time = kept->times[i];
        if constexpr (columns_of<meta>.hash) own.hash = kept->hashes[i];
        Element record(*std::launder(reinterpret_cast<Element*>(kept->records) + i));
        out.with_meta(std::move(record), own);
      }
      passed += count;
      count = 0;
    }
  };

  [[gnu::always_inline]] filter_local<Predicate> batch_local() const {
    return {callable_local<Predicate>(predicate_), 0};
  }
  [[gnu::always_inline]] collecting_local collecting_batch_local() const {
    return {callable_local<Predicate>(predicate_), room_.get()};
  }
  std::uint64_t emitted(std::uint64_t in, const filter_local<Predicate>& local) const { return in - local.rejected; }
  std::uint64_t emitted(std::uint64_t, const collecting_local& local) const { return local.passed; }

 private:
  [[no_unique_address]] Predicate predicate_;
  std::unique_ptr<room> room_;
};

/// Larger records cost more to copy than a mispredicted branch. Borrowed strings may lie in a block that a source leaves
/// while the record waits.
template <class Element, class Predicate>
inline constexpr bool collects = is_pure<Predicate> && std::is_trivially_copyable_v<Element> && !has_borrowed<Element> &&
                                 sizeof(Element) <= 32;

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
    using element = typename std::remove_cvref_t<Stream>::element_type;
    using operation =
        std::conditional_t<collects<element, Predicate>, pure_filter_operator<element, Predicate>, filter_operator<Predicate>>;
    return append<element>(std::forward<Stream>(source), operation{std::move(predicate)},
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
