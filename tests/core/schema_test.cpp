#include "weir/core/schema.hpp"

#include <gtest/gtest.h>

#include <boost/hana/adapt_struct.hpp>
#include <map>

namespace app {

enum class side : std::uint8_t { buy = 1, sell = 2 };
enum class unnamed_level : std::int16_t { low = -1 };

struct place {
  BOOST_HANA_DEFINE_STRUCT(place, (std::string, city), (double, latitude));
};

struct flight {
  BOOST_HANA_DEFINE_STRUCT(flight, (weir::timestamp, scheduled), (std::int32_t, delay), (std::string_view, origin),
                           (std::optional<double>, score), (side, direction), (unnamed_level, level),
                           (std::vector<place>, stops), (place, home), (bool, cancelled));
  int not_described = 7;
};

struct adapted {
  std::uint64_t a = 0;
  float b = 0;
};

template <class Key>
struct keyed {
  Key key{};
  std::uint64_t value = 0;
};

struct empty_record {
  BOOST_HANA_DEFINE_STRUCT(empty_record);
};

}  // namespace app

BOOST_HANA_ADAPT_STRUCT(app::adapted, a, b);

template <>
inline constexpr auto weir::enum_names<app::side> =
    std::array{weir::enum_name{app::side::buy, "buy"}, weir::enum_name{app::side::sell, "sell"}};

template <class Key>
struct weir::record_fields<app::keyed<Key>> {
  using type = field_list<field<&app::keyed<Key>::key, "campaign">, field<&app::keyed<Key>::value, "views">>;
};

namespace weir {
namespace {

struct hidden {
  int x = 0;
};

static_assert(record<app::flight> && record<app::adapted> && record<app::keyed<int>>);
static_assert(!record<int> && !record<std::string> && !record<hidden> && !record<std::pair<int, int>>);
static_assert(field_count<app::flight> == 9 && field_count<app::adapted> == 2 && field_count<app::empty_record> == 0);
static_assert(member_name(&app::flight::origin) == "origin");
static_assert(member_name(&app::flight::cancelled) == "cancelled");
static_assert(member_name(&app::flight::not_described).empty());
static_assert(member_name(&hidden::x).empty());
static_assert(member_name(&app::adapted::b) == "b");
static_assert(member_name(&app::keyed<std::string>::value) == "views");

TEST(schema, describes_the_members_of_a_record_in_declaration_order) {
  const type_descriptor& type = describe<app::flight>();
  EXPECT_EQ(type.kind, type_kind::record);
  EXPECT_EQ(type.name, "app::flight");
  EXPECT_EQ(type.size, sizeof(app::flight));
  const std::vector<std::pair<std::string, type_kind>> expected{
      {"scheduled", type_kind::timestamp}, {"delay", type_kind::int32},           {"origin", type_kind::string_view},
      {"score", type_kind::optional},      {"direction", type_kind::enumeration}, {"level", type_kind::enumeration},
      {"stops", type_kind::vector},        {"home", type_kind::record},           {"cancelled", type_kind::boolean}};
  ASSERT_EQ(type.fields.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(type.fields[i].name, expected[i].first);
    EXPECT_EQ(type.fields[i].type->kind, expected[i].second) << expected[i].first;
  }
  EXPECT_EQ(&describe<app::flight>(), &type);
  EXPECT_EQ(type.fields[7].type, &describe<app::place>());
}

TEST(schema, offsets_lead_to_the_members) {
  app::flight value{};
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  const std::vector<const void*> addresses{&value.scheduled, &value.delay,     &value.origin,
                                           &value.score,     &value.direction, &value.level,
                                           &value.stops,     &value.home,      &value.cancelled};
  const auto fields = describe<app::flight>().fields;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    EXPECT_EQ(bytes + fields[i].offset, addresses[i]) << fields[i].name;
  }
}

TEST(schema, integers_are_described_by_width_and_sign) {
  EXPECT_EQ(describe<std::int8_t>().kind, type_kind::int8);
  EXPECT_EQ(describe<std::uint8_t>().kind, type_kind::uint8);
  EXPECT_EQ(describe<short>().kind, type_kind::int16);
  EXPECT_EQ(describe<std::uint16_t>().kind, type_kind::uint16);
  EXPECT_EQ(describe<int>().kind, type_kind::int32);
  EXPECT_EQ(describe<std::uint32_t>().kind, type_kind::uint32);
  EXPECT_EQ(describe<long>().kind, type_kind::int64);
  EXPECT_EQ(describe<long long>().kind, type_kind::int64);
  EXPECT_EQ(describe<unsigned long long>().kind, type_kind::uint64);
  EXPECT_EQ(describe<float>().kind, type_kind::float32);
  EXPECT_EQ(describe<double>().kind, type_kind::float64);
}

TEST(schema, an_enumeration_has_its_underlying_integer_and_perhaps_names) {
  const type_descriptor& named = describe<app::side>();
  EXPECT_EQ(named.underlying, type_kind::uint8);
  ASSERT_EQ(named.enumerators.size(), 2u);
  EXPECT_EQ(named.enumerators[1].value, 2);
  EXPECT_EQ(named.enumerators[1].name, "sell");
  EXPECT_EQ(describe<app::unnamed_level>().underlying, type_kind::int16);
  EXPECT_TRUE(describe<app::unnamed_level>().enumerators.empty());
}

TEST(schema, an_optional_is_changed_through_its_operations) {
  const type_descriptor& type = describe<std::optional<std::string>>();
  EXPECT_EQ(type.element, &describe<std::string>());
  std::optional<std::string> value;
  EXPECT_FALSE(type.optional->has(&value));
  *static_cast<std::string*>(type.optional->emplace(&value)) = "x";
  EXPECT_TRUE(type.optional->has(&value));
  EXPECT_EQ(value, "x");
  EXPECT_EQ(type.optional->get(&value), &*value);
  type.optional->reset(&value);
  EXPECT_FALSE(value.has_value());
}

TEST(schema, a_vector_is_changed_through_its_operations) {
  const type_descriptor& type = describe<std::vector<int>>();
  std::vector<int> value{1};
  *static_cast<int*>(type.vector->append(&value)) = 5;
  EXPECT_EQ(value, (std::vector<int>{1, 5}));
  EXPECT_EQ(type.vector->size(&value), 2u);
  EXPECT_EQ(type.vector->at(&value, 1), &value[1]);
  type.vector->clear(&value);
  EXPECT_TRUE(value.empty());
}

TEST(schema, tuples_and_pairs_are_described_by_element) {
  using triple = std::tuple<std::uint8_t, std::string, double>;
  const type_descriptor& type = describe<triple>();
  EXPECT_EQ(type.kind, type_kind::tuple);
  triple value{};
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  ASSERT_EQ(type.fields.size(), 3u);
  EXPECT_EQ(bytes + type.fields[0].offset, static_cast<const void*>(&std::get<0>(value)));
  EXPECT_EQ(bytes + type.fields[1].offset, static_cast<const void*>(&std::get<1>(value)));
  EXPECT_EQ(bytes + type.fields[2].offset, static_cast<const void*>(&std::get<2>(value)));
  EXPECT_EQ(type.fields[0].name, "");
  EXPECT_EQ(describe<std::tuple<>>().fields.size(), 0u);

  const type_descriptor& pair = describe<std::pair<int, double>>();
  EXPECT_EQ(pair.fields[0].name, "first");
  EXPECT_EQ(pair.fields[1].name, "second");
  EXPECT_EQ(pair.fields[1].offset, 8u);
}

TEST(schema, column_names_flatten_nested_records) {
  EXPECT_EQ(column_names(describe<app::flight>()),
            (std::vector<std::string>{"scheduled", "delay", "origin", "score", "direction", "level", "stops",
                                      "home.city", "home.latitude", "cancelled"}));
  EXPECT_EQ(column_names(describe<app::keyed<app::place>>()),
            (std::vector<std::string>{"campaign.city", "campaign.latitude", "views"}));
  EXPECT_EQ(column_names(describe<int>()), (std::vector<std::string>{"value"}));
  EXPECT_EQ((column_names(describe<app::keyed<std::tuple<int, int>>>())),
            (std::vector<std::string>{"campaign.0", "campaign.1", "views"}));
  EXPECT_TRUE(column_names(describe<app::empty_record>()).empty());
}

TEST(schema, members_are_visited_by_name) {
  app::adapted value{3, 0.5f};
  std::string seen;
  for_each_member(value, [&](std::string_view name, auto& member) {
    seen += std::string(name) + "=" + std::to_string(static_cast<int>(member)) + ";";
    member = 9;
  });
  EXPECT_EQ(seen, "a=3;b=0;");
  EXPECT_EQ(value.a, 9u);
}

TEST(type_name, is_what_a_person_would_write) {
  struct local {};
  const auto function = [](int) { return 1; };
  EXPECT_EQ(type_name<int>(), "int");
  EXPECT_EQ(type_name<bool>(), "bool");
  EXPECT_EQ(type_name<char>(), "char");
  EXPECT_EQ(type_name<double>(), "double");
  EXPECT_EQ(type_name<unsigned>(), "std::uint32_t");
  EXPECT_EQ(type_name<std::int8_t>(), "std::int8_t");
  EXPECT_EQ(type_name<long long>(), "std::int64_t");
  EXPECT_EQ(type_name<std::string>(), "std::string");
  EXPECT_EQ(type_name<std::string_view>(), "std::string_view");
  EXPECT_EQ(type_name<const std::string&>(), "const std::string&");
  EXPECT_EQ(type_name<std::string*>(), "std::string*");
  EXPECT_EQ(type_name<timestamp>(), "timestamp");
  EXPECT_EQ(type_name<std::optional<std::string>>(), "std::optional<std::string>");
  EXPECT_EQ(type_name<std::vector<app::flight>>(), "std::vector<app::flight>");
  EXPECT_EQ((type_name<std::map<std::string, std::vector<int>>>()), "std::map<std::string, std::vector<int>>");
  EXPECT_EQ((type_name<std::tuple<std::uint64_t, std::pair<int, float>>>()),
            "std::tuple<std::uint64_t, std::pair<int, float>>");
  EXPECT_EQ(type_name<hidden>(), "hidden");
  EXPECT_EQ(type_name<local>(), "local");
  EXPECT_EQ(type_name<decltype(function)>(), "const lambda");
  EXPECT_EQ((type_name<app::keyed<hidden>>()), "app::keyed<hidden>");
  EXPECT_EQ(type_name<type_descriptor>(), "type_descriptor");
}

}  // namespace
}  // namespace weir
