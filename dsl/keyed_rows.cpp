#include "weir/dsl/keyed_rows.hpp"

namespace weir::detail {

std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, const type_descriptor& state) {
  return make_table_schema(key, schema_text(state));
}

std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, std::string state) {
  return std::make_shared<const table_schema>(table_schema{schema_text(key), std::move(state), {}});
}

std::shared_ptr<const table_schema> make_table_without_schema(const type_descriptor& key, std::string_view state_type) {
  return std::make_shared<const table_schema>(
      table_schema{schema_text(key), {},
                   std::string(state_type) +
                       " has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or "
                       "BOOST_HANA_DEFINE_STRUCT records of these"});
}

}  // namespace weir::detail
