#pragma once
// The steps of fraud detection, from any source of transactions to a stream of alerts; its test runs them on
// transactions of its own.
#include <chrono>
#include <cstdint>
#include <utility>

#include "weir/weir.hpp"

struct transaction {
  BOOST_HANA_DEFINE_STRUCT(transaction, (std::int64_t, account), (std::int64_t, cents), (weir::timestamp, at));
};

/// The large transaction.
struct alert {
  BOOST_HANA_DEFINE_STRUCT(alert, (std::int64_t, account), (std::int64_t, cents), (weir::timestamp, at));
};

/// Somebody who has stolen a card tries it out first: a small transaction, and the next one of the account, within a
/// minute, is a large one.
struct fraud_detector {
  BOOST_HANA_DEFINE_STRUCT(fraud_detector, (weir::value_state<weir::timestamp>, suspicious_until));
  using output_type = alert;

  static constexpr std::int64_t small_below = 1'00;
  static constexpr std::int64_t large_above = 500'00;

  void process(const transaction& each, auto& context, auto& out) {
    if (suspicious_until.has_value()) {
      // The watermark, and with it the timer, may still be behind the transaction.
      if (each.cents > large_above && each.at <= *suspicious_until) out(alert{each.account, each.cents, each.at});
      context.delete_event_time_timer(*suspicious_until);
      suspicious_until.clear();
    }
    if (each.cents < small_below) {
      suspicious_until = each.at + std::chrono::minutes(1);
      context.register_event_time_timer(*suspicious_until);
    }
  }
  void on_timer(weir::timestamp, auto&, auto&) { suspicious_until.clear(); }
};

/// `transactions` must come in the order of their times, from one split: the order of those of an account matters.
template <class Transactions>
auto alerts_of(Transactions transactions, std::uint64_t accounts_max) {
  using namespace weir;
  // clang-format off: one operator a line
  return from<"transactions">(std::move(transactions), event_time(&transaction::at, ascending()))
         | key_by(&transaction::account)
         | process<"fraud">(fraud_detector(), bounded_keys(accounts_max));
  // clang-format on
}
