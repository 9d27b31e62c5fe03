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

/// `count` bits of `random`, from bit `begin`.
constexpr std::uint32_t bits(u64 random, int begin, int count) {
  return static_cast<std::uint32_t>(random >> begin) & ((1U << count) - 1);
}

/// The id that is `distance`, less than first_id, before `last`; or the first one.
constexpr u64 before(u64 last, u64 distance) { return std::max(first_id, last - distance); }

/// The last multiple of a hundred up to `last`, from which on ids are the latest hundred.
constexpr u64 hundred_of(u64 last) { return last / 100 * 100; }

/// `value` where `condition` holds, else `other`; without a branch, for conditions that no processor can foresee.
constexpr u64 choose(bool condition, u64 value, u64 other) {
  return other ^ ((value ^ other) & (u64{0} - u64{condition}));
}

/// Makes event `i`. It is inlined into the loop of the job, so that a query pays for what it looks at: the whole of an
/// event made by a call would have to be in memory.
struct make_event {
  [[gnu::always_inline]] auction_event operator()(u64 i) const {
    const u64 r = random_number(5000, i);
    const u64 round = i / 50;
    const u64 place = i % 50;
    const u64 price = 1 + bits(r, 40, 20);
    const timestamp at = from_epoch_ms(1'700'000'000'000 + static_cast<std::int64_t>(round / 2));  // two rounds a ms
    const u64 last_person = first_id + round;
    if (place == 0) return {event_kind::person, bits(r, 0, 8) % 6, last_person, 0, 0, at};
    const u64 any_person = before(last_person, bits(r, 24, 16) % 1000);
    const u64 first_auction = first_id + round * 3;
    if (place < 4) {
      return {event_kind::auction, 10 + bits(r, 0, 8) % 5, first_auction + (place - 1), any_person, price, at};
    }
    // Three of four bids are for the first auction of the latest hundred, and three of four come from the first person
    // of theirs.
    const u64 last_auction = first_auction + 2;
    const u64 any_auction = before(last_auction, bits(r, 8, 16) % 100);
    const u64 auction = choose(bits(r, 0, 2) != 0, hundred_of(last_auction), any_auction);
    const u64 bidder = choose(bits(r, 2, 2) != 0, hundred_of(last_person), any_person);
    return {event_kind::bid, 0, auction, bidder, price, at};
  }
};

// Functions of their own: of `kind == … && category == …` in one expression g++ makes one comparison of both members,
// for which it stores and loads them.
inline bool is_person(const auction_event& event) { return event.kind == event_kind::person; }
inline bool is_auction(const auction_event& event) { return event.kind == event_kind::auction; }
inline bool is_bid(const auction_event& event) { return event.kind == event_kind::bid; }

/// The events without and with their times, and the bids alone. Here and in the queries, lambdas say which member of an
/// event is meant: a pointer to a member is known only when the program runs, so the whole event would be in memory.
inline auto untimed_events(u64 count) {
  return from<"events">(generate(make_event{}, bounded(count)));
}
inline auto timed_events(u64 count) {
  return from<"events">(generate(make_event{}, bounded(count)),
                        event_time([](const auction_event& event) { return event.at; }, ascending()));
}
inline auto bids(u64 count) {
  return timed_events(count) | filter([](const auction_event& event) { return is_bid(event); });
}
inline constexpr u64 usual_events = 10'000'000;

}  // namespace weir::benchmarks
