#include "weir/dsl/keyed_rows.hpp"

#include <utility>

namespace weir::detail {

std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, const type_descriptor& state) {
  auto made = std::make_shared<table_schema>();
  made->key = schema_text(key);
  made->state = schema_text(state);
  made->state_type = &state;
  return made;
}

namespace {

std::shared_ptr<const table_schema> make_row_schema(std::string key, row_description rows) {
  auto made = std::make_shared<table_schema>();
  made->key = std::move(key);
  made->state = schema_text(rows);
  made->row = std::make_shared<const row_description>(std::move(rows));
  return made;
}

}  // namespace

std::shared_ptr<const table_schema> make_table_schema(const type_descriptor& key, row_description rows) {
  return make_row_schema(schema_text(key), std::move(rows));
}

std::shared_ptr<const table_schema> make_table_schema(row_description states) {
  return make_row_schema({}, std::move(states));
}

std::shared_ptr<const table_schema> make_table_without_schema(const type_descriptor& key, std::string_view state_type) {
  auto made = std::make_shared<table_schema>();
  made->key = schema_text(key);
  made->no_snapshot = std::string(state_type) +
                      " has no binary form; use numbers, strings, timestamps, optionals, vectors, pairs, tuples or "
                      "BOOST_HANA_DEFINE_STRUCT records of these";
  return made;
}

void require_end_of_rows(std::string_view rest, const operator_restore& from) {
  if (rest.empty()) return;
  throw snapshot_damaged(from.directory() + " is damaged: a block of rows holds more bytes than its rows take; "
                         "restore an older checkpoint");
}

}  // namespace weir::detail
