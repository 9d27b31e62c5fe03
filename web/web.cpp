#include "weir/web/web.hpp"

#include "weir/web/http_server.hpp"

namespace weir {

struct web_server::state {
  detail::http_server server;
};

web_server::web_server(job_handle& job, const web_options& options)
    : state_(new state{{job.control(), options.listen, options.token}}) {}
web_server::~web_server() = default;
std::string web_server::url() const { return state_->server.url(); }

}  // namespace weir
