#pragma once
// Builds the stage of windows that are not plain: shared by aggregate (aggregate.hpp) and process (window_process.hpp).
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/dsl/pane_body.hpp"
#include "weir/dsl/pane_function.hpp"
#include "weir/dsl/process_operator.hpp"
#include "weir/windows/windowing.hpp"

namespace weir::detail {

/// Plain windows as windows in general.
template <class Windows>
auto as_windowing(Windows windows) {
  if constexpr (is_windowing<Windows>) {
    return windows;
  } else {
    return windowing<Windows>{std::move(windows)};
  }
}
template <class Windows>
using as_windowing_t = decltype(as_windowing(std::declval<Windows>()));

/// The windows behind which an operator stands.
template <class Stream>
using windowing_of = as_windowing_t<decltype(std::declval<typename Stream::stage_type&>().assigner)>;

/// Whether windows have to hold all their elements for the sake of an evictor.
template <class Windowing>
inline constexpr bool evicts_elements = !std::is_same_v<typename Windowing::evictor_type, no_evictor>;

/// The columns of the key in results; none for the whole stream.
template <class Key>
std::vector<std::string> key_columns(const std::string& key_name) {
  if constexpr (std::is_same_v<Key, whole_stream>) {
    return {};
  } else if constexpr (record<Key> || is_pair<Key> || is_tuple<Key>) {
    return column_names(describe<Key>());
  } else {
    return {key_name};
  }
}

/// What an operator on windows is called.
struct pane_note {
  std::string_view kind;
  std::string_view detail;
  std::string_view uid;
  std::source_location where;
  bool bounded = true;  ///< the keys are known to be few, or nothing can be said about them here
};

/// The stage behind the exchange of a windowed stage, with the operator of its windows at the end.
template <class Stream, class Body>
auto append_panes(Stream&& source, Body body, const pane_note& called) {
  using stream_type = std::remove_cvref_t<Stream>;
  using element = typename stream_type::element_type;
  using key = typename stream_type::key_type;
  using clock = typename stream_type::clock;
  auto windowed = std::move(source).take_stage();
  using windowing_type = as_windowing_t<decltype(windowed.assigner)>;
  using function = pane_function<element, key, windowing_type, Body>;
  const std::string detail = called.detail.empty() ? windowed.assigner.describe()
                                                   : windowed.assigner.describe() + ", " + std::string(called.detail);
  process_operator<element, key, has_time<clock>, decltype(windowed.keyed.selector), function, false> operation(
      windowed.keyed.selector, function(as_windowing(std::move(windowed.assigner)), std::move(body)), std::nullopt);
  const operator_note note{.kind = called.kind,
                           .detail = detail,
                           .uid = called.uid,
                           .where = called.where,
                           .stateful = true,
                           .grows = is_global<typename windowing_type::assigner_type> &&
                                    !std::is_same_v<key, whole_stream> && !called.bounded,
                           .table = make_table_schema(describe<key>(), operation.rows())};
  auto behind = hash_exchange<element, clock, true>(std::move(windowed.keyed));
  return append<typename function::output_type>(
      make_stream<element, no_key, clock, typename stream_type::guarantee>(std::move(behind)), std::move(operation),
      note);
}

}  // namespace weir::detail
