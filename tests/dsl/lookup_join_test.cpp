#include "weir/dsl/lookup_join.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/dsl/results_of.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/core/error.hpp"
#include "weir/dsl/from.hpp"
#include "weir/testkit/exactly_once.hpp"
#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/operator_harness.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using weir::testing::memory_storage;
using weir::testing::operator_harness;
using weir::testing::timed_record;
using texts = std::vector<std::string>;

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, customer), (std::string, item));
};
/// As the file has it: borrowed.
struct customer {
  BOOST_HANA_DEFINE_STRUCT(customer, (std::int64_t, id), (std::string_view, name));
};

std::string text_of(const order& o, const customer* c) {
  return o.item + " of " + std::string(c == nullptr ? "-" : c->name);
}

const std::string ann_and_bob = "id,name\n1,ann with a name that is long\n2,bob\n1,ann again\n";

/// Orders, looked up in a file that is read again every minute.
auto named_orders() {
  return lookup_left_join<"names">(lookup_table(csv<customer>("customers.csv"), &customer::id).refresh_every(1min),
                                   &order::customer, text_of);
}

TEST(lookup_join, gives_a_result_for_each_row_of_a_key) {
  memory_storage disk;
  disk.write("customers.csv", ann_and_bob);
  auto harness = operator_harness<order>(named_orders(), {.slots = 2, .storage = &disk});
  harness.push({2, "cup"}, 5ms);
  harness.push({1, "pan"}, 4ms);
  harness.push({3, "pot"}, 6ms);
  EXPECT_EQ(harness.records(),
            (std::vector<timed_record<std::string>>{{"cup of bob", from_epoch_ms(5)},
                                                    {"pan of ann with a name that is long", from_epoch_ms(4)},
                                                    {"pan of ann again", from_epoch_ms(4)},
                                                    {"pot of -", from_epoch_ms(6)}}));
  EXPECT_EQ(harness.report().find("names")->records_out, 4u);
}

TEST(lookup_join, reads_the_table_again_when_it_is_time) {
  memory_storage disk;
  disk.write("customers.csv", ann_and_bob);
  auto harness = operator_harness<order>(named_orders(), {.storage = &disk});
  harness.push({2, "cup"}, 1ms);
  disk.write("customers.csv", "id,name\n2,rob\n");
  harness.advance_processing_time(59'999ms);
  harness.push({2, "cup"}, 1ms);
  harness.advance_processing_time(1ms);
  harness.push({2, "cup"}, 1ms);
  harness.push({1, "cup"}, 1ms);
  EXPECT_EQ(harness.values(), (texts{"cup of bob", "cup of bob", "cup of rob", "cup of -"}));
}

TEST(lookup_join, keeps_the_older_table_where_reading_fails) {
  memory_storage disk;
  disk.write("customers.csv", ann_and_bob);
  auto harness = operator_harness<order>(named_orders(), {.slots = 2, .storage = &disk});
  const auto after_a_minute = [&](const std::string& file) {
    disk.write("customers.csv", file);
    harness.advance_processing_time(1min);
    harness.take_output();
    harness.push({2, "cup"}, 1ms);
    return harness.values();
  };
  EXPECT_EQ(after_a_minute("id,name\n2,rob\nnonsense,bob,3\n"), texts{"cup of bob"}) << "half of a table is none";
  EXPECT_EQ(harness.report().find("names")->failed_refreshes, 1u);
  EXPECT_EQ(after_a_minute("id,surname\n"), texts{"cup of bob"});
  EXPECT_EQ(harness.report().find("names")->failed_refreshes, 2u);
  EXPECT_EQ(after_a_minute("id,name\n2,ron\n"), texts{"cup of ron"});
  EXPECT_EQ(harness.report().find("names")->failed_refreshes, 2u);
  harness.end();
  EXPECT_THAT(harness.report().notes,
              ::testing::Contains(
                  AllOf(HasSubstr("lookup_left_join 'names': csv(customers.csv) could not be read again 2 times"),
                        HasSubstr("the older table stayed in use"))));
}

TEST(lookup_join, cannot_begin_without_a_table) {
  memory_storage disk;
  try {
    auto harness = operator_harness<order>(named_orders(), {.storage = &disk});
    FAIL() << "there is no file";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("lookup_left_join 'names': the table csv(customers.csv) cannot be read: "));
  }
}

TEST(lookup_join, takes_rows_of_a_function_and_keys_of_text) {
  struct named {
    std::string name;
    int number;
  };
  const auto calls = std::make_shared<int>(0);
  const auto rows = [calls] {
    ++*calls;
    return std::vector<named>{{"a text that is too long to lie in place", 1}, {"two", 2}};
  };
  auto harness = operator_harness<std::string_view, no_clock>(
      lookup_join<"numbers">(
          lookup_table(rows, &named::name), [](const std::string_view& text) { return text; },
          [](const std::string_view& text, const named& row) { return text.size() + row.number; }),
      {.slots = 3});
  std::string text = "a text that is too long to lie in place";
  harness.push(text);
  harness.push("three");
  harness.advance_processing_time(24h);
  harness.push("two");
  EXPECT_EQ(harness.values(), (std::vector<std::size_t>{text.size() + 1, 5}));
  EXPECT_EQ(*calls, 1) << "once for all subtasks, and never again";
}

TEST(lookup_join, refuses_what_cannot_be_a_table) {
  EXPECT_THROW(lookup_table(csv<customer>("c.csv"), &customer::id).refresh_every(0ms), error);
}

struct named_order {
  BOOST_HANA_DEFINE_STRUCT(named_order, (std::string, item), (std::string, name));
};

TEST(lookup_join, joins_every_record_exactly_once_whatever_happens) {
  std::string orders = "customer,item\n";
  std::string customers = "id,name\n";
  texts expected{"item,name"};
  for (int i = 0; i < 200; ++i) {
    orders += std::to_string(i % 12) + "," + std::to_string(i) + "\n";
    if (i % 12 < 10) expected.push_back(std::to_string(i) + ",c" + std::to_string(i % 12));
  }
  for (int id = 0; id < 10; ++id) customers += std::to_string(id) + ",c" + std::to_string(id) + "\n";
  const job joined(
      "joined",
      from<"orders">(csv<order>("orders.csv").split_bytes(500)) |
          lookup_join<"names">(
              lookup_table(csv<customer>("customers.csv"), &customer::id).refresh_every(1ms), &order::customer,
              [](const order& o, const customer& c) { return named_order{o.item, std::string(c.name)}; }) |
          to<"out">(csv("out.csv")));
  EXPECT_EXACTLY_ONCE(joined,
                      weir::testing::job_files()
                          .given("orders.csv", orders)
                          .given("customers.csv", customers)
                          .expect("out.csv", expected),
                      weir::testing::seeds(40));
}

}  // namespace
