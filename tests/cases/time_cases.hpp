#pragma once
// Cases about where watermarks come from: generators, idleness, the splits of a source.
#include <nlohmann/json.hpp>

namespace weir::cases {

/// Each throws `unsupported` or `different` (checks.hpp).
void run_watermark_generator(const nlohmann::json& each);
void run_idleness(const nlohmann::json& each);
void run_watermark_mux(const nlohmann::json& each);

}  // namespace weir::cases
