#include "weir/core/schema.hpp"

namespace weir {
namespace {

void append_columns(const type_descriptor& type, const std::string& prefix, std::vector<std::string>& names) {
  if (type.kind != type_kind::record && type.kind != type_kind::tuple) {
    names.push_back(prefix.empty() ? "value" : prefix);
    return;
  }
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const field_descriptor& field = type.fields[i];
    std::string name = field.name.empty() ? std::to_string(i) : std::string(field.name);
    append_columns(*field.type, prefix.empty() ? name : prefix + '.' + name, names);
  }
}

}  // namespace

std::vector<std::string> column_names(const type_descriptor& type) {
  std::vector<std::string> names;
  append_columns(type, "", names);
  return names;
}

}  // namespace weir
