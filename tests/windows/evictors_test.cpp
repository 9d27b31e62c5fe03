// Which elements each evictor leaves.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/windows/refusal.hpp"
#include "weir/core/record.hpp"
#include "weir/windows/evictor.hpp"

namespace weir::testing {
namespace {

using namespace std::chrono_literals;

constexpr time_window window{from_epoch_ms(0), from_epoch_ms(1000)};

window_buffer<int> buffer(std::initializer_list<std::pair<std::int64_t, int>> elements) {
  window_buffer<int> made;
  for (const auto& [time, value] : elements) made.push_back({from_epoch_ms(time), value});
  return made;
}

std::vector<int> values(const window_buffer<int>& elements) {
  std::vector<int> found;
  for (const int each : window_elements<int>(elements)) found.push_back(each);
  return found;
}

template <class Evictor>
std::vector<int> left_by(const Evictor& evictor, window_buffer<int> elements) {
  evictor.evict_before(elements, window);
  return values(elements);
}

TEST(count_evictor, keeps_those_that_came_last) {
  EXPECT_EQ(left_by(count_evictor(2), buffer({{9, 1}, {5, 2}, {1, 3}})), (std::vector{2, 3}));
  EXPECT_EQ(left_by(count_evictor(3), buffer({{9, 1}, {5, 2}, {1, 3}})), (std::vector{1, 2, 3}));
  EXPECT_EQ(left_by(count_evictor(3), {}), std::vector<int>{});
}

TEST(count_evictor, evicts_on_the_side_that_is_asked_for) {
  window_buffer<int> elements = buffer({{0, 1}, {0, 2}, {0, 3}});
  const auto after = count_evictor(1, evicts::after);
  after.evict_before(elements, window);
  EXPECT_EQ(elements.size(), 3U);
  after.evict_after(elements, window);
  EXPECT_EQ(values(elements), std::vector{3});
}

TEST(time_evictor, keeps_those_less_than_a_span_older_than_the_newest) {
  EXPECT_EQ(left_by(time_evictor(2s), buffer({{1000, 1}, {3999, 2}, {1999, 3}, {2000, 4}})), (std::vector{2, 4}));
  EXPECT_EQ(left_by(time_evictor(2s), buffer({{1000, 1}, {2999, 2}})), (std::vector{1, 2}));
}

TEST(time_evictor, leaves_everything_where_there_is_no_time) {
  const std::int64_t none = epoch_ms(min_timestamp);
  EXPECT_EQ(left_by(time_evictor(1ms), buffer({{none, 1}, {5000, 2}})), (std::vector{1, 2}));
  EXPECT_EQ(left_by(time_evictor(1ms), {}), std::vector<int>{});
}

TEST(delta_evictor, drops_those_at_the_threshold_and_further) {
  const auto behind = [](int x, int last) { return last - x; };
  EXPECT_EQ(left_by(delta_evictor(2.0, behind), buffer({{0, 1}, {0, 2}, {0, 3}, {0, 5}, {0, 4}})),
            (std::vector{3, 5, 4}));  // 2 is exactly 2 behind
  EXPECT_EQ(left_by(delta_evictor(0.0, behind), buffer({{0, 1}})), std::vector<int>{});
}

struct named {
  BOOST_HANA_DEFINE_STRUCT(named, (std::string_view, name), (int, value));
};

TEST(delta_evictor, sees_elements_that_borrow_as_they_came) {
  window_buffer<named> elements;
  elements.push_back({from_epoch_ms(0), owned_t<named>(named{"a", 1})});
  elements.push_back({from_epoch_ms(0), owned_t<named>(named{"b", 9})});
  delta_evictor(5.0, [](const named& x, const named& last) {
    return last.value - x.value;
  }).evict_before(elements, window);
  ASSERT_EQ(elements.size(), 1U);
  EXPECT_EQ(window_elements<named>(elements)[0].name, "b");
}

TEST(evictors, refuse_bounds_that_leave_nothing) {
  EXPECT_EQ(refusal([] { count_evictor(0); }),
            "weir: count_evictor(0) leaves nothing in a window; give a bound above zero");
  EXPECT_EQ(refusal([] { time_evictor(0s); }),
            "weir: time_evictor(0ms) leaves nothing in a window; give a bound above zero");
}

TEST(evictors, describe_themselves) {
  EXPECT_EQ(count_evictor(4, evicts::after).describe(), "count_evictor(4, evicts::after)");
  EXPECT_EQ(time_evictor(2s).describe(), "time_evictor(2s)");
  EXPECT_EQ(delta_evictor(1.0, [](int, int) { return 0; }).describe(), "delta_evictor(f)");
}

}  // namespace
}  // namespace weir::testing
