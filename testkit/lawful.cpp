#include "weir/testkit/lawful.hpp"

#include <string>

namespace weir::detail {

std::string unlawful_sentence(std::string_view text, std::string_view law, bool exact, std::uint64_t seed) {
  std::string sentence = "weir: the aggregate ";
  sentence.append(text).append(" is unlawful: ").append(law);
  if (exact) sentence += " (bit by bit, since it declares is_exact)";
  return sentence.append("; elements of seed ").append(std::to_string(seed));
}

}  // namespace weir::detail
