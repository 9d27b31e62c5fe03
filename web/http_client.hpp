#pragma once
// Asks a served job, for the commands `status`, `savepoint`, `stop` and `cancel`.
#include <string>

#include "weir/dsl/web_extension.hpp"

namespace weir::detail {

/// Returns what to print, a line or more. Throws weir::error: nobody answers, another job does, the job refuses.
std::string ask_over_http(const web_question& question, const std::string& url, const std::string& token);

}  // namespace weir::detail
