#include "weir/state/state_schema.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "weir/state/aggregating_state.hpp"
#include "weir/state/list_state.hpp"
#include "weir/state/map_state.hpp"
#include "weir/state/reducing_state.hpp"
#include "weir/state/value_state.hpp"

namespace {

enum class color : std::int16_t { red, green };
enum class side : std::uint8_t { buy = 1, sell = 2 };

}  // namespace

template <>
inline constexpr auto weir::enum_names<side> =
    std::array{weir::enum_name{side::buy, "buy"}, weir::enum_name{side::sell, "sell"}};

namespace {

using namespace weir;

struct leg {
  BOOST_HANA_DEFINE_STRUCT(leg, (std::string, venue), (std::optional<std::uint16_t>, lots), (side, direction));
};
struct quote {
  BOOST_HANA_DEFINE_STRUCT(quote, (std::string_view, symbol), (float, price));
};
struct last_quote {
  using accumulator_type = std::optional<owned_t<quote>>;
  using result_type = owned_t<quote>;
  accumulator_type create() const { return std::nullopt; }
  void add(accumulator_type& held, const quote& next) const { held = next; }
  result_type result(const accumulator_type& held) const { return held.value(); }
};

struct holder {
  BOOST_HANA_DEFINE_STRUCT(holder, (value_state<bool>, seen), (list_state<leg>, legs),
                           (map_state<std::pair<std::int32_t, color>, std::vector<timestamp>>, times),
                           (reducing_state<double, std::plus<>>, sum), (aggregating_state<last_quote, quote>, last),
                           (value_state<owned_t<quote>>, first));
};
struct stateless {};

TEST(state_schema, names_fields_kinds_and_types) {
  EXPECT_EQ(
      (row_schema<holder, false, false>()),
      "seen: value<bool>; legs: list<{venue: string, lots: optional<uint16>, direction: enum<uint8 buy=1 sell=2>}>; "
      "times: map<tuple<int32, enum<int16>>, vector<timestamp>>; sum: reducing<float64>; "
      "last: aggregating<optional<{symbol: string, price: float32}>>; first: value<{symbol: string, price: float32}>");
}

TEST(state_schema, says_whether_there_are_timers_and_touch_times) {
  struct one {
    BOOST_HANA_DEFINE_STRUCT(one, (value_state<std::int8_t>, x));
  };
  EXPECT_EQ((row_schema<one, true, true>()), "x: value<int8>; timers; ttl");
  EXPECT_EQ((row_schema<stateless, false, true>()), "timers");
}

TEST(state_schema, describes_keys) {
  EXPECT_EQ(schema_text(describe<std::string_view>()), "string");
  EXPECT_EQ(schema_text(describe<std::tuple<>>()), "tuple<>");
}

}  // namespace
