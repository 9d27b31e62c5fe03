#pragma once
// What a job did so far, as the JSON of the endpoints and as text for Prometheus.
#include <string>

#include "weir/dsl/job.hpp"
#include "weir/runtime/savepoint.hpp"

namespace weir::detail {

/// `state` as job_control gives it.
std::string json_of(const job_report& report, const std::string& state);
/// {"jobs": [...]} with a name and a state.
std::string json_of_list(const std::string& job, const std::string& state);
/// {"stages": [...]}: how far the event time of each has come, and what holds it back.
std::string json_of_watermarks(const job_report& report);
std::string json_of(const savepoint_report& taken);
std::string json_of_state(const std::string& state);
/// {"error": sentence}
std::string json_of_error(const std::string& sentence);

/// The text format 0.0.4.
std::string prometheus_text(const job_report& report);

}  // namespace weir::detail
