#include "weir/dsl/interval_join.hpp"

#include "weir/core/error.hpp"
#include "weir/windows/duration_text.hpp"

namespace weir {
namespace {

std::string signed_text(std::chrono::milliseconds duration) {
  return duration.count() < 0 ? "-" + detail::duration_text(-duration) : detail::duration_text(duration);
}

}  // namespace

interval::interval(std::chrono::milliseconds lower, std::chrono::milliseconds upper) : lower_(lower), upper_(upper) {
  if (lower > upper) {
    throw error("weir: between(" + signed_text(lower) + ", " + signed_text(upper) +
                "): the lower bound is greater than the upper one; exchange them");
  }
  constexpr std::chrono::milliseconds most = std::chrono::hours{24} * 365 * 1'000'000;
  if (lower < -most || upper > most) {
    throw error("weir: between(lower, upper): a bound of more than a million years cannot be added to a time");
  }
}

interval interval::lower_exclusive() const {
  interval made = *this;
  made.lower_included_ = false;
  return made;
}

interval interval::upper_exclusive() const {
  interval made = *this;
  made.upper_included_ = false;
  return made;
}

std::chrono::milliseconds interval::first() const noexcept {
  return lower_included_ ? lower_ : lower_ + std::chrono::milliseconds{1};
}
std::chrono::milliseconds interval::last() const noexcept {
  return upper_included_ ? upper_ : upper_ - std::chrono::milliseconds{1};
}

std::string interval::describe() const {
  std::string text = "between(" + signed_text(lower_) + ", " + signed_text(upper_) + ")";
  if (!lower_included_) text += ", lower exclusive";
  if (!upper_included_) text += ", upper exclusive";
  return text;
}

namespace detail {

std::string join_name(std::string_view what, join_kind kind) {
  constexpr std::string_view kinds[] = {"_join", "_left_join", "_right_join", "_full_join"};
  return std::string(what).append(kinds[static_cast<std::size_t>(kind)]);
}

void throw_joined_without_time() {
  throw error(
      "weir: a join got a record without event time; let the source's event_time(...) give every record one, or filter "
      "such records out before connect(left, right)");
}

}  // namespace detail
}  // namespace weir
