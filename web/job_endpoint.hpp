#pragma once
// What the endpoints answer, without a socket: which requests are refused, which there are, what their JSON may say. It
// never throws for what a request holds.
#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "weir/dsl/job_control.hpp"

namespace weir::detail {

/// A request, as far as it matters.
struct web_request {
  std::string method{};
  std::string path{};           ///< decoded, without what follows '?'
  std::string host{};           ///< the header
  std::string origin{};         ///< the header
  std::string authorization{};  ///< the header
  std::string body{};           ///< of POST requests
};

struct web_answer {
  int status = 200;
  std::string body{};
  std::string type = "application/json";
};

/// Safe from several threads.
class job_endpoint {
 public:
  /// `token` empty: whoever reaches the endpoint on the loopback address may do everything.
  job_endpoint(job_control& job, std::string token) : job_(job), token_(std::move(token)) {}

  /// The answer to a request that needs no body: one that is refused, is of a kind that there is not, or only asks.
  /// Nothing: read the body and call `act`.
  std::optional<web_answer> answer(const web_request& request) const;

  /// Does what a POST request asks for; waits for a savepoint.
  web_answer act(const web_request& request);

  static web_answer refuse(int status, const std::string& sentence);

 private:
  struct action;

  std::optional<web_answer> refuse_stranger(const web_request& request) const;
  std::string_view action_of(std::string_view path) const;
  web_answer savepoint(const action& asked);
  web_answer stop(const action& asked);
  web_answer take(const std::string& directory, std::optional<stop_mode> stop, int status);

  /// Each waits in a thread of the server.
  static constexpr int savepoints_max = 4;

  job_control& job_;
  std::string token_;
  std::atomic<int> savepoints_{0};
};

}  // namespace weir::detail
