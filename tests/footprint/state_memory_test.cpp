// What a job says its state takes is what it takes from the heap: every allocation is seen here, and a test adds only
// state between two looks.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "weir/testkit/operator_harness.hpp"
#include "weir/weir.hpp"

namespace {

std::atomic<std::int64_t> heap{0};

/// With what malloc keeps before each block.
std::int64_t bytes_of(void* block) { return static_cast<std::int64_t>(::malloc_usable_size(block) + sizeof(void*)); }

void* taken(std::size_t size, std::size_t alignment) {
  void* const block = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                          ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                          : std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  heap.fetch_add(bytes_of(block), std::memory_order_relaxed);
  return block;
}
void give_back(void* block) noexcept {
  if (block == nullptr) return;
  heap.fetch_sub(bytes_of(block), std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return taken(size, 0); }
void* operator new[](std::size_t size) { return taken(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) { return taken(size, std::size_t(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return taken(size, std::size_t(alignment)); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::int32_t, user), (std::int32_t, length));
};

// Up to so many users the arrays of a table are so small that they come from the heap.
constexpr std::int32_t users = 16'000;

/// Pushes the visits of all users and expects what the operator says of its state to have grown as the heap has.
/// Several rounds, so that all entries have been looked at.
template <class Element, class Harness, class Make>
void expect_as_the_heap_says(Harness&& harness, Make&& make, double tolerance = 0.03) {
  const auto push_round = [&](std::int32_t begin, std::int32_t end) {
    std::vector<Element> all;
    for (std::int32_t user = begin; user < end; ++user) all.push_back(make(user));
    harness.push_all(all);
  };
  std::vector<Element> first;  // for batches, and what else is allocated once
  for (std::int32_t i = 0; i < users; ++i) first.push_back(make(i % 1'000));
  harness.push_all(first);
  const std::int64_t heap_before = heap.load();
  const auto said_before = static_cast<std::int64_t>(harness.report().find("held")->state_bytes);
  push_round(1'000, users);
  for (int looks = 0; looks < 8'000; ++looks) push_round(0, 1);
  const std::int64_t heap_grown = heap.load() - heap_before;
  const auto said = static_cast<std::int64_t>(harness.report().find("held")->state_bytes) - said_before;
  std::printf("the heap has grown by %.2f MiB, the state says %.2f MiB\n", static_cast<double>(heap_grown) / (1 << 20),
              static_cast<double>(said) / (1 << 20));
  EXPECT_GT(heap_grown, 200'000);
  EXPECT_NEAR(static_cast<double>(said), static_cast<double>(heap_grown), tolerance * static_cast<double>(heap_grown));
}

template <class Function>
auto visits_into(Function function) {
  return operator_harness<visit, no_clock>(key_by(&visit::user) | process<"held">(std::move(function)));
}

visit short_visit(std::int32_t user) { return {user, 20 + user % 100}; }

struct numbers {
  BOOST_HANA_DEFINE_STRUCT(numbers, (value_state<std::int64_t>, sum), (value_state<double>, mean));
  using output_type = std::int32_t;
  void process(const visit& each, auto&, auto&) { sum = each.length; }
};
TEST(state_bytes, of_values) { expect_as_the_heap_says<visit>(visits_into(numbers{}), short_visit); }

struct texts {
  BOOST_HANA_DEFINE_STRUCT(texts, (value_state<std::string>, text));
  using output_type = std::int32_t;
  void process(const visit& each, auto&, auto&) { text = std::string(static_cast<std::size_t>(each.length), 'x'); }
};
TEST(state_bytes, of_strings) { expect_as_the_heap_says<visit>(visits_into(texts{}), short_visit); }

struct lists {
  BOOST_HANA_DEFINE_STRUCT(lists, (list_state<std::int64_t>, lengths));
  using output_type = std::int32_t;
  void process(const visit& each, auto&, auto&) {
    if (!lengths.empty()) return;
    for (std::int32_t i = 0; i < each.length / 4; ++i) lengths.add(i);
  }
};
TEST(state_bytes, of_lists) { expect_as_the_heap_says<visit>(visits_into(lists{}), short_visit); }

struct maps {
  BOOST_HANA_DEFINE_STRUCT(maps, (map_state<std::string, std::vector<std::int32_t>>, by_name));
  using output_type = std::int32_t;
  void process(const visit& each, auto&, auto&) {
    for (std::int32_t i = 0; i < each.length / 8; ++i) {
      by_name["the name of an entry " + std::to_string(i)] = std::vector<std::int32_t>(static_cast<std::size_t>(i));
    }
  }
};
TEST(state_bytes, of_maps) { expect_as_the_heap_says<visit>(visits_into(maps{}), short_visit); }

struct log_of_subtask {
  BOOST_HANA_DEFINE_STRUCT(log_of_subtask, (operator_list_state<std::string>, lines));
  using output_type = std::int32_t;
  void process(const visit& each, process_context<>&, collector<output_type>&) {
    lines.add(std::string(static_cast<std::size_t>(each.length), 'x'));
  }
};
TEST(state_bytes, of_lists_of_a_subtask) {
  expect_as_the_heap_says<visit>(operator_harness<visit, no_clock>(process<"held">(log_of_subtask{})), short_visit);
}

struct place {
  BOOST_HANA_DEFINE_STRUCT(place, (std::string, name), (std::string, address));
};
TEST(state_bytes, of_the_table_of_a_lookup_join_once_for_all_its_subtasks) {
  constexpr std::size_t places = 20'000;
  const auto read = [] {
    std::vector<place> all;
    for (std::size_t i = 0; i < places; ++i) {
      all.push_back({"the place with the number " + std::to_string(i / 2), std::string(i % 60, 'x')});
    }
    return all;
  };
  const std::int64_t heap_before = heap.load();
  auto harness = operator_harness<std::string, no_clock>(
      lookup_join<"held">(
          lookup_table(read, &place::name), [](const std::string& name) { return name; },
          [](const std::string&, const place& found) { return found.address; }),
      {.slots = 2});
  for (int times = 0; times < 8; ++times) harness.push("the place with the number 7");
  const auto heap_grown = static_cast<double>(heap.load() - heap_before);
  const auto said = static_cast<double>(harness.report().find("held")->state_bytes);
  std::printf("the heap has grown by %.2f MiB, the table says %.2f MiB\n", heap_grown / (1 << 20), said / (1 << 20));
  EXPECT_GT(said, 1e6);
  EXPECT_LT(said, heap_grown);
  EXPECT_GT(said, heap_grown - 1e6);  // channels and batches are the rest
}

TEST(state_bytes, of_one_row_that_is_much_larger_than_all_others) {
  expect_as_the_heap_says<visit>(visits_into(lists{}), [](std::int32_t user) {
    return user == 5'000 ? visit{user, 4'000'000} : short_visit(user);
  });
  expect_as_the_heap_says<visit>(visits_into(texts{}), [](std::int32_t user) {
    return user == 5'000 ? visit{user, 3'000'000} : short_visit(user);
  });
}

struct named_visit {
  BOOST_HANA_DEFINE_STRUCT(named_visit, (std::string, name), (std::int64_t, length));
};
struct reminding {
  BOOST_HANA_DEFINE_STRUCT(reminding, (value_state<std::int64_t>, last));
  using output_type = std::int64_t;
  void process(const named_visit& each, auto& context, auto&) {
    last = each.length;
    for (const auto delay : {1h, 2h, 3h}) {
      context.register_processing_time_timer(processing_clock::time_point{} + delay + std::chrono::milliseconds(each.length));
    }
  }
  void on_timer(processing_clock::time_point, process_context<std::string>&, collector<std::int64_t>&) {}
};
TEST(state_bytes, of_timers_and_keys_that_are_texts) {
  expect_as_the_heap_says<named_visit>(
      operator_harness<named_visit, no_clock>(key_by(&named_visit::name) | process<"held">(reminding{})),
      [](std::int32_t user) {
        return named_visit{"a user whose name is longer than most " + std::to_string(user), user % 50};
      },
      0.05);
}

struct asking {
  std::vector<async_result<std::string>>* answers;
  void operator()(const std::string&, async_result<std::string> answer) const { answers->push_back(std::move(answer)); }
};
auto texts_asked_about(std::vector<async_result<std::string>>& answers, std::size_t capacity, const driver_options& options) {
  return operator_harness<std::string, no_clock>(async_map<"held">(asking{&answers}, ordered(capacity)), options);
}

TEST(state_bytes, of_calls_in_flight) {
  constexpr std::size_t calls = 2'000;
  const std::vector<std::string> texts(calls, std::string(1'000, 'x'));
  std::vector<async_result<std::string>> answers;
  answers.reserve(calls);
  auto harness = texts_asked_about(answers, 2 * calls, {});
  const auto said = [&] { return static_cast<double>(harness.report().find("held")->state_bytes); };
  EXPECT_EQ(said(), 0);

  const std::int64_t before = heap.load();
  harness.push_all(texts);
  const auto grown = static_cast<double>(heap.load() - before);
  std::printf("the heap has grown by %.2f MiB, the state says %.2f MiB\n", grown / (1 << 20), said() / (1 << 20));
  ASSERT_EQ(answers.size(), calls);
  EXPECT_LT(said(), grown);  // the handles of the results are the function's
  EXPECT_GT(said(), 0.9 * grown);

  // What is done waits for the first one.
  const double inputs = said();
  for (std::size_t i = calls - 1; i > 0; --i) answers[i].complete(texts[i]);
  harness.advance_processing_time(1ms);
  EXPECT_EQ(said() - inputs, (calls - 1) * (48 + 1'024));  // a vector of a string, and its text
  answers[0].complete(texts[0]);
  harness.advance_processing_time(1ms);
  EXPECT_EQ(said(), 0);
  EXPECT_EQ(harness.records().size(), calls);
}

TEST(state_bytes, of_calls_in_flight_count_against_the_memory_of_the_job) {
  const std::vector<std::string> texts(4'000, std::string(1'000, 'x'));
  std::vector<async_result<std::string>> answers;
  auto harness = texts_asked_about(answers, texts.size(), {.batch_records = 64, .channel_capacity = 2, .memory = 2 << 20});
  try {
    harness.push_all(texts);
    FAIL() << "more was in flight than there was memory for";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("the largest is that of async_map 'held' with 2."), std::string::npos)
        << failure.what();
  }
}

}  // namespace
}  // namespace weir::testing
