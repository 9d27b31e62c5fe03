// The list of a subtask: how it is used, what its bytes are, and who gets its elements when there are other subtasks.
#include "weir/state/operator_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/state/list_state.hpp"
#include "weir/state/operator_list_state.hpp"
#include "weir/state/parsed_schema.hpp"
#include "weir/state/state_conversion.hpp"
#include "weir/state/state_row.hpp"
#include "weir/state/state_schema.hpp"
#include "weir/state/value_state.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir {
namespace {

using list = std::vector<std::int64_t>;

struct lists {
  BOOST_HANA_DEFINE_STRUCT(lists, (operator_list_state<std::int64_t>, dealt),
                           (operator_list_state<std::int64_t, redistribution::union_>, shared));
};
struct texts {
  BOOST_HANA_DEFINE_STRUCT(texts, (operator_list_state<std::string>, words), (operator_list_state<bool>, flags));
};
/// Operator state among keyed states.
struct both {
  BOOST_HANA_DEFINE_STRUCT(both, (operator_list_state<std::string>, words), (value_state<std::int32_t>, count),
                           (operator_list_state<bool, redistribution::union_>, flags), (list_state<bool>, marks));
};

template <class Function>
Function attached() {
  Function made;
  detail::attach_operator_states(made);
  return made;
}

template <class State>
auto seen_in(const State& state) {
  return std::vector<typename State::value_type>(state.begin(), state.end());
}

TEST(operator_list_state, keeps_elements_in_the_order_in_which_they_were_added) {
  texts held = attached<texts>();
  EXPECT_TRUE(held.words.empty());
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back("a text that is too long to lie in place " + std::to_string(i));
    held.words.add(expected.back());
  }
  EXPECT_EQ(held.words.size(), 100u);
  EXPECT_EQ(seen_in(held.words), expected);
  EXPECT_TRUE(std::ranges::equal(held.words.get(), expected));
  held.words.clear();
  EXPECT_TRUE(held.words.empty());
  EXPECT_TRUE(held.flags.empty());
}

TEST(operator_list_state, is_replaced_by_update_also_with_a_part_of_itself) {
  lists held = attached<lists>();
  held.dealt.update(list{4, 5, 6});
  EXPECT_EQ(seen_in(held.dealt), (list{4, 5, 6}));
  held.dealt.update(held.dealt.get().subspan(1));
  EXPECT_EQ(seen_in(held.dealt), (list{5, 6}));
  held.dealt.update(list{});
  EXPECT_TRUE(held.dealt.empty());
}

TEST(operator_list_state, is_filled_only_where_a_subtask_knows_of_it) {
  lists before_the_job;
  EXPECT_TRUE(before_the_job.dealt.empty());
  EXPECT_THROW(before_the_job.dealt.add(1), error);
  EXPECT_THROW(before_the_job.shared.update(list{1}), error);
}

// ---- bytes and schema -----------------------------------------------------------------------------------------------

std::string bytes(std::initializer_list<int> values) { return std::string(values.begin(), values.end()); }

TEST(operator_state, has_these_bytes_forever) {
  texts held = attached<texts>();
  held.words.add("ab");
  held.words.add("");
  held.flags.add(true);
  std::string found;
  detail::encode_operator_states(held, found);
  EXPECT_EQ(found, bytes({2, 2, 'a', 'b', 0, 1, 1}));
}

TEST(operator_state, stands_behind_keyed_states_in_a_schema) {
  EXPECT_EQ((row_schema<both, false, true>()),
            "count: value<int32>; marks: list<bool>; words: operator_list<string>; "
            "flags: operator_union_list<bool>; timers");
  EXPECT_EQ((row_schema<texts, false, false>()), "words: operator_list<string>; flags: operator_list<bool>");
  EXPECT_EQ((state_row<both, false, false>::state_count), 2u);
}

TEST(operator_state, is_read_back_from_a_schema) {
  const parsed_row row = parse_row_schema(row_schema<both, true, true>());
  ASSERT_EQ(row.states.size(), 2u);
  EXPECT_EQ(row.states[1].name, "marks");
  ASSERT_EQ(row.operator_states.size(), 2u);
  EXPECT_EQ(row.operator_states[0].name, "words");
  EXPECT_EQ(row.operator_states[1].kind, "operator_union_list");
  EXPECT_TRUE(row.timers);
  EXPECT_TRUE(row.ttl);
  EXPECT_TRUE(is_row_schema("words: operator_list<string>"));
  for (const char* const text : {"a: operator_list<>", "a: operator_list<int8, int8>", "a: operator_map<int8>"}) {
    EXPECT_THROW(parse_row_schema(text), error) << text;
  }
}

TEST(operator_state, is_told_by_its_schema_alone) {
  const std::string whole = bytes({2, 2, 'a', 'b', 0, 1, 1}) + "rest";
  std::string_view in = whole;
  std::vector<std::string> found;
  detail::visit_operator_states(parse_row_schema(row_schema<texts, false, false>()), in,
                                [&](const parsed_state& state, std::string_view element) {
                                  std::string json;
                                  append_json(state.types.front(), element, json);
                                  found.push_back(state.name + " " + json);
                                });
  EXPECT_EQ(found, (std::vector<std::string>{"words \"ab\"", "words \"\"", "flags true"}));
  EXPECT_EQ(in, "rest");
}

// ---- who gets what (semantics 6.5) ----------------------------------------------------------------------------------

/// All lists of one kind by subtask.
using spread = std::vector<list>;

std::vector<std::string> parts_of(const spread& dealt, const spread& shared) {
  std::vector<std::string> parts;
  for (std::size_t subtask = 0; subtask < dealt.size(); ++subtask) {
    lists held = attached<lists>();
    for (const std::int64_t each : dealt[subtask]) held.dealt.add(each);
    for (const std::int64_t each : shared[subtask]) held.shared.add(each);
    detail::encode_operator_states(held, parts.emplace_back());
  }
  return parts;
}

/// What each of `parallelism` subtasks has after a restore.
std::pair<spread, spread> restored(const std::vector<std::string>& parts, std::size_t parallelism) {
  std::pair<spread, spread> found;
  for (std::size_t subtask = 0; subtask < parallelism; ++subtask) {
    lists held = attached<lists>();
    detail::operator_state_share<lists> share(subtask, parallelism, parts.size());
    for (std::size_t old_subtask = 0; old_subtask < parts.size(); ++old_subtask) {
      std::string_view in = parts[old_subtask];
      share.take(held, old_subtask, in);
      EXPECT_TRUE(in.empty());
    }
    found.first.push_back(seen_in(held.dealt));
    found.second.push_back(seen_in(held.shared));
  }
  return found;
}

TEST(operator_state, is_dealt_out_in_turn_or_given_to_all) {
  const auto three = restored(parts_of({{1, 2, 3, 4, 5}}, {{7, 8}}), 3);
  EXPECT_EQ(three.first, (spread{{1, 4}, {2, 5}, {3}}));
  EXPECT_EQ(three.second, (spread{{7, 8}, {7, 8}, {7, 8}}));

  const auto one = restored(parts_of({{1, 4}, {2, 5}, {3}}, {{7}, {}, {8, 9}}), 1);
  EXPECT_EQ(one.first, (spread{{1, 4, 2, 5, 3}}));
  EXPECT_EQ(one.second, (spread{{7, 8, 9}}));

  const auto eight = restored(parts_of({{1, 2, 3}, {4, 5, 6, 7, 8, 9}}, {{}, {5}}), 8);
  EXPECT_EQ(eight.first, (spread{{1, 9}, {2}, {3}, {4}, {5}, {6}, {7}, {8}}));
  EXPECT_EQ(eight.second, (spread(8, list{5})));

  const auto two = restored(parts_of(eight.first, {{1}, {}, {}, {}, {}, {}, {}, {2}}), 2);
  EXPECT_EQ(two.first, (spread{{1, 2, 4, 6, 8}, {9, 3, 5, 7}}));
  EXPECT_EQ(two.second, (spread{{1, 2}, {1, 2}}));
}

TEST(operator_state, stays_where_it_is_in_as_many_subtasks_unless_all_get_it) {
  const auto found = restored(parts_of({{1, 2, 3}, {}, {4}}, {{7}, {8}, {}}), 3);
  EXPECT_EQ(found.first, (spread{{1, 2, 3}, {}, {4}}));
  EXPECT_EQ(found.second, (spread{{7, 8}, {7, 8}, {7, 8}}));
}

/// The rule in five lines.
spread redistributed(const spread& old, std::size_t parallelism, redistribution how) {
  spread now(parallelism);
  std::size_t next = 0;
  for (const list& each : old) {
    for (const std::int64_t element : each) {
      if (how == redistribution::split) now[next++ % parallelism].push_back(element);
      for (list& all : now) if (how == redistribution::union_) all.push_back(element);
    }
  }
  return how == redistribution::split && parallelism == old.size() ? old : now;
}

TEST(operator_state, of_any_subtasks_goes_to_any_others) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    weir::testing::random_numbers random(seed);
    const std::size_t before = 1 + random.below(9);
    const std::size_t after = random.one_in(4) ? before : 1 + random.below(9);
    const auto any_lists = [&] {
      spread made(before);
      for (list& each : made) {
        for (std::uint64_t left = random.below(12); left > 0; --left) {
          each.push_back(static_cast<std::int64_t>(random.below(1000)) - 500);
        }
      }
      return made;
    };
    const spread dealt = any_lists();
    const spread shared = any_lists();
    const auto found = restored(parts_of(dealt, shared), after);
    ASSERT_EQ(found.first, redistributed(dealt, after, redistribution::split));
    ASSERT_EQ(found.second, redistributed(shared, after, redistribution::union_));
  }
}

TEST(operator_state, refuses_bytes_that_are_cut_short) {
  const std::string whole = parts_of({{1, 2}}, {{3}}).front();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view cut(whole.data(), size);
    lists held = attached<lists>();
    EXPECT_THROW(detail::operator_state_share<lists>(0, 1, 1).take(held, 0, cut), error) << size;
  }
}

// ---- in other code --------------------------------------------------------------------------------------------------

struct euros {
  BOOST_HANA_DEFINE_STRUCT(euros, (std::int64_t, whole));
};
struct money {
  BOOST_HANA_DEFINE_STRUCT(money, (std::int64_t, cents));
  static money migrate(const euros& older) { return {older.whole * 100}; }
};

struct till {
  BOOST_HANA_DEFINE_STRUCT(till, (operator_list_state<bool>, gone), (operator_list_state<euros>, paid),
                           (operator_list_state<std::int64_t>, kept));
};
/// A state is new, one is gone, one has another name, and one holds another record.
struct till_later {
  BOOST_HANA_DEFINE_STRUCT(till_later, (operator_list_state<std::int64_t>, held), (operator_list_state<std::int8_t>, fresh),
                           (operator_list_state<money>, paid));
  static constexpr renamed_state renamed_states[] = {{.from = "kept", .to = "held"}};
};

TEST(operator_state, of_older_code_is_converted) {
  till older = attached<till>();
  older.gone.add(true);
  older.paid.add({3});
  older.paid.add({4});
  older.kept.add(9);
  std::string from;
  detail::encode_operator_states(older, from);
  std::string_view in = from;
  std::string converted;
  state_conversion(row_schema<till, false, false>(), describe_row<till_later, false, false>())
      .convert_operator_states(in, converted);
  EXPECT_TRUE(in.empty());
  till_later newer = attached<till_later>();
  in = converted;
  detail::operator_state_share<till_later>(0, 1, 1).take(newer, 0, in);
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(seen_in(newer.held), (list{9}));
  EXPECT_TRUE(newer.fresh.empty());
  ASSERT_EQ(newer.paid.size(), 2u);
  EXPECT_EQ(newer.paid.get()[1].cents, 400);
}

struct as_texts {
  BOOST_HANA_DEFINE_STRUCT(as_texts, (operator_list_state<std::string>, kept));
};
struct as_union {
  BOOST_HANA_DEFINE_STRUCT(as_union, (operator_list_state<std::int64_t, redistribution::union_>, kept));
};
struct as_keyed {
  BOOST_HANA_DEFINE_STRUCT(as_keyed, (list_state<std::int64_t>, kept));
};

template <class Newer>
std::string refusal() {
  try {
    state_conversion(row_schema<till, false, false>(), describe_row<Newer, false, false>());
  } catch (const error& refused) {
    return refused.what();
  }
  return {};
}

TEST(operator_state, of_another_type_or_kind_is_refused_by_name) {
  EXPECT_EQ(refusal<as_texts>(), "state 'kept' was int64 and is string");
  EXPECT_EQ(refusal<as_union>(), "state 'kept' was of kind operator_list and is of kind operator_union_list");
  EXPECT_EQ(refusal<as_keyed>(), "state 'kept' was of kind operator_list and is of kind list");
}

struct rows_only {
  BOOST_HANA_DEFINE_STRUCT(rows_only, (value_state<std::int32_t>, count), (list_state<bool>, marks));
};

template <class Older, class Newer>
std::string converted_row(const std::string& row) {
  std::string_view in = row;
  std::string out;
  state_conversion(row_schema<Older, false, false>(), describe_row<Newer, false, false>()).convert(in, out);
  return out;
}

TEST(operator_state, may_be_added_to_and_taken_from_a_function_with_rows) {
  const std::string row = bytes({1, 5, 0, 0, 0});  // count: 5
  EXPECT_EQ((converted_row<rows_only, both>(row)), row);
  EXPECT_EQ((converted_row<both, rows_only>(row)), row);
}

}  // namespace
}  // namespace weir
