#pragma once
// Serves a running job over HTTP: what it does, savepoints, stop, cancel, and figures for Prometheus; the endpoints are
// in docs/reference/http.md. A program that links the target //web has `--web` and the commands `status`, `savepoint`,
// `stop` and `cancel`; this header is for jobs that run inside a larger program:
//   job_handle running = my_job.start(options);
//   const web_server served(running, {.listen = "8081"});
//   running.wait();
#include <memory>
#include <string>

#include "weir/dsl/job.hpp"

namespace weir {

struct web_options {
  std::string listen = "8081";  ///< PORT on the loopback address, or HOST:PORT; port 0: any that is free
  /// What clients must know, 16 characters at least; they send "Authorization: Bearer TOKEN". Empty: only the loopback
  /// address can be listened on, and all users of the machine may do everything.
  std::string token{};
};

/// Answers requests, in threads of its own, until it is destroyed; that waits for savepoints that are being taken.
class web_server {
 public:
  /// Throws weir::error, one sentence, if it cannot listen there. The handle outlives the server.
  explicit web_server(job_handle& job, const web_options& options = {});
  ~web_server();
  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;

  /// "http://127.0.0.1:8081".
  std::string url() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
