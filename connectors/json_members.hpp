#pragma once
// What the JSON reader and writer agree on: the members of an object, and which types are arrays.
#include <string>
#include <vector>

#include "weir/core/schema.hpp"

namespace weir::detail {

/// The members of the object that stands for a whole line. `storage` keeps the names that the type does not have.
/// Throws weir::error if `names` is neither empty nor one for each member.
std::vector<field_descriptor> json_members(const type_descriptor& type, std::vector<std::string> names,
                                           std::vector<std::string>& storage);

/// Whether values of this type are JSON arrays though they are no vectors: tuples whose elements have no names.
bool is_json_array(const type_descriptor& type);

}  // namespace weir::detail
