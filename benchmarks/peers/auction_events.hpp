#pragma once
// What happens at an online auction house: the input of the queries q0 to q11, which follow those of Nexmark. Of 50
// events in a row the first is a person who registers, three are auctions that are opened and 46 are bids; 100 of them
// happen in a millisecond.
#include <algorithm>
#include <cstdint>

#include "benchmarks/peers/weirbench.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {

enum class event_kind : std::uint32_t { person, auction, bid };

struct auction_event {
  event_kind kind;
  std::uint32_t category;  ///< of a person the state, 0 to 5; of an auction 10 to 14
  u64 id;                  ///< of the person or auction; of a bid the auction
  u64 other;               ///< of an auction the seller, of a bid the bidder
  u64 price;               ///< of an auction the reserve
  timestamp at;
};

inline constexpr u64 first_id = 1000;

/// Event `i`.
inline auction_event event_number(u64 i) {
  const u64 r = random_number(5000, i);
  const u64 round = i / 50;
  const u64 place = i % 50;
  const u64 last_person = first_id + round;
  const u64 price = 1 + (r >> 40 & 0xfffff);
  const timestamp at = from_epoch_ms(1'700'000'000'000 + static_cast<std::int64_t>(i / 100));
  const auto before = [](u64 last, u64 distance) {
    return static_cast<std::int64_t>(last - distance) < static_cast<std::int64_t>(first_id) ? first_id
                                                                                            : last - distance;
  };
  if (place == 0) return {event_kind::person, static_cast<std::uint32_t>((r & 255) % 6), last_person, 0, 0, at};
  if (place < 4) {
    const u64 seller = before(last_person, (r >> 24 & 65535) % 1000);
    return {event_kind::auction,
            static_cast<std::uint32_t>(10 + (r & 255) % 5),
            first_id + round * 3 + (place - 1),
            seller,
            price,
            at};
  }
  // Three of four bids are for one auction of the last hundred, and three of four come from one of the last persons.
  const u64 last_auction = first_id + round * 3 + 2;
  const u64 auction =
      (r & 3) != 0 ? std::max(first_id, last_auction / 100 * 100) : before(last_auction, (r >> 8 & 65535) % 100);
  const u64 bidder =
      (r >> 2 & 3) != 0 ? std::max(first_id, last_person / 100 * 100) : before(last_person, (r >> 24 & 65535) % 1000);
  return {event_kind::bid, 0, auction, bidder, price, at};
}

inline bool is_bid(const auction_event& event) { return event.kind == event_kind::bid; }

/// The events without and with their times, and the bids alone.
inline auto untimed_events(u64 count) {
  return from<"events">(generate([](u64 i) { return event_number(i); }, bounded(count)));
}
inline auto timed_events(u64 count) {
  return from<"events">(generate([](u64 i) { return event_number(i); }, bounded(count)),
                        event_time(&auction_event::at, ascending()));
}
inline auto bids(u64 count) {
  return timed_events(count) | filter([](const auction_event& event) { return is_bid(event); });
}
inline constexpr u64 usual_events = 10'000'000;

}  // namespace weir::benchmarks
