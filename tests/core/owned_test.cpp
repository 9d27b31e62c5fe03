#include "weir/core/owned.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weir/core/arena.hpp"

namespace weir {
namespace {

struct visit {
  BOOST_HANA_DEFINE_STRUCT(visit, (std::string_view, page), (int, count), (std::optional<std::string_view>, referrer));
};
struct session {
  BOOST_HANA_DEFINE_STRUCT(session, (std::string, user), (std::vector<visit>, visits),
                           (std::pair<int, std::string_view>, last));
};
struct plain {
  BOOST_HANA_DEFINE_STRUCT(plain, (std::string, user), (std::vector<int>, counts));
};

static_assert(has_borrowed<std::string_view> && has_borrowed<visit> && has_borrowed<session>);
static_assert(has_borrowed<std::optional<std::string_view>> && has_borrowed<std::vector<std::string_view>>);
static_assert(has_borrowed<std::tuple<int, std::pair<int, std::string_view>>>);
static_assert(!has_borrowed<std::string> && !has_borrowed<plain> && !has_borrowed<int> && !has_borrowed<std::tuple<>>);
static_assert(!has_borrowed<owned<visit>>);
static_assert(std::is_same_v<owned_t<plain>, plain> && std::is_same_v<owned_t<std::string_view>, std::string>);
static_assert(std::is_same_v<owned_t<visit>, owned<visit>> && std::is_same_v<owned_t<int>, int>);
static_assert(std::is_nothrow_move_constructible_v<owned<session>>);
static_assert(std::is_same_v<decltype(borrow<visit>(owned<visit>())), const visit&>);
static_assert(std::is_same_v<decltype(borrow<std::string_view>("")), std::string_view>);

/// A session whose views point into `bytes`, which reads "/home/cartgoogleend".
session make_session(const std::string& bytes) {
  const std::string_view all = bytes;
  session made;
  made.user = "ann";
  made.visits = {{all.substr(0, 5), 1, all.substr(10, 6)}, {all.substr(5, 5), 2, std::nullopt}};
  made.last = {7, all.substr(16)};
  return made;
}

void expect_session(const session& actual) {
  ASSERT_EQ(actual.visits.size(), 2u);
  EXPECT_EQ(actual.user, "ann");
  EXPECT_EQ(actual.visits[0].page, "/home");
  EXPECT_EQ(actual.visits[0].count, 1);
  EXPECT_EQ(actual.visits[0].referrer, "google");
  EXPECT_EQ(actual.visits[1].page, "/cart");
  EXPECT_EQ(actual.visits[1].referrer, std::nullopt);
  EXPECT_EQ(actual.last.first, 7);
  EXPECT_EQ(actual.last.second, "end");
}

constexpr auto text = "/home/cartgoogleend";

TEST(owned, outlives_the_bytes_it_was_made_from) {
  auto bytes = std::make_unique<std::string>(text);
  const owned<session> kept = make_session(*bytes);
  bytes->assign(bytes->size(), '#');
  expect_session(kept.get());
  bytes.reset();
  expect_session(kept);
}

TEST(owned, copies_have_bytes_of_their_own) {
  auto first = std::make_unique<owned<session>>(make_session(text));
  const owned<session> second = *first;
  owned<session> third;
  third = *first;
  first.reset();
  expect_session(second);
  expect_session(third);
}

TEST(owned, moving_keeps_views_valid_and_leaves_none_behind) {
  owned<session> first = make_session(text);
  const char* page = first.get().visits[0].page.data();
  owned<session> second = std::move(first);
  EXPECT_EQ(second.get().visits[0].page.data(), page);
  EXPECT_TRUE(first.get().last.second.empty());  // NOLINT: a moved-from object must not point into another
  owned<session> third;
  third = std::move(second);
  expect_session(third);
  first = third;
  expect_session(first);
}

TEST(owned, can_be_assigned_a_value_made_of_its_own_views) {
  owned<std::pair<std::string_view, std::string_view>> pair{
      std::pair<std::string_view, std::string_view>{"left", "right"}};
  pair = std::pair(pair.get().second, pair.get().first);
  EXPECT_EQ(pair.get(), (std::pair<std::string_view, std::string_view>("right", "left")));
  const auto& self = pair;
  pair = self;
  EXPECT_EQ(pair.get().first, "right");
}

TEST(owned, reassigning_shorter_values_reuses_its_bytes) {
  owned<visit> kept = visit{"a rather long page", 1, "referrer"};
  const char* before = kept.get().page.data();
  kept = visit{"short", 2, std::nullopt};
  EXPECT_EQ(kept.get().page.data(), before);
  EXPECT_EQ(kept->page, "short");
}

TEST(owned, compares_member_by_member) {
  const owned<session> a = make_session(text);
  const owned<session> b = make_session(std::string(text));
  EXPECT_TRUE(a == b);
  const std::string bytes = text;
  session changed = make_session(bytes);
  EXPECT_TRUE(a == changed);
  changed.visits[1].referrer = "";
  EXPECT_FALSE(a == changed);
}

TEST(owned, stores_random_strings) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  owned<std::vector<std::string_view>> kept;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> strings(random() % 6);
    for (std::string& each : strings) each.assign(random() % 40, static_cast<char>('a' + random() % 26));
    const std::vector<std::string> expected = strings;
    kept = std::vector<std::string_view>(strings.begin(), strings.end());
    for (std::string& each : strings) each.assign(each.size(), '#');
    ASSERT_EQ(std::vector<std::string>(kept.get().begin(), kept.get().end()), expected);
  }
}

TEST(for_each_borrowed, visits_every_view_in_order) {
  const std::string bytes = text;
  session value = make_session(bytes);
  std::vector<std::string_view> seen;
  for_each_borrowed(std::as_const(value), [&](const std::string_view& view) { seen.push_back(view); });
  EXPECT_EQ(seen, (std::vector<std::string_view>{"/home", "google", "/cart", "end"}));
  EXPECT_EQ(borrowed_bytes(value), 19u);
  for_each_borrowed(value, [](std::string_view& view) { view = view.substr(0, 1); });
  EXPECT_EQ(value.visits[1].page, "/");
  plain nothing;
  for_each_borrowed(nothing, [](std::string_view) { FAIL(); });
}

TEST(copy_borrowed, moves_views_into_an_arena) {
  auto bytes = std::make_unique<std::string>(text);
  session value = make_session(*bytes);
  arena kept;
  copy_borrowed(value, kept);
  bytes.reset();
  expect_session(value);
  EXPECT_EQ(kept.bytes_used(), 19u);
}

TEST(arena, keeps_what_it_stored_until_clear) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  arena stored;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> expected;
    std::vector<std::string_view> views;
    std::size_t bytes = 0;
    for (int i = 0; i < 500; ++i) {
      const std::size_t size = random() % 100 == 0 ? random() % 400'000 : random() % 200;
      expected.emplace_back(size, static_cast<char>('a' + random() % 26));
      views.push_back(stored.store(expected.back()));
      bytes += size;
    }
    ASSERT_TRUE(std::equal(views.begin(), views.end(), expected.begin()));
    EXPECT_EQ(stored.bytes_used(), bytes);
    EXPECT_GE(stored.bytes_reserved(), bytes);
    arena moved = std::move(stored);
    ASSERT_TRUE(std::equal(views.begin(), views.end(), expected.begin()));
    stored = std::move(moved);
    stored.clear();
    EXPECT_EQ(stored.bytes_used(), 0u);
  }
}

TEST(arena, clear_keeps_blocks_and_frees_large_strings) {
  arena stored;
  for (int i = 0; i < 1000; ++i) stored.store(std::string(100, 'x'));
  const std::size_t reserved = stored.bytes_reserved();
  stored.store(std::string(2 << 20, 'x'));
  EXPECT_EQ(stored.bytes_reserved(), reserved + (2 << 20));
  stored.clear();
  EXPECT_EQ(stored.bytes_reserved(), reserved);
  for (int i = 0; i < 1000; ++i) stored.store(std::string(100, 'x'));
  EXPECT_EQ(stored.bytes_reserved(), reserved);
}

TEST(arena, unused_bytes_are_given_back) {
  arena stored;
  for (const std::size_t size : {std::size_t{100}, std::size_t{500'000}}) {
    stored.clear();
    char* place = stored.allocate(size);
    std::copy_n("abc", 3, place);
    stored.give_back(place + 3, size - 3);
    EXPECT_EQ(stored.bytes_used(), 3u);
    const std::string_view next = stored.store("defg");
    EXPECT_EQ(std::string_view(place, 3), "abc");
    EXPECT_EQ(next, "defg");
    if (size == 100) {
      EXPECT_EQ(next.data(), place + 3);
    }
  }
}

TEST(equal_values, uses_members_where_there_is_no_operator) {
  EXPECT_TRUE(equal_values(plain{"a", {1, 2}}, plain{"a", {1, 2}}));
  EXPECT_FALSE(equal_values(plain{"a", {1, 2}}, plain{"a", {1, 3}}));
  EXPECT_FALSE(equal_values(plain{"a", {1, 2}}, plain{"b", {1, 2}}));
  using optional_plain = std::optional<plain>;
  EXPECT_FALSE(equal_values(optional_plain{plain{}}, optional_plain{}));
  EXPECT_TRUE(equal_values(std::pair(plain{}, 1), std::pair(plain{}, 1)));
  EXPECT_FALSE(equal_values(std::tuple(plain{}, 1), std::tuple(plain{}, 2)));
}

}  // namespace
}  // namespace weir
