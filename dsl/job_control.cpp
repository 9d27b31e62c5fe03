#include "weir/dsl/job_control.hpp"

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {

savepoint_report take_savepoint(job_control& job, const std::string& directory, std::optional<stop_mode> stop) {
  // The failure as text: an exception would be destroyed by either thread.
  const auto answer = std::make_shared<std::promise<std::pair<savepoint_report, std::string>>>();
  auto taken = answer->get_future();
  job.request_savepoint({.directory = directory,
                         .stop = stop,
                         .done = [answer](const savepoint_report& report, const std::string& failure) {
                           answer->set_value({report, failure});
                         }});
  auto [report, failure] = taken.get();
  if (!failure.empty()) throw error(failure);
  return report;
}

}  // namespace weir::detail
