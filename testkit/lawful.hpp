#pragma once
// Whether an aggregate keeps the laws that it declares. In a GoogleTest, over an aggregate of one's own:
//   EXPECT_LAWFUL(fold(std::int64_t{1}, multiply, multiply_all).any_order(),
//                 [](weir::testing::random_numbers& random) { return order{.amount = random.below(10)}; });
// weir relies on what an aggregate declares: where records are aggregated before they cross an exchange, in sessions that
// merge, in sliding windows. A wrong claim gives wrong results there, and nowhere else.
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/record.hpp"
#include "weir/core/schema.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/windows/aggregate_function.hpp"

namespace weir::testing {

/// So many draws of elements; the problem that is found names the one to begin with.
struct law_trials {
  std::uint64_t first_seed = 0;
  std::uint64_t count = 500;
  std::size_t elements_max = 12;  ///< in each of the three parts that are merged
};

}  // namespace weir::testing

namespace weir::detail {

/// Whether two results are the same: bit by bit where the aggregate says that it is exact, else floating point up to a
/// billionth. NaN is NaN.
template <bool Exact, class Type>
bool same_result(const Type& left, const Type& right) {
  if constexpr (std::floating_point<Type>) {
    if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && std::isnan(right);
    if (left == right) return !Exact || std::signbit(left) == std::signbit(right);
    return !Exact && std::abs(left - right) <= 1e-9 * std::max({Type{1}, std::abs(left), std::abs(right)});
  } else if constexpr (is_optional<Type>) {
    return left.has_value() == right.has_value() && (!left || same_result<Exact>(*left, *right));
  } else if constexpr (is_vector<Type>) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!same_result<Exact>(left[i], right[i])) return false;
    }
    return true;
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return (same_result<Exact>(std::get<Index>(left), std::get<Index>(right)) && ...);
    }(std::make_index_sequence<std::tuple_size_v<Type>>{});
  } else if constexpr (is_owned<Type>) {
    return same_result<Exact>(left.get(), right.get());
  } else if constexpr (record<Type>) {
    bool same = true;
    for_each_field<Type>([&](auto field) {
      same = same && same_result<Exact>(left.*field.pointer, right.*field.pointer);
    });
    return same;
  } else {
    return left == right;
  }
}

/// Checks one aggregate function; gives the first law that does not hold.
template <class Function, class Element>
class law_check {
  using accumulator_type = typename Function::accumulator_type;
  using elements = std::vector<Element>;
  static constexpr bool merges = mergeable_aggregate<Function>;
  static constexpr bool takes_out =
      requires(const Function& function, accumulator_type& held, const Element& element) {
        function.retract(held, element);
      };
  static_assert(!declares_invertible<Function> || (takes_out && invertible_aggregate<Function>),
                "weir: the aggregate declares is_invertible and lacks retract(accumulator, element), merge or "
                "unmerge(accumulator, older); write them or take the declaration back");

 public:
  law_check(const Function& function, elements first, elements second, elements third)
      : function_(function), first_(std::move(first)), second_(std::move(second)), third_(std::move(third)) {}

  /// What does not hold, as the rest of a sentence; null: nothing.
  const char* broken_law(testing::random_numbers& random) const {
    const accumulator_type whole = accumulated(first_, second_, third_);
    if (!same(whole, whole)) return "result() gives two results for one accumulator";
    if (const char* broken = broken_form(whole)) return broken;
    if constexpr (merges) {
      if (const char* broken = broken_merge(whole)) return broken;
    }
    if constexpr (Function::is_commutative) {
      if (const char* broken = broken_order(whole, random)) return broken;
    }
    if constexpr (merges && declares_idempotent<Function>) {
      if (!same(merged(whole, whole), whole)) {
        return "it is not idempotent, as it declares: merging an accumulator with itself changes its result";
      }
    }
    if constexpr (declares_invertible<Function>) return broken_inverse();
    return nullptr;
  }

 private:
  template <class... Parts>
  accumulator_type accumulated(const Parts&... parts) const {
    accumulator_type held = function_.create();
    const auto add = [&](const elements& part) {
      for (const Element& each : part) function_.add(held, each);
    };
    (add(parts), ...);
    return held;
  }
  accumulator_type merged(accumulator_type held, const accumulator_type& later) const {
    function_.merge(held, later);
    return held;
  }
  bool same(const accumulator_type& left, const accumulator_type& right) const {
    return same_result<Function::is_exact>(function_.result(left), function_.result(right));
  }

  const char* broken_form(const accumulator_type& whole) const {
    if constexpr (has_binary_form<accumulator_type> && std::is_default_constructible_v<accumulator_type>) {
      std::string bytes;
      encode(accumulated(first_), bytes);
      std::string_view in = bytes;
      accumulator_type read = function_.create();
      decode_into(in, read);
      if (!same(read, accumulated(first_))) return "its accumulator gives another result once it was written and read";
      for (const Element& each : second_) function_.add(read, each);
      for (const Element& each : third_) function_.add(read, each);
      if (!same(read, whole)) return "its accumulator goes on to another result once it was written and read";
    }
    return nullptr;
  }

  const char* broken_merge(const accumulator_type& whole) const {
    const accumulator_type a = accumulated(first_);
    const accumulator_type b = accumulated(second_);
    const accumulator_type c = accumulated(third_);
    if (!same(merged(a, function_.create()), a)) return "merging create() into an accumulator changes its result";
    if (!same(merged(function_.create(), a), a)) return "merging an accumulator into create() changes its result";
    if constexpr (Function::is_associative) {
      if (!same(merged(merged(a, b), c), merged(a, merged(b, c)))) {
        return "it is not associative, as it declares: merging a, b and c depends on which two are merged first";
      }
      if (!same(merged(merged(a, b), c), whole)) {
        return "it is not associative, as it declares: merging parts gives another result than adding their elements";
      }
    }
    return nullptr;
  }

  const char* broken_order(const accumulator_type& whole, testing::random_numbers& random) const {
    elements shuffled = first_;
    shuffled.insert(shuffled.end(), second_.begin(), second_.end());
    shuffled.insert(shuffled.end(), third_.begin(), third_.end());
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      const std::size_t other = random.below(i);
      if (other != i - 1) std::swap(shuffled[i - 1], shuffled[other]);
    }
    if (!same(accumulated(shuffled), whole)) {
      return "it is not commutative, as it declares: the same elements in another order give another result";
    }
    if constexpr (merges) {
      if (!same(merged(accumulated(second_), accumulated(first_)), merged(accumulated(first_), accumulated(second_)))) {
        return "it is not commutative, as it declares: merging a into b gives another result than b into a";
      }
    }
    return nullptr;
  }

  /// What is left must not be empty: result() need not know that.
  const char* broken_inverse() const {
    if constexpr (invertible_aggregate<Function> && takes_out) {
      accumulator_type rest = accumulated(second_, first_);
      for (const Element& each : second_) function_.retract(rest, each);
      if (!same(rest, accumulated(first_))) {
        return "it is not invertible, as it declares: retract() does not undo add()";
      }
      rest = merged(accumulated(second_), accumulated(first_));
      function_.unmerge(rest, accumulated(second_));
      if (!same(rest, accumulated(first_))) {
        return "it is not invertible, as it declares: unmerge() does not undo merge()";
      }
    }
    return nullptr;
  }

  const Function& function_;
  elements first_;  // has one element at least
  elements second_;
  elements third_;
};

/// "weir: the aggregate `text` is unlawful: ... (seed 17)".
std::string unlawful_sentence(std::string_view text, std::string_view law, bool exact, std::uint64_t seed);

}  // namespace weir::detail

namespace weir::testing {

/// Draws elements from `generate(random_numbers&)` and checks every law that `aggregate` declares on them, that merging
/// create() changes nothing, and that a written accumulator can be read again. Returns what does not hold, in one
/// sentence that names the law and the seed; empty: nothing.
template <class Aggregate, class Generate>
std::string broken_law_of(std::string_view text, const Aggregate& aggregate, const Generate& generate,
                          const law_trials& trials = {}) {
  using element = std::remove_cvref_t<std::invoke_result_t<const Generate&, random_numbers&>>;
  static_assert(!has_borrowed<element>,
                "weir: EXPECT_LAWFUL(aggregate, generator): the generator's elements borrow strings, which are gone when "
                "they are used; let members be std::string");
  const auto function = bind_aggregate<element>(aggregate);
  using function_type = std::remove_const_t<decltype(function)>;
  for (std::uint64_t seed = trials.first_seed; seed < trials.first_seed + trials.count; ++seed) {
    random_numbers random(seed);
    const auto draw = [&](std::size_t least) {
      std::vector<element> drawn;
      const std::size_t count = least + random.below(trials.elements_max);
      for (std::size_t i = 0; i < count; ++i) drawn.push_back(generate(random));
      return drawn;
    };
    std::vector<element> first = draw(1);
    std::vector<element> second = draw(0);
    std::vector<element> third = draw(0);
    const detail::law_check<function_type, element> check(function, std::move(first), std::move(second),
                                                          std::move(third));
    if (const char* const law = check.broken_law(random)) {
      return detail::unlawful_sentence(text, law, function_type::is_exact, seed);
    }
  }
  return {};
}

}  // namespace weir::testing

/// Fails, naming the law and the seed, if `aggregate` does not keep what it declares: is_commutative, is_associative,
/// is_exact, is_invertible, is_idempotent. `...` is the generator, a function of weir::testing::random_numbers&, and
/// perhaps weir::testing::law_trials. Needs GoogleTest.
#define EXPECT_LAWFUL(aggregate, ...)                                                                             \
  switch (0)                                                                                                      \
  case 0:                                                                                                         \
  default:                                                                                                        \
    if (const std::string weir_law = ::weir::testing::broken_law_of(#aggregate, (aggregate), __VA_ARGS__);        \
        weir_law.empty())                                                                                         \
      ;                                                                                                           \
    else                                                                                                          \
      ADD_FAILURE() << weir_law
