#pragma once
// bounded_keys: the user's word that keyed state cannot grow for ever.
#include <cstdint>
#include <string>

namespace weir {

/// Given to an operator with keyed state: its stream has no more than so many keys, as in
/// `reduce<"balances">(add, bounded_keys(50'000))`. It is a declaration, for the plan and for `--strict`, which refuses
/// state that nothing bounds; nothing checks the number.
class bounded_keys {
 public:
  constexpr explicit bounded_keys(std::uint64_t most) noexcept : most_(most) {}
  constexpr std::uint64_t most() const noexcept { return most_; }

 private:
  std::uint64_t most_;
};

namespace detail {
/// "at most 50000 keys": in a plan.
std::string bound_text(bounded_keys bound);
}  // namespace detail

}  // namespace weir
