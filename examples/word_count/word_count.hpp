#pragma once
// The steps of the word count, from any source of lines to a stream of totals; its test runs them on texts of its own.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "weir/connectors/words.hpp"
#include "weir/weir.hpp"

/// What the job writes for each word.
struct word_total {
  BOOST_HANA_DEFINE_STRUCT(word_total, (std::string, word), (std::int64_t, count));
};

/// The words are views into the lines; a word is copied once, when the counting operator meets it first.
template <class Lines>
auto count_words(Lines text) {
  using namespace weir;
  // clang-format off: one operator a line
  return from<"text">(std::move(text))
         | flat_map(words)
         | key_by([](std::string_view word) { return word; })
         | window(global(at_end_of_input))  // one window for the whole input
         | aggregate<"counts">(count())
         | map([](const window_result<std::string, std::int64_t>& total) {
             return word_total{total.key, total.value};
           });
  // clang-format on
}
