#pragma once
// What the campaign job shows after a run.
#include <array>
#include <cstdint>
#include <string>

#include "ad_traffic.hpp"
#include "weir/weir.hpp"

/// Sums over all windows.
struct view_totals {
  std::array<std::int64_t, campaigns> views{};  ///< by campaign
  std::int64_t windows = 0;
};

/// Adds a window, or the totals of another subtask: for `reduce_into(totals, view_totals(), add_views())`.
struct add_views {
  view_totals operator()(view_totals totals, const weir::window_result<std::int32_t, std::int64_t>& window) const;
  view_totals operator()(view_totals totals, const view_totals& others) const;
};

/// Prints the totals, the ten campaigns with the most views and the speed of the run to standard output.
void print_results(const view_totals& totals, const weir::job_report& report, const std::string& output);
