#include "weir/state/state_row.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/state/attached_states.hpp"
#include "weir/core/error.hpp"
#include "weir/state/list_state.hpp"
#include "weir/state/map_state.hpp"
#include "weir/state/reducing_state.hpp"
#include "weir/state/value_state.hpp"

namespace {

using namespace weir;
using weir::detail::time_domain;
using weir::testing::attached_states;

struct leg {
  BOOST_HANA_DEFINE_STRUCT(leg, (std::string, venue), (std::optional<std::int16_t>, lots));
  friend bool operator==(const leg&, const leg&) = default;
};
struct quote {
  BOOST_HANA_DEFINE_STRUCT(quote, (std::string_view, symbol), (double, price));
};

/// All kinds of state, and more than eight with a presence bit.
struct everything {
  BOOST_HANA_DEFINE_STRUCT(everything, (value_state<bool>, a), (value_state<std::int64_t>, b),
                           (value_state<std::string>, c), (list_state<leg>, legs), (value_state<std::int8_t>, d),
                           (map_state<std::string, std::int32_t>, counts), (value_state<timestamp>, e),
                           (value_state<std::int16_t>, f), (value_state<leg>, g), (value_state<owned_t<quote>>, h),
                           (reducing_state<std::int32_t, std::plus<>>, sum), (value_state<double>, i));
};

struct small {
  BOOST_HANA_DEFINE_STRUCT(small, (value_state<bool>, seen), (value_state<std::int64_t>, number),
                           (value_state<bool>, again));
};
struct listed {
  BOOST_HANA_DEFINE_STRUCT(listed, (list_state<std::uint16_t>, marks), (map_state<std::uint8_t, bool>, flags));
};
struct stateless {};

std::string bytes(std::initializer_list<int> values) { return std::string(values.begin(), values.end()); }

TEST(state_row, takes_little_room) {
  EXPECT_EQ(sizeof(state_row<small, false, false>), 16u) << "a number, two flags and a byte for presence";
  EXPECT_EQ(sizeof(state_row<small, false, true>), 32u);
  EXPECT_EQ(sizeof(state_row<stateless, false, true>), 16u);
}

TEST(state_row, has_these_bytes_forever) {
  attached_states<small, false, true> plain;
  EXPECT_EQ(plain.bytes(), bytes({0}));
  plain->number = 258;
  plain->again = true;
  EXPECT_EQ(plain.bytes(), bytes({0b110, 2, 1, 0, 0, 0, 0, 0, 0, 1}));
  plain.row().timers().add(time_domain::processing, from_epoch_ms(7));
  plain->number.clear();
  EXPECT_EQ(plain.bytes(), bytes({0b1100, 1, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0}));

  attached_states<listed> lists;
  lists->marks.update(std::vector<std::uint16_t>{1, 2});
  lists->flags.put(9, true);
  EXPECT_EQ(lists.bytes(), bytes({0b11, 2, 1, 0, 2, 0, 1, 9, 1}));

  attached_states<listed, true> expiring({}, ttl(std::chrono::seconds(1)));
  expiring.at(5);
  expiring->marks.add(3);
  expiring.at(6);
  expiring->flags.put(9, true);
  EXPECT_EQ(expiring.bytes(), bytes({0b11, 1, 5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 9, 6, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(state_row, is_empty_after_it_was_moved_from) {
  attached_states<everything, false, true> states;
  states->c = "a text that is too long to lie in place";
  states->legs.add({"X", 1});
  states->counts.put("a", 1);
  states.row().timers().add(time_domain::event, from_epoch_ms(1));
  const std::string before = states.bytes();
  auto moved = std::move(states.row());
  EXPECT_TRUE(states.row().empty());
  EXPECT_FALSE(states->c.has_value());
  EXPECT_TRUE(states->legs.empty());
  EXPECT_EQ(states.bytes(), bytes({0, 0}));
  std::string after;
  encode(moved, after);
  EXPECT_EQ(after, before);
}

/// What a row holds, as the handles show it.
struct snapshot_of_everything {
  std::optional<std::string> c;
  std::optional<std::int64_t> b;
  std::optional<leg> g;
  std::optional<std::string> symbol;
  std::optional<int> sum;
  std::optional<double> i;
  std::vector<leg> legs;
  std::vector<std::pair<std::string, std::int32_t>> counts;
  std::vector<timestamp> timers[2];
  friend bool operator==(const snapshot_of_everything&, const snapshot_of_everything&) = default;
};

template <class States>
snapshot_of_everything look_at(States& states) {
  snapshot_of_everything seen;
  if (states->c.has_value()) seen.c = *states->c;
  if (states->b.has_value()) seen.b = *states->b;
  if (states->g.has_value()) seen.g = *states->g;
  if (states->h.has_value()) seen.symbol = std::string(states->h->get().symbol);
  if (states->sum.has_value()) seen.sum = *states->sum;
  if (states->i.has_value()) seen.i = *states->i;
  seen.legs.assign(states->legs.get().begin(), states->legs.get().end());
  for (const auto& [key, count] : states->counts.entries()) seen.counts.emplace_back(key, count);
  for (const auto domain : {time_domain::event, time_domain::processing}) {
    states.row().timers().for_each(domain,
                                   [&](timestamp at) { seen.timers[static_cast<std::size_t>(domain)].push_back(at); });
  }
  return seen;
}

std::string text_of(std::mt19937_64& random) {
  return std::string(random() % 40, static_cast<char>('a' + random() % 26));
}

/// Changes some states at random.
template <class States>
void shake(States& states, std::mt19937_64& random) {
  const std::string symbol = text_of(random);
  for (int step = 0; step < 12; ++step) {
    const auto number = static_cast<std::int64_t>(random());
    switch (random() % 20) {
      case 0:
        states->a = random() % 2 == 0;
        break;
      case 1:
        states->a.clear();
        break;
      case 2:
        states->b = number;
        break;
      case 3:
        states->b.clear();
        break;
      case 4:
        states->c = text_of(random);
        break;
      case 5:
        states->c.clear();
        break;
      case 6:
        states->legs.add({text_of(random), static_cast<std::int16_t>(number)});
        break;
      case 7:
        states->legs.update(std::vector<leg>{{"one", std::nullopt}});
        break;
      case 8:
        states->legs.clear();
        break;
      case 9:
        states->d = static_cast<std::int8_t>(number);
        break;
      case 10:
        states->counts.put(std::to_string(random() % 30), static_cast<std::int32_t>(number));
        break;
      case 11:
        states->counts.remove(std::to_string(random() % 30));
        break;
      case 12:
        states->e = from_epoch_ms(number);
        break;
      case 13:
        states->f = static_cast<std::int16_t>(number);
        break;
      case 14:
        states->g = leg{text_of(random), std::nullopt};
        break;
      case 15:
        states->h = owned_t<quote>(quote{symbol, 1.5});
        break;
      case 16:
        states->h.clear();
        break;
      case 17:
        states->sum.add(static_cast<std::int32_t>(number % 1000));
        break;
      case 18:
        states->i = static_cast<double>(number);
        break;
      default: {
        const auto domain = random() % 2 == 0 ? time_domain::event : time_domain::processing;
        const timestamp at = from_epoch_ms(static_cast<std::int64_t>(random() % 8));
        if (random() % 3 == 0) {
          states.row().timers().remove(domain, at);
        } else {
          states.row().timers().add(domain, at);
        }
      }
    }
  }
}

template <bool WithTtl>
void survive_encoding(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto expiry = WithTtl ? std::optional(ttl(std::chrono::hours(1))) : std::nullopt;
  attached_states<everything, WithTtl, true> written({}, expiry);
  attached_states<everything, WithTtl, true> read({}, expiry);
  for (int round = 0; round < 100; ++round) {
    if constexpr (WithTtl) written.at(static_cast<std::int64_t>(round));
    shake(written, random);
    shake(read, random);  // what it held must not be seen again
    const std::string encoded = written.bytes();
    const std::string two = encoded + encoded;
    std::string_view in = two;
    decode_into(in, read.row());
    ASSERT_EQ(in, encoded);
    ASSERT_EQ(look_at(read), look_at(written));
    ASSERT_EQ(read.bytes(), encoded);
    ASSERT_EQ(read.row().empty(), written.row().empty());
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      std::string_view cut = std::string_view(encoded).substr(0, size);
      ASSERT_THROW(decode_into(cut, read.row()), error) << size << " of " << encoded.size() << " bytes";
    }
    for (int damage = 0; damage < 20; ++damage) {
      std::string damaged = encoded;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      std::string_view from = damaged;
      try {
        decode_into(from, read.row());
      } catch (const error&) {
      }
      look_at(read);
    }
  }
}

TEST(state_row, survives_encoding) {
  for (const std::uint64_t seed : {11u, 12u, 13u}) survive_encoding<false>(seed);
}
TEST(state_row, survives_encoding_with_time_to_live) {
  for (const std::uint64_t seed : {21u, 22u, 23u}) survive_encoding<true>(seed);
}

TEST(state_row, refuses_states_that_the_function_has_not) {
  attached_states<small> states;
  const std::string too_many = bytes({0b1000, 1});
  std::string_view in = too_many;
  EXPECT_THROW(decode_into(in, states.row()), error);
}

TEST(state_row, drops_all_that_has_expired_and_nothing_else) {
  attached_states<everything, true, true> states({}, ttl(std::chrono::milliseconds(100)));
  states->b = 1;
  states->legs.add({"old", 1});
  states->counts.put("old", 1);
  states->sum.add(1);
  states.at(50);
  states->c = "new";
  states->legs.add({"new", 1});
  states->counts.put("new", 1);
  states.at(100);
  states.row().drop_expired(states.step());
  states.at(0);  // nothing seems expired any more
  EXPECT_FALSE(states->b.has_value());
  EXPECT_FALSE(states->sum.has_value());
  EXPECT_EQ(*states->c, "new");
  ASSERT_EQ(states->legs.get().size(), 1u);
  EXPECT_EQ(states->legs.get().front().venue, "new");
  EXPECT_FALSE(states->counts.contains("old"));
  EXPECT_TRUE(states->counts.contains("new"));
  states.row().timers().add(time_domain::event, from_epoch_ms(0));
  states.at(150);
  states.row().drop_expired(states.step());
  EXPECT_FALSE(states.row().empty()) << "timers do not expire";
  states.row().timers().clear();
  EXPECT_TRUE(states.row().empty());
}

TEST(timer_times, are_two_sets) {
  for (const std::uint64_t seed : {31u, 32u, 33u, 34u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    detail::timer_times timers;
    std::set<timestamp> model[2];
    std::int64_t base = 0;
    for (int step = 0; step < 20'000; ++step) {
      const auto domain = random() % 4 == 0 ? time_domain::processing : time_domain::event;
      auto& expected = model[static_cast<std::size_t>(domain)];
      base += step % 7 == 0 ? 1 : 0;
      const std::uint64_t spread = seed % 2 == 0 ? 3 : 50;
      const timestamp at = from_epoch_ms(base + static_cast<std::int64_t>(random() % spread));
      switch (random() % 4) {
        case 0:
        case 1:
          ASSERT_EQ(timers.add(domain, at), expected.insert(at).second);
          break;
        case 2:
          ASSERT_EQ(timers.remove(domain, at), expected.erase(at) == 1);
          break;
        default:
          while (!expected.empty() && *expected.begin() < from_epoch_ms(base)) {  // as timers fire
            ASSERT_TRUE(timers.remove(domain, *expected.begin()));
            expected.erase(expected.begin());
          }
      }
      ASSERT_EQ(timers.size(domain), expected.size());
      ASSERT_EQ(timers.empty(), model[0].empty() && model[1].empty());
      if (step % 50 != 0) continue;
      std::vector<timestamp> found;
      timers.for_each(domain, [&](timestamp time) { found.push_back(time); });
      ASSERT_EQ(found, std::vector<timestamp>(expected.begin(), expected.end()));
      detail::timer_times moved(std::move(timers));
      ASSERT_TRUE(timers.empty());
      std::string encoded;
      moved.encode(encoded);
      std::string_view in = encoded;
      timers.decode(in);
    }
  }
}

}  // namespace
