// Operator state of process functions: per subtask, over snapshots in other slots, in the code of later versions, and as
// `inspect` and `plan --diff` show it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/dsl/plan_difference.hpp"
#include "weir/runtime/checkpoint_mailbox.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/snapshot_text.hpp"
#include "weir/testkit/operator_harness.hpp"
#include "weir/testkit/random_numbers.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using ::testing::HasSubstr;
using weir::testing::operator_harness;
using weir::testing::random_numbers;

using list = std::vector<std::int64_t>;
using spread = std::vector<list>;

// ---- who gets what (semantics 6.5), in running jobs -----------------------------------------------------------------

/// For the lists of the subtask `target`: "deal" and "share" add the number, "show" says what is in them.
struct command {
  BOOST_HANA_DEFINE_STRUCT(command, (std::int64_t, target), (std::string, action), (std::int64_t, number));
};
struct shown {
  BOOST_HANA_DEFINE_STRUCT(shown, (std::int64_t, subtask), (list, dealt), (list, shared));
  friend bool operator==(const shown&, const shown&) = default;
};

struct list_keeper {
  BOOST_HANA_DEFINE_STRUCT(list_keeper, (operator_list_state<std::int64_t>, dealt),
                           (operator_list_state<std::int64_t, redistribution::union_>, shared));
  using output_type = shown;
  std::int64_t subtask = -1;
  std::size_t dealt_at_open = 0;
  int opens = 0;

  void open(const open_context& context) {
    subtask = static_cast<std::int64_t>(context.subtask);
    dealt_at_open = dealt.size();
    ++opens;
    EXPECT_LT(context.subtask, context.parallelism);
    if (!context.restored) {
      EXPECT_TRUE(dealt.empty() && shared.empty());
    }
  }
  void process(const command& given, auto&, auto& out) {
    EXPECT_EQ(opens, 1);
    if (given.action == "deal") dealt.add(given.number);
    if (given.action == "share") shared.add(given.number);
    if (given.action == "opened") out(shown{subtask, {static_cast<std::int64_t>(dealt_at_open)}, {}});
    if (given.action == "show") out(shown{subtask, {dealt.begin(), dealt.end()}, {shared.begin(), shared.end()}});
  }
};

/// A job whose subtasks can be talked to one by one.
auto keepers(std::size_t slots) {
  return operator_harness<command, no_clock>(
      partition([](const command& given, std::size_t subtasks) {
        return static_cast<std::size_t>(given.target) % subtasks;
      }) |
          process<"lists">(list_keeper{}),
      {.slots = slots, .snapshots = true});
}

template <class Harness>
std::vector<shown> answers(Harness& harness, const std::string& action, std::size_t parallelism) {
  harness.take_output();
  for (std::size_t subtask = 0; subtask < parallelism; ++subtask) {
    harness.push({static_cast<std::int64_t>(subtask), action, 0});
  }
  return harness.values();
}

std::vector<shown> in_order(const spread& dealt, const spread& shared) {
  std::vector<shown> all;
  for (std::size_t i = 0; i < dealt.size(); ++i) all.push_back({static_cast<std::int64_t>(i), dealt[i], shared[i]});
  return all;
}

TEST(operator_state, is_dealt_out_in_turn_or_given_to_all_in_other_slots) {
  auto harness = keepers(1);
  for (const std::int64_t number : {1, 2, 3, 4, 5}) harness.push({0, "deal", number});
  for (const std::int64_t number : {7, 8}) harness.push({0, "share", number});
  harness.snapshot_restore(3);
  EXPECT_EQ(answers(harness, "show", 3), in_order({{1, 4}, {2, 5}, {3}}, spread(3, list{7, 8})));
  harness.push({1, "deal", 6});
  harness.snapshot_restore(1);
  EXPECT_EQ(answers(harness, "show", 1), in_order({{1, 4, 2, 5, 6, 3}}, {{7, 8, 7, 8, 7, 8}}));
  harness.snapshot_restore(2);
  EXPECT_EQ(answers(harness, "show", 2), in_order({{1, 2, 6}, {4, 5, 3}}, spread(2, list{7, 8, 7, 8, 7, 8})));
  harness.snapshot_restore(8);
  EXPECT_EQ(answers(harness, "show", 8), in_order({{1}, {2}, {6}, {4}, {5}, {3}, {}, {}},
                                                  spread(8, list{7, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7, 8})));
  harness.snapshot_restore(2);
  const auto two = answers(harness, "show", 2);
  EXPECT_EQ(two[0].dealt, (list{1, 6, 5}));
  EXPECT_EQ(two[1].dealt, (list{2, 4, 3}));
}

TEST(operator_state, stays_in_its_subtask_where_there_are_as_many) {
  auto harness = keepers(2);
  for (const std::int64_t number : {1, 2, 3}) harness.push({1, "deal", number});
  harness.push({0, "share", 4});
  harness.push({1, "share", 5});
  harness.snapshot_restore(2);
  EXPECT_EQ(answers(harness, "show", 2), in_order({{}, {1, 2, 3}}, {{4, 5}, {4, 5}}));
}

TEST(operator_state, is_there_when_a_function_is_opened) {
  auto harness = keepers(2);
  EXPECT_EQ(answers(harness, "opened", 2), in_order({{0}, {0}}, {{}, {}}));
  for (const std::int64_t number : {1, 2, 3}) harness.push({0, "deal", number});
  harness.snapshot_restore(2);
  EXPECT_EQ(answers(harness, "opened", 2), in_order({{3}, {0}}, {{}, {}}));
  harness.snapshot_restore(3);
  EXPECT_EQ(answers(harness, "opened", 3), in_order({{1}, {1}, {1}}, {{}, {}, {}}));
}

/// Fills its list when it begins anew.
struct prepared {
  BOOST_HANA_DEFINE_STRUCT(prepared, (operator_list_state<std::string>, words));
  using output_type = std::string;
  void open(const open_context& context) {
    if (!context.restored) words.add("first");
  }
  void process(const std::string& word, auto&, auto& out) {
    words.add(word);
    std::string all;
    for (const std::string& each : words) all += each + " ";
    out(all);
  }
};

TEST(operator_state, may_be_filled_in_open) {
  auto harness = operator_harness<std::string, no_clock>(process<"words">(prepared{}), {.snapshots = true});
  harness.push("second");
  harness.snapshot_restore();
  harness.push("third");
  EXPECT_EQ(harness.values(), (std::vector<std::string>{"first second ", "first second third "}));
}

struct unlisted {
  using output_type = std::int64_t;
  operator_list_state<std::int64_t> forgotten;
  void process(const std::int64_t& number, auto&, auto&) { forgotten.add(number); }
};

TEST(operator_state, that_no_snapshot_would_hold_is_refused) {
  auto harness = operator_harness<std::int64_t, no_clock>(process<"numbers">(unlisted{}));
  try {
    harness.push(1);
    FAIL() << "the list is not one of the function's states";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("list it in BOOST_HANA_DEFINE_STRUCT"));
  }
}

/// A sum per key, and in each subtask the keys that it has seen, in order.
struct keyed_keeper {
  BOOST_HANA_DEFINE_STRUCT(keyed_keeper, (operator_list_state<std::int64_t>, seen), (value_state<std::int64_t>, sum));
  using output_type = shown;
  void process(const command& given, auto& context, auto& out) {
    if (given.number == 0) return out(shown{*sum, {seen.begin(), seen.end()}, {}});
    if (!sum.has_value()) seen.add(context.key());
    sum = sum.value_or(0) + given.number;
  }
};

TEST(operator_state, lies_beside_the_rows_of_keys) {
  auto harness = operator_harness<command, no_clock>(key_by(&command::target) | process<"sums">(keyed_keeper{}),
                                                     {.snapshots = true});
  for (const std::int64_t key : {5, 6, 7, 5}) harness.push({key, "", 2});
  harness.snapshot_restore(2);
  for (const std::int64_t key : {5, 6, 7}) harness.push({key, "", 0});
  std::map<std::int64_t, int> sums;
  list seen;
  for (const shown& each : harness.values()) {
    ++sums[each.subtask];
    EXPECT_FALSE(each.dealt.empty());
  }
  EXPECT_EQ(sums, (std::map<std::int64_t, int>{{2, 2}, {4, 1}}));
  harness.snapshot_restore(1);
  harness.take_output();
  harness.push({6, "", 0});
  ASSERT_EQ(harness.values().size(), 1u);
  EXPECT_EQ(harness.values().front(), (shown{2, {5, 7, 6}, {}}));
}

// ---- law: a snapshot holds what was there at its barrier ------------------------------------------------------------

/// What an operator gives to a snapshot, as its chain would.
template <class Operator>
struct lone_chain final : detail::snapshot_source {
  explicit lone_chain(Operator& only) : operation(only) {}

  Operator& operation;
  void begin_snapshot(detail::subtask_snapshot& whole) override { operation.begin_snapshot({whole, 0}); }
  bool snapshot_slice(detail::subtask_snapshot& whole) override {
    if constexpr (requires(detail::operator_snapshot out) { operation.snapshot_slice(out); }) {
      return operation.snapshot_slice({whole, 0});
    } else {
      return true;
    }
  }
  void abandon_snapshot() override {
    if constexpr (requires { operation.abandon_snapshot(); }) operation.abandon_snapshot();
  }
  void finish_snapshot(detail::subtask_snapshot&) override {}
};

/// Changes its list as it is told.
struct changing {
  BOOST_HANA_DEFINE_STRUCT(changing, (operator_list_state<std::int64_t>, numbers));
  using output_type = std::int64_t;
  void process(const command& given, auto&, auto&) {
    if (given.action == "add") numbers.add(given.number);
    if (given.action == "clear") numbers.clear();
    if (given.action == "drop") numbers.update(numbers.get().subspan(numbers.empty() ? 0 : 1));
  }
};
/// The same beside rows, which are copied slice by slice.
struct keyed_changing {
  BOOST_HANA_DEFINE_STRUCT(keyed_changing, (operator_list_state<std::int64_t>, numbers), (value_state<std::int64_t>, last));
  using output_type = std::int64_t;
  void process(const command& given, auto&, auto&) {
    if (given.action == "add") numbers.add(given.number);
    if (given.action == "clear") numbers.clear();
    if (given.action == "drop") numbers.update(numbers.get().subspan(numbers.empty() ? 0 : 1));
    last = given.number;
  }
};

struct no_output {
  detail::record_meta<detail::columns{false, true}> held;
  template <class Value>
  void operator()(Value&&) const {}
  const auto& meta() const { return held; }
  template <fixed_string Tag>
  static constexpr bool has_side() {
    return false;
  }
};

template <class Operator>
void expect_snapshots_of_barriers(Operator& operation) {
  weir::testing::manual_clock clock;
  detail::subtask_context subtask;
  subtask.clock = &clock;
  detail::operator_metrics metrics;
  detail::shared_operator_state shared;
  detail::operator_context context{subtask, metrics, shared};
  operation.open(context);
  detail::checkpoint_mailbox mailbox;
  detail::stage_metrics stage;
  stage.operators = std::vector<detail::operator_metrics>(1);
  subtask.checkpoints = &mailbox;
  subtask.metrics = &stage;
  detail::subtask_snapshot snapshot(subtask);
  lone_chain<Operator> chain(operation);
  random_numbers random(5);
  list model;
  const auto change = [&] {
    const std::uint64_t kind = random.below(40);
    const std::int64_t number = static_cast<std::int64_t>(random.below(100'000));
    const command given{number, kind == 0 ? "clear" : kind < 8 ? "drop" : "add", number};
    auto local = operation.batch_local();
    local.process(command(given), no_output{{stable_hash(number)}});
    if (kind == 0) model.clear();
    if (kind > 0 && kind < 8 && !model.empty()) model.erase(model.begin());
    if (kind >= 8) model.push_back(number);
  };
  for (detail::checkpoint_id id = 1; id <= 100; ++id) {
    for (std::uint64_t left = random.below(100); left > 0; --left) change();
    const list at_barrier = model;
    snapshot.begin(id, chain, [] {});
    while (snapshot.copying()) {
      for (std::uint64_t left = random.below(20); left > 0; --left) change();
      snapshot.copy_slice(chain);
    }
    std::size_t parts = 0;
    while (const auto message = mailbox.take()) {
      if (message->what != detail::checkpoint_message::kind::block || message->block.kind != block_kind::part) continue;
      ++parts;
      EXPECT_EQ(message->block.name, detail::operator_state_name);
      EXPECT_EQ(decode_all<list>(message->block.bytes), at_barrier) << "checkpoint " << id;
    }
    ASSERT_EQ(parts, 1u);
  }
}

TEST(operator_state, in_a_snapshot_is_that_of_the_barrier) {
  detail::plain_process_operator<command, changing> plain(changing{});
  expect_snapshots_of_barriers(plain);
  using selector = detail::key_selector<std::int64_t command::*>;
  detail::process_operator<command, std::int64_t, false, selector, keyed_changing, false> keyed(
      selector{&command::target}, keyed_changing{}, std::nullopt);
  expect_snapshots_of_barriers(keyed);
}

// ---- snapshots of real runs, and other code -------------------------------------------------------------------------

struct item {
  BOOST_HANA_DEFINE_STRUCT(item, (std::int64_t, number), (std::string, text));
};
struct item_later {
  BOOST_HANA_DEFINE_STRUCT(item_later, (std::string, text), (std::int64_t, number), (bool, checked));
};

/// What its subtasks found when they were opened.
struct findings {
  std::mutex mutex;
  std::vector<std::string> all;
  void add(std::string found) {
    const std::lock_guard lock(mutex);
    all.push_back(std::move(found));
  }
};

struct collecting {
  BOOST_HANA_DEFINE_STRUCT(collecting, (operator_list_state<item>, items),
                           (operator_list_state<std::string, redistribution::union_>, words));
  using output_type = std::int64_t;
  std::shared_ptr<findings> found;
  explicit collecting(std::shared_ptr<findings> in) : found(std::move(in)) {}
  void open() {
    for (const item& each : items) found->add(each.text + std::to_string(each.number));
  }
  void process(const std::int64_t& number, auto&, auto& out) {
    items.add({number, "number, "});
    if (number == 0) words.add("zero");
    out(number);
  }
};
/// The same in later code: the items have another member and another name, and the words are gone.
struct collecting_later {
  BOOST_HANA_DEFINE_STRUCT(collecting_later, (operator_list_state<item_later>, collected));
  static constexpr renamed_state renamed_states[] = {{.from = "items", .to = "collected"}};
  using output_type = std::int64_t;
  std::shared_ptr<findings> found;
  explicit collecting_later(std::shared_ptr<findings> in) : found(std::move(in)) {}
  void open() {
    for (const item_later& each : collected) {
      found->add(each.text + std::to_string(each.number) + (each.checked ? "!" : ""));
    }
  }
  void process(const std::int64_t&, auto&, auto&) {}
};
struct collecting_texts {
  BOOST_HANA_DEFINE_STRUCT(collecting_texts, (operator_list_state<std::string>, items));
  using output_type = std::int64_t;
  explicit collecting_texts(const std::shared_ptr<findings>&) {}
  void process(const std::int64_t&, auto&, auto&) {}
};
struct forgetting {
  using output_type = std::int64_t;
  explicit forgetting(const std::shared_ptr<findings>&) {}
  void process(const std::int64_t&, auto&, auto&) {}
};

class collected : public ::testing::Test {
 protected:
  collected() {
    std::filesystem::remove_all(folder_);
    make<"items", collecting>().run(options());
  }
  ~collected() override { std::filesystem::remove_all(folder_); }

  template <fixed_string Uid, class Function>
  job make() {
    return job("collects", from<"numbers">(std::vector<std::int64_t>{0, 1, 2, 3}) |
                               process<Uid>(Function(found_)) | to<"none">(discard()));
  }
  template <fixed_string Uid, class Function>
  std::vector<std::string> found_by(bool allow_dropped_state = false) {
    run_options with = options(3);
    with.restore = snapshot_directory_at(disk_, kept_);
    with.checkpoints.directory = folder_ + "/later";
    with.allow_dropped_state = allow_dropped_state;
    std::filesystem::remove_all(with.checkpoints.directory);
    found_->all.clear();
    make<Uid, Function>().run(with);
    std::sort(found_->all.begin(), found_->all.end());
    return found_->all;
  }
  template <fixed_string Uid, class Function>
  std::string refusal() {
    try {
      found_by<Uid, Function>();
    } catch (const error& refused) {
      return refused.what();
    }
    return {};
  }
  template <class Function>
  std::string difference() {
    const job newer = make<"items", Function>();
    return detail::compare_plans(detail::planned_states_at(disk_, kept_), detail::planned_states_of(newer.description()),
                                 &newer.description())
        .text;
  }
  run_options options(std::size_t slots = 2) const {
    run_options with{.slots = slots};
    with.checkpoints.directory = kept_;
    return with;
  }
  template <class Write>
  std::string lines(Write&& write, std::string_view uid, state_format format) {
    std::string text;
    snapshot_reader snapshot(disk_, snapshot_directory_at(disk_, kept_));
    write(snapshot, uid, format, [&](std::string_view line) { text += line; });
    return text;
  }

  const std::string folder_ = ::testing::TempDir() + "operator_state_" +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string kept_ = folder_ + "/kept";
  const std::shared_ptr<findings> found_ = std::make_shared<findings>();
  posix_storage disk_;
};

const std::vector<std::string> all_items{"number, 0", "number, 1", "number, 2", "number, 3"};

TEST_F(collected, state_of_subtasks_that_have_ended_is_restored) {
  EXPECT_EQ((found_by<"items", collecting>()), all_items);
}

TEST_F(collected, state_follows_its_uid_and_its_names) {
  EXPECT_EQ((found_by<uid<"collected", "items">, collecting_later>()), all_items);
  EXPECT_THAT(difference<collecting>(), HasSubstr("process 'items': survives\n"));
  EXPECT_THAT(difference<collecting_later>(), HasSubstr("process 'items': survives, converted\n"));
}

TEST_F(collected, state_that_does_not_fit_is_refused) {
  EXPECT_THAT((refusal<"items", collecting_texts>()),
              HasSubstr("the state of process 'items' in " + kept_));
  EXPECT_THAT((refusal<"items", collecting_texts>()),
              HasSubstr("does not fit: state 'items' was {number: int64, text: string} and is string"));
  EXPECT_THAT(difference<collecting_texts>(),
              HasSubstr("process 'items': does not survive: state 'items' was {number: int64"));
  EXPECT_THAT((refusal<"items", forgetting>()), HasSubstr("it keeps no such state now"));
  EXPECT_THAT((refusal<"others", collecting>()), HasSubstr("holds state of process 'items', which the job has no more"));
  EXPECT_EQ((found_by<"others", collecting>(true)), std::vector<std::string>());
}

TEST_F(collected, state_is_shown) {
  const std::string text = describe_snapshot(snapshot_reader(disk_, snapshot_directory_at(disk_, kept_)));
  EXPECT_THAT(text, HasSubstr("process 'items', parallelism 2: 0 rows, "));
  EXPECT_THAT(text, HasSubstr(", 5 elements of operator state\n  state  items: operator_list<{number: int64, "
                              "text: string}>; words: operator_union_list<string>\n"));
  const std::string json = lines(write_operator_state, "items", state_format::json);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 5);
  EXPECT_THAT(json, HasSubstr("\"state\": \"items\", \"element\": {\"number\": 3, \"text\": \"number, \"}}\n"));
  EXPECT_THAT(json, HasSubstr("\"state\": \"words\", \"element\": \"zero\"}\n"));
  const std::string csv = lines(write_operator_state, "items", state_format::csv);
  EXPECT_THAT(csv, ::testing::StartsWith("subtask,state,element\n0,items,"));
  EXPECT_THAT(csv, HasSubstr("0,words,zero\n"));
  const auto refused = [&](auto&& call) -> std::string {
    try {
      call();
    } catch (const error& cause) {
      return cause.what();
    }
    return {};
  };
  EXPECT_THAT(refused([&] { lines(write_operator_state, "numbers", state_format::csv); }),
              HasSubstr("holds no operator state of 'numbers'; there is that of 'items'"));
  EXPECT_THAT(refused([&] { lines(write_state, "items", state_format::csv); }),
              HasSubstr("holds no keyed state of 'items'; there is none at all; its lists are shown by --operator-state"));
}

TEST_F(collected, state_is_named_in_a_plan) {
  EXPECT_THAT((make<"items", collecting>().plan()), HasSubstr("process<\"items\">("));
  EXPECT_THAT((make<"items", collecting>().plan()), HasSubstr(", operator state\n"));
  EXPECT_THAT((make<"items", forgetting>().plan()), ::testing::Not(HasSubstr("operator state")));
}

}  // namespace
}  // namespace weir
