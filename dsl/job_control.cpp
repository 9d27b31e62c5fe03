#include "weir/dsl/job_control.hpp"

#include <future>
#include <memory>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::detail {

savepoint_report take_savepoint(job_control& job, const std::string& directory, std::optional<stop_mode> stop) {
  const auto answer = std::make_shared<std::promise<savepoint_report>>();
  std::future<savepoint_report> taken = answer->get_future();
  job.request_savepoint({.directory = directory,
                         .stop = stop,
                         .done = [answer](const savepoint_report& report, const std::string& failure) {
                           if (failure.empty()) {
                             answer->set_value(report);
                           } else {
                             answer->set_exception(std::make_exception_ptr(error(failure)));
                           }
                         }});
  return taken.get();
}

}  // namespace weir::detail
