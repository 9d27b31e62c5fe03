#pragma once
// How state of older code becomes state of the present one when a snapshot is restored. Where both schemas are equal there is
// nothing to do. Else members of records and states of rows are matched by name: what is new gets its default, what is gone
// is left out, and a record with `static Record migrate(const Older&)` is made from the older one. Everything else is
// refused, with the name of the state and member.
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/schema.hpp"
#include "weir/state/state_schema.hpp"

namespace weir {

struct parsed_type;

class state_conversion {
 public:
  /// From values of the schema `older` to values of a type, or from rows to rows. Throws weir::error that completes a
  /// sentence ("member 'amount' was int32 and is int64") where no conversion exists.
  state_conversion(std::string_view older, const type_descriptor& newer);
  state_conversion(std::string_view older, const row_description& newer);
  state_conversion(state_conversion&&) noexcept;
  ~state_conversion();

  /// Takes the bytes of one older value from the front of `in`, appends those of the newer one. Throws weir::error if
  /// they are cut short. Safe from several threads at once.
  void convert(std::string_view& in, std::string& out) const;

  /// The same for the operator state of one subtask (operator_state.hpp); nothing where older is no row.
  void convert_operator_states(std::string_view& in, std::string& out) const;

 private:
  struct value;
  struct row;
  static std::unique_ptr<const value> plan(const parsed_type& older, const type_descriptor& newer,
                                           const std::string& place);

  std::unique_ptr<const value> value_;  // one of the two
  std::unique_ptr<const row> row_;
};

}  // namespace weir
