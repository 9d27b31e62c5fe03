#pragma once
// The kinds of cases that are about windows: each runs one case and throws `unsupported` or `different` (checks.hpp).
#include <nlohmann/json.hpp>

namespace weir::cases {

/// A window operator of any assigner, trigger and evictor, step by step.
void run_window(const nlohmann::json& each);
/// Where a tumbling window begins.
void run_window_start(const nlohmann::json& each);
/// Which windows a time belongs to, and which parameters make none.
void run_window_assign(const nlohmann::json& each);
/// What several windows become.
void run_merge_windows(const nlohmann::json& each);
/// What the windows of a key become, one by one, and where their state lies.
void run_merging_set(const nlohmann::json& each);

}  // namespace weir::cases
