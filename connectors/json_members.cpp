#include "weir/connectors/json_members.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"

namespace weir::detail {

std::vector<field_descriptor> json_members(const type_descriptor& type, std::vector<std::string> names,
                                           std::vector<std::string>& storage) {
  std::vector<field_descriptor> fields(type.fields.begin(), type.fields.end());
  if (type.kind != type_kind::record && type.kind != type_kind::tuple) fields = {{"value", 0, &type}};
  if (!names.empty() && names.size() != fields.size()) {
    throw error(fmt::format("JSON of {} has {} members but {} names were given; name every member", type.name,
                            fields.size(), names.size()));
  }
  storage = std::move(names);
  const bool named = !storage.empty();
  storage.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!named) storage[i] = fields[i].name.empty() ? std::to_string(i) : std::string(fields[i].name);
    fields[i].name = storage[i];
  }
  return fields;
}

bool is_json_array(const type_descriptor& type) {
  return type.kind == type_kind::tuple && (type.fields.empty() || type.fields.front().name.empty());
}

}  // namespace weir::detail
