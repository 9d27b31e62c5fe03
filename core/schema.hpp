#pragma once
// The run-time description of a record: one table per type, made once from the compile-time field list. CSV, JSON,
// binary state and `inspect` read tables, so that none of them is instantiated for every record of a job.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/enum_names.hpp"
#include "weir/core/record.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/core/type_name.hpp"

namespace weir {

/// What a value is made of. Integers are told apart by width and sign only.
enum class type_kind : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  enumeration,
  string,
  string_view,  ///< borrowed: its bytes belong to a source's block, an arena or `owned`
  timestamp,    ///< of event or processing time: std::int64_t milliseconds
  optional,
  vector,
  record,
  tuple,  ///< std::tuple and std::pair
};

struct type_descriptor;

/// A member of a record or an element of a tuple. Elements of std::tuple have no name.
struct field_descriptor {
  std::string_view name;
  std::size_t offset = 0;
  const type_descriptor* type = nullptr;
};

/// An enumerator's value, converted to 64 bits, and its text.
struct enum_entry {
  std::int64_t value = 0;
  std::string_view name;
};

/// What can be done to an optional through its address.
struct optional_operations {
  bool (*has)(const void* optional);
  void* (*emplace)(void* optional);  ///< puts a default value in, returns its address
  void (*reset)(void* optional);
  const void* (*get)(const void* optional);  ///< only if it has a value
};

/// What can be done to a vector through its address.
struct vector_operations {
  void (*clear)(void* vector);
  void* (*append)(void* vector);  ///< appends a default element, returns its address
  std::size_t (*size)(const void* vector);
  const void* (*at)(const void* vector, std::size_t index);
};

/// How values of an older type become values of this one: a record has `static Record migrate(const Older&)`.
struct migration_operation {
  const type_descriptor& (*from)();                           ///< the older type
  void (*convert)(std::string_view& older, std::string& out);  ///< takes the bytes of one value, appends those of the new
};

/// The table of one type. It lives as long as the program; its address identifies the type within one binary.
struct type_descriptor {
  type_kind kind = type_kind::boolean;
  type_kind underlying = type_kind::boolean;      ///< the integer kind of an enumeration, else `kind`
  std::size_t size = 0;                           ///< sizeof
  std::string_view name;                          ///< for people: type_name<Type>()
  std::span<const field_descriptor> fields;       ///< record, tuple
  std::span<const enum_entry> enumerators;        ///< enumeration with enum_names, else empty
  const type_descriptor* element = nullptr;       ///< optional, vector
  const optional_operations* optional = nullptr;  ///< optional
  const vector_operations* vector = nullptr;      ///< vector
  const void* (*default_value)() = nullptr;       ///< record: one that is default constructed; null where none can be
  const migration_operation* migration = nullptr;  ///< record that has `migrate`
};

/// The description of `Type`; built on the first call, from any thread.
/// Supported: bool, sized integers, float, double, enums, std::string, std::string_view, timestamps, and
/// std::optional, std::vector, std::pair, std::tuple and records of these. Elements must be default constructible.
template <class Type>
const type_descriptor& describe();

/// Names of the flat columns of a type: nested members are joined by '.', unnamed elements are numbered from 0.
/// A type that is neither record nor tuple is the one column "value".
std::vector<std::string> column_names(const type_descriptor& type);

namespace detail {

template <class Type>
inline constexpr bool is_optional = false;
template <class Element>
inline constexpr bool is_optional<std::optional<Element>> = true;

template <class Type>
inline constexpr bool is_vector = false;
template <class Element, class Allocator>
inline constexpr bool is_vector<std::vector<Element, Allocator>> = true;

template <class Type>
inline constexpr bool is_pair = false;
template <class First, class Second>
inline constexpr bool is_pair<std::pair<First, Second>> = true;

template <class Type>
inline constexpr bool is_tuple = false;
template <class... Elements>
inline constexpr bool is_tuple<std::tuple<Elements...>> = true;

template <class Type>
inline constexpr bool is_timestamp =
    std::is_same_v<Type, timestamp> || std::is_same_v<Type, processing_clock::time_point>;

template <class Field>
struct field_type_rejected {
  static_assert(sizeof(Field) == 0,
                "weir: field type not supported in a record; use integers, floating point, bool, enums, std::string, "
                "std::string_view, weir::timestamp, std::optional, vectors or nested records");
};

inline constexpr type_kind unsupported_kind = static_cast<type_kind>(0xff);

template <class Type>
constexpr type_kind integer_kind() noexcept {
  constexpr type_kind first = std::is_signed_v<Type> ? type_kind::int8 : type_kind::uint8;
  constexpr int width = sizeof(Type) == 1 ? 0 : sizeof(Type) == 2 ? 1 : sizeof(Type) == 4 ? 2 : 3;
  return static_cast<type_kind>(static_cast<int>(first) + width);
}

template <class Type>
constexpr type_kind kind_of() noexcept {
  if constexpr (std::is_same_v<Type, bool>) {
    return type_kind::boolean;
  } else if constexpr (sized_integer<Type>) {
    return integer_kind<Type>();
  } else if constexpr (std::is_same_v<Type, float>) {
    return type_kind::float32;
  } else if constexpr (std::is_same_v<Type, double>) {
    return type_kind::float64;
  } else if constexpr (std::is_enum_v<Type>) {
    return type_kind::enumeration;
  } else if constexpr (std::is_same_v<Type, std::string>) {
    return type_kind::string;
  } else if constexpr (std::is_same_v<Type, std::string_view>) {
    return type_kind::string_view;
  } else if constexpr (is_timestamp<Type>) {
    return type_kind::timestamp;
  } else if constexpr (is_optional<Type>) {
    return type_kind::optional;
  } else if constexpr (is_vector<Type> && !std::is_same_v<Type, std::vector<bool>>) {
    return type_kind::vector;
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return type_kind::tuple;
  } else if constexpr (record<Type>) {
    return type_kind::record;
  } else {
    return unsupported_kind;
  }
}

template <class Optional>
inline constexpr optional_operations operations_of_optional{
    [](const void* optional) { return static_cast<const Optional*>(optional)->has_value(); },
    [](void* optional) -> void* { return &static_cast<Optional*>(optional)->emplace(); },
    [](void* optional) { static_cast<Optional*>(optional)->reset(); },
    [](const void* optional) -> const void* { return &**static_cast<const Optional*>(optional); },
};

template <class Vector>
inline constexpr vector_operations operations_of_vector{
    [](void* vector) { static_cast<Vector*>(vector)->clear(); },
    [](void* vector) -> void* { return &static_cast<Vector*>(vector)->emplace_back(); },
    [](const void* vector) { return static_cast<const Vector*>(vector)->size(); },
    [](const void* vector, std::size_t index) -> const void* { return &(*static_cast<const Vector*>(vector))[index]; },
};

/// Room for a value that is never made: member addresses in it give offsets (offsetof takes no member pointers).
template <class Type>
struct layout_probe {
  alignas(Type) std::byte room[sizeof(Type)];

  Type& value() noexcept { return *reinterpret_cast<Type*>(room); }

  template <class Member>
  std::size_t offset_of(const Member& member) const noexcept {
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&member) - room);
  }
};

template <class Type, class... Fields>
std::span<const field_descriptor> make_fields(field_list<Fields...>) {
  static layout_probe<Type> probe;
  static const field_descriptor fields[] = {
      {Fields::name, probe.offset_of(probe.value().*Fields::pointer),
       &describe<std::remove_cvref_t<decltype(probe.value().*Fields::pointer)>>()}...};
  return fields;
}

template <class Tuple, std::size_t... Index>
std::span<const field_descriptor> make_elements(std::index_sequence<Index...>) {
  static layout_probe<Tuple> probe;
  constexpr std::string_view names[] = {"first", "second"};
  static const field_descriptor fields[] = {{is_pair<Tuple> ? names[Index % 2] : std::string_view(),
                                             probe.offset_of(std::get<Index>(probe.value())),
                                             &describe<std::tuple_element_t<Index, Tuple>>()}...};
  return fields;
}

template <class Enum>
std::span<const enum_entry> make_enumerators() {
  static const std::vector<enum_entry> entries = [] {
    std::vector<enum_entry> made;
    for (const auto& [value, name] : enum_names<Enum>) made.push_back({static_cast<std::int64_t>(value), name});
    return made;
  }();
  return entries;
}

template <class Type>
const void* default_value_of() {
  static const Type value{};
  return &value;
}

template <class Newer, class Older>
std::type_identity<Older> migrated_from(Newer (*)(const Older&));

/// `Newer::migrate` over the binary form; core/codec.hpp has it, for whoever writes and reads state.
template <class Newer, class Older>
void migrate_bytes(std::string_view& older, std::string& out);

template <class Type>
struct migrate_rejected {
  static_assert(sizeof(Type) == 0,
                "weir: migrate of a record must be static Record migrate(const Older&), where Older is the record that older "
                "snapshots hold");
};

template <class Newer>
const migration_operation* migration_of() {
  if constexpr (requires { migrated_from<Newer>(&Newer::migrate); }) {
    using older = typename decltype(migrated_from<Newer>(&Newer::migrate))::type;
    static constexpr migration_operation operation{&describe<older>, &migrate_bytes<Newer, older>};
    return &operation;
  } else {
    static_cast<void>(migrate_rejected<Newer>{});
    return nullptr;
  }
}

template <class Type>
type_descriptor make_descriptor() {
  type_descriptor made;
  if constexpr (kind_of<Type>() == unsupported_kind) static_cast<void>(field_type_rejected<Type>{});
  made.kind = made.underlying = kind_of<Type>();
  made.size = sizeof(Type);
  made.name = type_name<Type>();
  if constexpr (std::is_enum_v<Type>) {
    made.underlying = kind_of<std::underlying_type_t<Type>>();
    made.enumerators = make_enumerators<Type>();
  } else if constexpr (is_optional<Type>) {
    made.element = &describe<typename Type::value_type>();
    made.optional = &operations_of_optional<Type>;
  } else if constexpr (kind_of<Type>() == type_kind::vector) {
    made.element = &describe<typename Type::value_type>();
    made.vector = &operations_of_vector<Type>;
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    if constexpr (std::tuple_size_v<Type> > 0) {
      made.fields = make_elements<Type>(std::make_index_sequence<std::tuple_size_v<Type>>{});
    }
  } else if constexpr (kind_of<Type>() == type_kind::record) {
    if constexpr (field_count<Type> > 0) made.fields = make_fields<Type>(fields_of<Type>{});
    if constexpr (std::is_default_constructible_v<Type>) made.default_value = &default_value_of<Type>;
    if constexpr (requires { &Type::migrate; }) made.migration = migration_of<Type>();
  }
  return made;
}

}  // namespace detail

/// Types that `describe` accepts at the top; their members and elements are checked when the table is made.
template <class Type>
concept describable = detail::kind_of<Type>() != detail::unsupported_kind;

template <class Type>
const type_descriptor& describe() {
  static const type_descriptor descriptor = detail::make_descriptor<Type>();
  return descriptor;
}

}  // namespace weir
