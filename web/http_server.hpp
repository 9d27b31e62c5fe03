#pragma once
// The HTTP server of a job: cpp-httplib between a socket and a job_endpoint. `put_behind` is apart, so that a fuzzer
// can feed the server bytes without a socket.
#include <memory>
#include <string>

#include "weir/web/job_endpoint.hpp"

namespace httplib {
class Server;
}

namespace weir::detail {

/// Lets `server` answer with what `endpoint` says, and only that. The endpoint outlives the server.
void put_behind(httplib::Server& server, job_endpoint& endpoint);

/// Listens until it is destroyed, which waits for the requests that are being answered.
class http_server {
 public:
  /// `listen` as web_options has it. Throws weir::error.
  http_server(job_control& job, const std::string& listen, const std::string& token);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  const std::string& url() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::detail
