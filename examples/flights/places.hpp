#pragma once
// The steps that tell where the airports of each flight are, from a table in memory.
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "examples/flights/flights.hpp"

/// A line of the table of airports; it has more columns.
struct airport {
  BOOST_HANA_DEFINE_STRUCT(airport, (std::string, iata), (std::string, city), (std::string, state));
};

struct placed_flight {
  BOOST_HANA_DEFINE_STRUCT(placed_flight, (weir::timestamp, scheduled_ms), (std::int32_t, delay_min),
                           (std::string_view, origin), (std::string_view, origin_city),
                           (std::string_view, origin_state), (std::string_view, destination),
                           (std::string_view, destination_city), (std::string_view, destination_state));
};

/// Airports by their codes.
class airport_table {
 public:
  explicit airport_table(std::vector<airport> airports) {
    for (airport& each : airports) by_code_.emplace(each.iata, std::move(each));
  }

  /// Without city and state if the table lacks it.
  const airport& of(std::string_view code) const {
    const auto found = by_code_.find(std::string(code));
    return found == by_code_.end() ? unknown_ : found->second;
  }

 private:
  std::unordered_map<std::string, airport> by_code_;
  airport unknown_;
};

/// Reads the table once, before a job begins. Throws weir::error if it cannot.
template <class Airports>
std::shared_ptr<const airport_table> read_airports(Airports airports) {
  using namespace weir;
  std::vector<airport> rows;
  job("airports", from<"airports">(std::move(airports)) | to<"table">(into(rows))).run({.slots = 1});
  return std::make_shared<const airport_table>(std::move(rows));
}

/// Every flight with the cities of its airports. All subtasks look into the one table, which nobody changes.
template <class Flights>
auto placed_flights(Flights flights, std::shared_ptr<const airport_table> airports) {
  using namespace weir;
  return from<"flights">(std::move(flights)) | map([table = std::move(airports)](const flight& each) {
           const airport& origin = table->of(each.origin);
           const airport& destination = table->of(each.destination);
           return placed_flight{each.scheduled_ms, each.delay_min,   each.origin,      origin.city,
                                origin.state,      each.destination, destination.city, destination.state};
         });
}
