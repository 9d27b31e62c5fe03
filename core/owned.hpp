#pragma once
// Records read from a source may borrow: their std::string_view members point into the source's block or a batch's
// arena. Whatever outlives a batch (keys, state, window buffers, queues) stores `owned_t<Record>` instead.
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "weir/core/equal.hpp"
#include "weir/core/record.hpp"
#include "weir/core/schema.hpp"

namespace weir {

template <class Left, class Right>
class either;  // core/either.hpp

namespace detail {

template <class Type>
inline constexpr bool is_either = false;
template <class Left, class Right>
inline constexpr bool is_either<either<Left, Right>> = true;

template <class Type>
constexpr bool borrows();

template <class... Types>
constexpr bool any_borrows() {
  return (borrows<Types>() || ...);
}

template <class Type>
struct elements_borrow {
  static constexpr bool value = false;
};
template <template <class...> class Tuple, class... Elements>
  requires(is_tuple<Tuple<Elements...>> || is_pair<Tuple<Elements...>>)
struct elements_borrow<Tuple<Elements...>> {
  static constexpr bool value = any_borrows<Elements...>();
};

template <class Type>
constexpr bool borrows() {
  if constexpr (std::is_same_v<Type, std::string_view>) {
    return true;
  } else if constexpr (is_optional<Type> || is_vector<Type>) {
    return borrows<typename Type::value_type>();
  } else if constexpr (is_pair<Type> || is_tuple<Type>) {
    return elements_borrow<Type>::value;
  } else if constexpr (is_either<Type>) {
    return any_borrows<typename Type::left_type, typename Type::right_type>();
  } else if constexpr (record<Type>) {
    return []<class... Fields>(field_list<Fields...>) {
      return any_borrows<std::remove_cvref_t<decltype(std::declval<Type&>().*Fields::pointer)>...>();
    }(fields_of<Type>{});
  } else {
    return false;
  }
}

}  // namespace detail

/// True if a std::string_view occurs anywhere in `Type`: itself, in members, elements, optionals or vectors.
/// Members that a record does not describe are not seen.
template <class Type>
inline constexpr bool has_borrowed = detail::borrows<std::remove_const_t<Type>>();

/// Calls `visitor(view)` for every std::string_view in `value`, in declaration order; `view` is const if `value` is.
/// Compiles to nothing for types that borrow nothing.
template <class Type, class Visitor>
constexpr void for_each_borrowed(Type& value, Visitor&& visitor) {
  using bare = std::remove_const_t<Type>;
  if constexpr (!has_borrowed<bare>) {
    return;
  } else if constexpr (std::is_same_v<bare, std::string_view>) {
    visitor(value);
  } else if constexpr (detail::is_optional<bare>) {
    if (value.has_value()) for_each_borrowed(*value, visitor);
  } else if constexpr (detail::is_vector<bare>) {
    for (auto& element : value) for_each_borrowed(element, visitor);
  } else if constexpr (detail::is_pair<bare> || detail::is_tuple<bare>) {
    std::apply([&](auto&... element) { (for_each_borrowed(element, visitor), ...); }, value);
  } else if constexpr (detail::is_either<bare>) {
    if (value.is_left()) {
      for_each_borrowed(value.left(), visitor);
    } else {
      for_each_borrowed(value.right(), visitor);
    }
  } else {
    for_each_field<bare>([&](auto field) { for_each_borrowed(value.*field.pointer, visitor); });
  }
}

/// Bytes that the borrowed strings of `value` refer to.
template <class Type>
constexpr std::size_t borrowed_bytes(const Type& value) {
  std::size_t total = 0;
  for_each_borrowed(value, [&](std::string_view view) { total += view.size(); });
  return total;
}

/// Makes every borrowed string of `value` point to a copy in `arena`, which offers `store(std::string_view)`.
template <class Type, class Arena>
void copy_borrowed(Type& value, Arena& arena) {
  for_each_borrowed(value, [&](std::string_view& view) { view = arena.store(view); });
}

/// A value whose borrowed strings point into bytes that it holds itself. It is read only: assign a whole new value.
template <class Type>
class owned {
 public:
  owned() = default;
  owned(const Type& value) { assign(value); }  // NOLINT: implicit, a value may be passed where it is stored
  owned(const owned& other) : owned(other.value_) {}
  owned(owned&& other) noexcept : bytes_(std::move(other.bytes_)), capacity_(std::exchange(other.capacity_, 0)) {
    take(other.value_);
  }

  owned& operator=(const Type& value) {
    assign(value);
    return *this;
  }
  owned& operator=(const owned& other) {
    assign(other.value_);
    return *this;
  }
  owned& operator=(owned&& other) noexcept {
    if (this == &other) return *this;
    bytes_ = std::move(other.bytes_);
    capacity_ = std::exchange(other.capacity_, 0);
    take(other.value_);
    return *this;
  }

  /// Its views are valid until this object is assigned or destroyed; moving this object keeps them valid.
  const Type& get() const noexcept { return value_; }
  operator const Type&() const noexcept { return value_; }  // NOLINT: implicit, it is used as the value
  const Type* operator->() const noexcept { return &value_; }
  /// Bytes that it holds for borrowed strings, used or not.
  std::size_t capacity() const noexcept { return capacity_; }

  friend bool operator==(const owned& left, const owned& right) { return equal_values(left.value_, right.value_); }
  friend bool operator==(const owned& left, const Type& right) { return equal_values(left.value_, right); }

 private:
  /// Copies first and releases last, because `value` may point into `bytes_`.
  void assign(const Type& value) {
    Type copy = value;
    const std::size_t needed = borrowed_bytes(copy);
    std::unique_ptr<char[]> fresh;
    if (needed > capacity_ || points_into_own_bytes(copy)) fresh.reset(new char[needed]);
    char* place = fresh ? fresh.get() : bytes_.get();
    for_each_borrowed(copy, [&](std::string_view& view) {
      if (view.empty()) {
        view = {};
        return;
      }
      std::memcpy(place, view.data(), view.size());
      view = {place, view.size()};
      place += view.size();
    });
    value_ = std::move(copy);
    if (fresh) {
      bytes_ = std::move(fresh);
      capacity_ = needed;
    }
  }

  bool points_into_own_bytes(const Type& value) const {
    bool found = false;
    const std::less<const char*> before;
    const char* first = bytes_.get();
    for_each_borrowed(value, [&](std::string_view view) {
      if (!view.empty() && !before(view.data(), first) && before(view.data(), first + capacity_)) found = true;
    });
    return found;
  }

  /// Takes the value of a moved-from object and leaves no view behind in it.
  void take(Type& value) noexcept {
    value_ = std::move(value);
    for_each_borrowed(value, [](std::string_view& view) { view = {}; });
  }

  Type value_{};
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

namespace detail {

template <class Type, bool Borrows>
struct owned_type {
  using type = Type;
};
template <class Type>
struct owned_type<Type, true> {
  using type = owned<Type>;
};
template <>
struct owned_type<std::string_view, true> {
  using type = std::string;
};

}  // namespace detail

/// What to store for a `Type` that must outlive its batch: `Type` itself if it borrows nothing, std::string for
/// std::string_view, else `owned<Type>`. `owned_t<Type>(value)` makes it in every case.
template <class Type>
using owned_t = typename detail::owned_type<Type, has_borrowed<Type>>::type;

/// The value as user code sees it again: a const reference, or a view for std::string_view.
template <class Type>
decltype(auto) borrow(const owned_t<Type>& stored) {
  if constexpr (std::is_same_v<Type, std::string_view>) {
    return std::string_view(stored);
  } else if constexpr (has_borrowed<Type>) {
    return stored.get();
  } else {
    return static_cast<const Type&>(stored);
  }
}

}  // namespace weir
