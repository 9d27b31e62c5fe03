// The pages beside README.md as code that runs: every C++ block of theirs stands here word for word, which
// //tests/rules:documents_test checks. Each page has a namespace of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

using namespace weir;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

namespace windows_page {

struct click {
  BOOST_HANA_DEFINE_STRUCT(click, (std::string, user), (double, price), (timestamp, at));
};

inline auto visits() {
  return key_by(&click::user) | window(session(30s)) | aggregate<"visits">(count(), max(&click::price));
}

using visit = window_result<std::string, std::tuple<std::int64_t, double>>;

TEST(windows, of_visits) {
  auto harness = weir::testing::operator_harness<click>(visits());
  harness.push({"ann", 2, {}}, 0s);
  harness.push({"ann", 5, {}}, 20s);  // less than 30 s later: the same visit
  harness.push({"ann", 1, {}}, 60s);  // 40 s later: another one
  harness.watermark(49'998ms);
  EXPECT_TRUE(harness.values().empty());
  harness.watermark(49'999ms);  // the last instant of [0 s, 50 s)
  EXPECT_THAT(harness.values(), ElementsAre(visit{"ann", from_epoch_ms(0), from_epoch_ms(50'000), {2, 5.0}}));
}

inline auto running_totals() {
  return key_by(&click::user) | window(tumbling(1h)).trigger(continuous(10min)) |
         aggregate<"totals">(sum(&click::price));
}

using total = pane_result<std::string, double>;

TEST(windows, with_early_results) {
  auto harness = weir::testing::operator_harness<click>(running_totals());
  const timestamp begin = from_epoch_ms(0);
  const timestamp end = begin + 1h;
  harness.push({"ann", 2, {}}, 1min);
  harness.watermark(10min);
  harness.push({"ann", 5, {}}, 12min);
  harness.watermark(20min);
  EXPECT_THAT(harness.values(), ElementsAre(total{"ann", begin, end, 0, pane_timing::early, 2.0},
                                            total{"ann", begin, end, 1, pane_timing::early, 7.0}));
  harness.watermark(50min);
  harness.watermark(1h);
  EXPECT_EQ(harness.values().back(), (total{"ann", begin, end, 5, pane_timing::on_time, 7.0}));
}

struct median {
  using output_type = double;

  void process(const window_elements<click>& clicks, const auto&, auto& out) {
    std::vector<double> prices;
    for (const click& each : clicks) prices.push_back(each.price);
    std::sort(prices.begin(), prices.end());
    out(prices[prices.size() / 2]);
  }
};

inline auto medians() { return key_by(&click::user) | window(count_window(3)) | process<"medians">(median{}); }

TEST(windows, with_a_function) {
  auto harness = weir::testing::operator_harness<click>(medians());
  for (const double price : {9.0, 1.0, 4.0, 8.0}) harness.push({"ann", price, {}}, 0s);
  harness.push({"bob", 3, {}}, 0s);
  harness.end();
  EXPECT_THAT(harness.values(), ElementsAre(4.0));
}

}  // namespace windows_page

namespace watermarks_page {

struct reading {
  BOOST_HANA_DEFINE_STRUCT(reading, (std::string, sensor), (double, value), (bool, ends_round), (timestamp, at));
};

struct by_round {
  std::optional<timestamp> observe(const reading& each, timestamp time) const {
    return each.ends_round ? std::optional(time) : std::nullopt;
  }
};

using mean = window_result<std::string, double>;

TEST(watermarks, come_where_records_say_so) {
  const std::vector<reading> readings = {{"a", 1, false, from_epoch_ms(1000)},
                                         {"a", 3, true, from_epoch_ms(12'000)},    // time is 12 s: [0 s, 10 s) fires
                                         {"a", 9, false, from_epoch_ms(2000)},     // late
                                         {"a", 5, false, from_epoch_ms(11'000)}};  // its window is open
  std::vector<mean> means;
  const job job_of_means("means", from(readings, event_time(&reading::at, by_round{})) | key_by(&reading::sensor) |
                                      window(tumbling(10s)) | aggregate<"means">(avg(&reading::value)) |
                                      to<"out">(into(means)));

  const job_report report = job_of_means.run();

  EXPECT_THAT(means, ElementsAre(mean{"a", from_epoch_ms(0), from_epoch_ms(10'000), 1.0},
                                 mean{"a", from_epoch_ms(10'000), from_epoch_ms(20'000), 4.0}));
  EXPECT_EQ(report.find("means")->late_records, 1u);
}

TEST(watermarks, of_sources_are_described) {
  auto files = from<"files">(csv<reading>("readings/*.csv"),
                             event_time(&reading::at, out_of_orderness(5s)).time_ordered());
  auto live = from<"live">(csv<reading>(standard_input),
                           event_time(&reading::at, out_of_orderness(5s)).idle_after(30s));
  auto north = from<"north">(csv<reading>("north.csv"), event_time(&reading::at, ascending()).align("sensors", 1min));
  auto south = from<"south">(csv<reading>("south.csv"), event_time(&reading::at, ascending()).align("sensors", 1min));
  static_cast<void>(std::tuple(std::move(files), std::move(live), std::move(north), std::move(south)));
}

}  // namespace watermarks_page

namespace late_data_page {

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::string, shop), (double, amount), (timestamp, at));
};

inline auto takings() {
  return key_by(&sale::shop) | window(tumbling(1min)).allowed_lateness(1h) | aggregate<"takings">(sum(&sale::amount));
}

using taking = pane_result<std::string, double>;

TEST(late_data, corrects_results_or_is_kept) {
  const std::vector<sale> sales = {{"north", 10, from_epoch_ms(30'000)},
                                   {"north", 1, from_epoch_ms(90'000)},     // closes the first minute
                                   {"north", 5, from_epoch_ms(40'000)},     // late, but within the hour
                                   {"north", 2, from_epoch_ms(7'200'000)},  // two hours
                                   {"north", 7, from_epoch_ms(50'000)}};    // too late
  std::vector<taking> results;
  std::vector<sale> lost;

  auto [totals, too_late] =
      from(sales, event_time(&sale::at, ascending()).watermark_interval(1)) | takings() | split<"late">();
  const job both("takings", std::move(totals) | to<"totals">(into(results)),
                 std::move(too_late) | to<"late">(into(lost)));
  const job_report report = both.run({.slots = 1});

  const timestamp start = from_epoch_ms(0);
  EXPECT_THAT(results,
              ElementsAre(taking{"north", start, start + 1min, 0, pane_timing::on_time, 10.0},
                          taking{"north", start, start + 1min, 1, pane_timing::late, 15.0},
                          taking{"north", start + 1min, start + 2min, 0, pane_timing::on_time, 1.0},
                          taking{"north", start + 120min, start + 121min, 0, pane_timing::on_time, 2.0}));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].amount, 7.0);
  EXPECT_EQ(report.find("takings")->late_records, 1u);
}

}  // namespace late_data_page

namespace joins_page {

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::int64_t, id), (timestamp, at));
};
struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int64_t, order_id), (double, amount), (timestamp, at));
};
struct settled {
  BOOST_HANA_DEFINE_STRUCT(settled, (std::int64_t, id), (std::optional<double>, paid));
  friend bool operator==(const settled&, const settled&) = default;
};

inline auto settle(auto orders, auto payments) {
  return connect(std::move(orders) | key_by(&order::id), std::move(payments) | key_by(&payment::order_id)) |
         interval_left_join<"settled">(between(0s, 1h), [](const order& o, const payment* p) {
           return settled{o.id, p == nullptr ? std::nullopt : std::optional(p->amount)};
         });
}

TEST(joins, of_orders_and_payments) {
  auto harness = weir::testing::co_operator_harness<order, payment>(
      [](auto orders, auto payments) { return settle(std::move(orders), std::move(payments)); });
  harness.left({1, {}}, 0min);
  harness.left({2, {}}, 10min);
  harness.right({1, 9.5, {}}, 30min);  // a pair goes out at once
  EXPECT_THAT(harness.values(), ElementsAre(settled{1, 9.5}));
  harness.watermark(69min);
  EXPECT_EQ(harness.values().size(), 1u);
  harness.watermark(70min);  // no payment of order 2 can come any more
  EXPECT_THAT(harness.values(), ElementsAre(settled{1, 9.5}, settled{2, std::nullopt}));
}

struct amount {
  BOOST_HANA_DEFINE_STRUCT(amount, (std::string, currency), (double, value), (timestamp, at));
};
struct rate {
  BOOST_HANA_DEFINE_STRUCT(rate, (std::string, currency), (double, per_euro), (timestamp, at));
};

inline auto in_euros(auto amounts, auto rates) {
  return connect(std::move(amounts) | key_by(&amount::currency), std::move(rates) | key_by(&rate::currency)) |
         temporal_join<"euros">([](const amount& a, const rate& r) { return a.value / r.per_euro; }, bounded_keys(200));
}

TEST(joins, with_the_rate_that_was_valid) {
  auto harness = weir::testing::co_operator_harness<amount, rate>(
      [](auto amounts, auto rates) { return in_euros(std::move(amounts), std::move(rates)); });
  harness.left({"USD", 8, {}}, 12s);
  harness.left({"USD", 8, {}}, 5s);
  harness.right({"USD", 4, {}}, 10s);
  harness.right({"USD", 2, {}}, 0s);
  harness.watermark(12s);
  EXPECT_THAT(harness.values(), ElementsAre(4.0, 2.0));  // at 5 s the rate was 2, at 12 s it was 4
}

}  // namespace joins_page

namespace async_page {

struct item {
  BOOST_HANA_DEFINE_STRUCT(item, (std::string, name));
};
struct stock {
  BOOST_HANA_DEFINE_STRUCT(stock, (std::string, name), (std::int64_t, pieces));
  friend bool operator==(const stock&, const stock&) = default;
};

/// Has seven pieces of everything.
class warehouse {
 public:
  void close() { open_ = false; }
  void reopen() { open_ = true; }
  void be_slow() { travel_time_ = 2s; }
  std::chrono::milliseconds travel_time() const { return travel_time_; }
  std::int64_t pieces_of(const std::string&) const {
    if (!open_) throw std::runtime_error("closed");
    return 7;
  }

 private:
  bool open_ = true;
  std::chrono::milliseconds travel_time_{20};
};

struct ask_warehouse {
  std::shared_ptr<warehouse> service;

  async_task<stock> operator()(const item& each) const {
    co_await async_delay(service->travel_time());
    co_return stock{each.name, service->pieces_of(each.name)};
  }
};

inline auto stocked(std::shared_ptr<warehouse> service) {
  return async_map<"stocked">(ask_warehouse{std::move(service)},
                              unordered(100)
                                  .timeout(1s, [](const item& each) { return stock{each.name, -1}; })
                                  .retry(fixed_delay(3, 100ms)));
}

TEST(async, asks_again_and_gives_up) {
  const auto service = std::make_shared<warehouse>();
  auto harness = weir::testing::operator_harness<item>(stocked(service));
  service->close();
  harness.push({"nails"}, 0s);
  harness.advance_processing_time(20ms);  // the first attempt fails
  service->reopen();
  harness.advance_processing_time(100ms);  // the second one begins
  harness.advance_processing_time(20ms);
  EXPECT_THAT(harness.values(), ElementsAre(stock{"nails", 7}));
  service->be_slow();
  harness.push({"screws"}, 1s);
  harness.advance_processing_time(1s);
  EXPECT_EQ(harness.values().back(), (stock{"screws", -1}));
}

}  // namespace async_page

namespace broadcast_state_page {

struct transfer {
  BOOST_HANA_DEFINE_STRUCT(transfer, (std::string, account), (std::string, kind), (double, amount));
};
struct cap {
  BOOST_HANA_DEFINE_STRUCT(cap, (std::string, kind), (double, amount));
};

struct cap_check {
  BOOST_HANA_DEFINE_STRUCT(cap_check, (broadcast_map_state<std::string, double>, caps),
                           (list_state<transfer>, waiting));
  using output_type = transfer;

  void process_element(const transfer& each, auto&, auto& out) {
    const double* const most = caps.get(each.kind);
    if (most == nullptr) {
      waiting.add(each);
    } else if (each.amount > *most) {
      out(each);
    }
  }

  void process_broadcast_element(const cap& found, auto& context, auto& out) {
    context.write(caps).put(found.kind, found.amount);
    context.apply_to_keyed_state([&](const std::string&) {  // for each account
      std::vector<transfer> others;
      for (const transfer& each : waiting.get()) {
        if (each.kind != found.kind) {
          others.push_back(each);
        } else if (each.amount > found.amount) {
          out(each);
        }
      }
      waiting.update(others);
    });
  }
};

inline auto above_cap(auto transfers, auto caps) {
  return connect(std::move(transfers) | key_by(&transfer::account), std::move(caps) | broadcast()) |
         broadcast_process<"above_cap">(cap_check{}, bounded_keys(1'000'000));
}

TEST(broadcast_state, reaches_those_who_wait) {
  auto harness = weir::testing::co_operator_harness<transfer, cap, no_clock>(
      [](auto transfers, auto caps) { return above_cap(std::move(transfers), std::move(caps)); }, {.snapshots = true});
  harness.left({"ann", "cash", 500});
  harness.left({"bob", "cash", 50});
  EXPECT_TRUE(harness.values().empty());
  harness.right({"cash", 100});
  harness.snapshot_restore(2);  // the cap is known in both slots
  harness.left({"bob", "cash", 150});
  std::vector<double> amounts;
  for (const transfer& each : harness.values()) amounts.push_back(each.amount);
  EXPECT_THAT(amounts, ElementsAre(500.0, 150.0));
}

}  // namespace broadcast_state_page
