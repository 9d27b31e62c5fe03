#pragma once
// The open sessions of a key, of which there is nearly always one: it lies in the row, further ones in a list. Used by
// dsl/session_aggregate.hpp.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/slim_vector.hpp"
#include "weir/state/state_kind.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/windows/merging.hpp"
#include "weir/windows/time_window.hpp"

namespace weir {
namespace detail {

/// A session and what it holds.
template <class Accumulator>
struct open_session {
  timestamp start{};
  timestamp end{};
  Accumulator contents{};

  time_window window() const noexcept { return {start, end}; }
};

/// What a row is in a snapshot.
template <class Accumulator>
struct written_sessions {
  timestamp looked_at{};
  std::vector<open_session<Accumulator>> sessions;
};

template <class Accumulator>
struct written_type<open_session<Accumulator>> {
  using type = open_session<typename written_type<Accumulator>::type>;
};

/// Sessions ascending by time, no two of which touch each other. Move-only.
template <class Accumulator>
class open_sessions {
 public:
  using session = open_session<Accumulator>;

  bool empty() const noexcept { return is_empty(first_); }
  std::size_t size() const noexcept { return empty() ? 0 : 1 + later_.size(); }
  /// Requires a session.
  session& front() noexcept { return first_; }

  /// When the calendar wants to see the row next: at the end of the first session, or earlier if that has grown since.
  /// min_timestamp: never.
  timestamp looked_at() const noexcept { return looked_at_; }
  void look_at(timestamp time) noexcept { looked_at_ = time; }

  /// Lets the only session grow by `added` if it touches that; null if there are none or several, or it does not.
  [[gnu::always_inline]] session* grow(const time_window& added) noexcept {
    if (!touches(first_.window(), added) || !later_.empty()) return nullptr;
    first_.start = std::min(first_.start, added.start);
    first_.end = std::max(first_.end, added.end);
    return &first_;
  }

  /// Whether a session touches `added`.
  bool any_touches(const time_window& added) noexcept {
    const auto [from, to] = touched_by(added);
    return from != to;
  }

  /// The session that holds `added`: those that touch it become one, by `merge(contents, later contents)`; if none does
  /// it is a new one with `create()`.
  template <class Create, class Merge>
  session& join(const time_window& added, Create&& create, Merge&& merge) {
    const auto [from, to] = touched_by(added);
    if (from == to) return insert(from, session{added.start, added.end, create()});
    session& whole = at(from);
    time_window covered = cover(whole.window(), added);
    for (std::size_t other = from + 1; other < to; ++other) {
      covered = cover(covered, at(other).window());
      merge(whole.contents, at(other).contents);
    }
    whole.start = covered.start;
    whole.end = covered.end;
    erase(from + 1, to);
    return whole;
  }

  /// Requires a session.
  void pop_front() noexcept {
    if (later_.empty()) {
      first_ = session{max_timestamp, min_timestamp, Accumulator{}};
    } else {
      erase(0, 1);
    }
  }

  // ---- as the state of a keyed_table --------------------------------------------------------------------------------

  static constexpr bool owns_memory = detail::owns_memory<Accumulator>;
  static constexpr bool owns_by_counted = owns_memory;
  beside_entry memory() const {
    beside_entry found{.counted = later_.memory_bytes(), .owned = owned_bytes(first_.contents)};
    if constexpr (owns_memory) {
      found.owned += sum_over(later_.begin(), later_.size(), [](const session& each) { return owned_bytes(each.contents); });
    }
    return found;
  }

  template <class Out>
  void encode_to(Out& out) const {
    weir::encode(looked_at_, out);
    encode_varint(size(), out);
    if (empty()) return;
    weir::encode(first_, out);
    for (const session& each : later_) weir::encode(each, out);
  }
  void decode_from(std::string_view& in) {
    looked_at_ = decode<timestamp>(in);
    later_.clear();
    std::uint64_t left = decode_count<session>(in);
    if (left == 0) {
      pop_front();
      return;
    }
    decode_into(in, first_);
    for (--left; left > 0; --left) later_.emplace_back(decode<session>(in));
  }

 private:
  /// What is in place of the only session where there is none: it touches nothing.
  static bool is_empty(const session& first) noexcept { return first.end < first.start; }

  session& at(std::size_t index) noexcept { return index == 0 ? first_ : later_[index - 1]; }

  /// The range of sessions that touch `added`; if it is empty, where `added` belongs. Looks from the end on, where
  /// records mostly belong.
  std::pair<std::size_t, std::size_t> touched_by(const time_window& added) noexcept {
    std::size_t to = size();
    while (to > 0 && at(to - 1).start > added.end) --to;
    std::size_t from = to;
    while (from > 0 && at(from - 1).end >= added.start) --from;
    return {from, to};
  }

  session& insert(std::size_t index, session&& added) {
    if (empty()) {
      first_ = std::move(added);
      return first_;
    }
    later_.emplace_back(std::move(added));
    for (std::size_t place = size() - 1; place > index; --place) std::swap(at(place), at(place - 1));
    return at(index);
  }

  /// Requires that a session stays.
  void erase(std::size_t from, std::size_t to) noexcept {
    if (from == to) return;  // nothing may be moved onto itself: a string would be empty
    const std::size_t held = size();
    for (std::size_t next = to; next < held; ++next) at(from + next - to) = std::move(at(next));
    later_.truncate(held - (to - from) - 1);
  }

  timestamp looked_at_ = min_timestamp;
  session first_{max_timestamp, min_timestamp, Accumulator{}};
  slim_vector<session> later_;
};

}  // namespace detail

template <class Accumulator>
struct record_fields<detail::open_session<Accumulator>> {
  using of = detail::open_session<Accumulator>;
  using type = field_list<field<&of::start, "start">, field<&of::end, "end">, field<&of::contents, "contents">>;
};
template <class Accumulator>
struct record_fields<detail::written_sessions<Accumulator>> {
  using of = detail::written_sessions<Accumulator>;
  using type = field_list<field<&of::looked_at, "looked_at">, field<&of::sessions, "sessions">>;
};

}  // namespace weir
