#pragma once
// The job whose snapshots the corpus holds. It has every kind of state, timers, windows, a source of several splits,
// one without event time, and sinks of both forms. It never changes, because snapshots of old must go on to fit it:
// what is new gets another job (README.md).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/weir.hpp"

namespace corpus {

struct payment {
  BOOST_HANA_DEFINE_STRUCT(payment, (std::int32_t, account), (std::string, shop), (std::int64_t, amount),
                           (weir::timestamp, at));
};

/// What is known of an account when all has been read. Lists are sorted, because several subtasks read.
struct summary {
  BOOST_HANA_DEFINE_STRUCT(summary, (std::int32_t, account), (std::int64_t, count), (std::string, amounts),
                           (std::string, shops), (std::int64_t, sum), (std::int64_t, average_thousandths));
};

inline std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : " ") + each;
  return text;
}

/// State of every kind, and timers of both kinds: those of event time fire when all has been read, the others never.
struct every_kind {
  BOOST_HANA_DEFINE_STRUCT(every_kind, (weir::value_state<std::int64_t>, count),
                           (weir::list_state<std::int64_t>, amounts),
                           (weir::map_state<std::string, std::int64_t>, by_shop),
                           (weir::reducing_state<std::int64_t, std::plus<>>, sum),
                           (weir::aggregating_state<decltype(weir::avg(&payment::amount)), payment>, average));
  using output_type = summary;

  every_kind() : average(weir::avg(&payment::amount)) {}

  void process(const payment& each, auto& context, auto&) {
    count = count.value_or(0) + 1;
    amounts.add(each.amount);
    by_shop[each.shop] += each.amount;
    sum.add(each.amount);
    average.add(each);
    context.register_event_time_timer(weir::from_epoch_ms(4'000'000'000'000));
    context.register_event_time_timer(weir::from_epoch_ms(4'000'000'000'000 + each.amount));
    context.delete_event_time_timer(weir::from_epoch_ms(4'000'000'000'000 + each.amount));
    context.register_processing_time_timer(
        weir::processing_clock::time_point(std::chrono::milliseconds(32'503'680'000'000)));
  }
  void on_timer(weir::timestamp, auto& context, auto& out) {
    if (!count.has_value()) return;
    std::vector<std::string> all;
    for (const std::int64_t each : amounts.get()) all.push_back(std::to_string(each));
    std::vector<std::string> shops;
    for (const auto& each : by_shop.entries()) shops.push_back(each.key + "=" + std::to_string(each.value));
    out(summary{context.key(), *count, joined(all), joined(shops), sum.value(), std::llround(average.value() * 1000)});
    count.clear();
  }
  void on_timer(weir::processing_clock::time_point, auto&, auto&) {}
};

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int64_t, number), (std::int32_t, account), (std::string, shop),
                           (std::int64_t, amount));
};

inline constexpr std::uint64_t sales = 900;

inline sale sale_number(std::uint64_t i) {
  return {static_cast<std::int64_t>(i), static_cast<std::int32_t>(i * i % 13), "shop " + std::to_string(i % 7),
          static_cast<std::int64_t>(i * 7919 % 1000)};
}

/// What a shop remembers when it makes a sale.
struct memory {
  BOOST_HANA_DEFINE_STRUCT(memory, (std::int64_t, number), (std::int64_t, last), (std::int64_t, listed),
                           (std::int64_t, of_account));
};

struct remembering {
  BOOST_HANA_DEFINE_STRUCT(remembering, (weir::value_state<std::int64_t>, last),
                           (weir::list_state<std::int64_t>, numbers),
                           (weir::map_state<std::int32_t, std::int64_t>, by_account));
  using output_type = memory;

  void process(const sale& each, auto&, auto& out) {
    const std::int64_t before = last.value_or(-1);
    last = each.number;
    numbers.add(each.number);
    by_account[each.account] += each.amount;
    out(memory{each.number, before, static_cast<std::int64_t>(numbers.get().size()), *by_account.get(each.account)});
  }
};

/// State with a time to live that outlives this format.
inline constexpr std::chrono::hours long_time{24 * 365 * 200};

/// `pace` is called for every record that is read.
inline weir::job make_job(const std::function<void()>& pace) {
  using namespace weir;
  using namespace std::chrono_literals;
  auto payments = from<"payments">(csv<payment>("payments.csv").split_bytes(3'000),
                                   event_time(&payment::at, ascending()).watermark_interval(16)) |
                  peek([pace](const payment&) { pace(); }) | share();
  auto ordered =
      from<"sales">(generate(sale_number, bounded{sales}).rate(1e9)) | peek([pace](const sale&) { pace(); }) | share();
  return job("corpus",
             payments | key_by(&payment::account) | process<"kinds">(every_kind(), bounded_keys(20)) |
                 to<"summaries">(csv("summaries.csv")),
             payments | key_by(&payment::shop) | window(tumbling(1min)) |
                 aggregate<"windows">(count(), sum(&payment::amount), weir::max(&payment::amount)) |
                 to<"shown">(csv(directory("windows"))),
             ordered | key_by(&sale::account) | rolling<"running">(sum(&sale::amount), bounded_keys(20)) |
                 to<"sums">(csv("running.csv")),
             ordered | key_by(&sale::shop) | process<"memories">(remembering(), ttl(long_time)) |
                 to<"remembered">(csv("memories.csv")));
}

}  // namespace corpus
