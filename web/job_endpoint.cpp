#include "weir/web/job_endpoint.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/web/job_figures.hpp"
#include "weir/web/web_address.hpp"

namespace weir::detail {
namespace {

using json = nlohmann::json;

/// Takes the same time wherever the texts differ.
bool equal_secrets(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

/// A body that does not say what its endpoint understands.
struct bad_body {
  std::string sentence;
};

}  // namespace

/// The members of a body.
struct job_endpoint::action {
  std::string directory;
  bool drain = false;

  /// Throws bad_body. `directory_name`: what the directory is called there.
  action(std::string_view body, std::string_view directory_name, bool can_drain) {
    const json given = body.empty() ? json::object() : json::parse(body, nullptr, false);
    if (!given.is_object()) throw bad_body{"the body is no JSON object"};
    for (const auto& [name, value] : given.items()) {
      if (name == directory_name) {
        if (!value.is_string()) throw bad_body{fmt::format("'{}' is no string", name)};
        directory = value.get<std::string>();
        // A path ends at a null byte for the system.
        if (directory.empty() || directory.find('\0') != std::string::npos) {
          throw bad_body{fmt::format("'{}' names no directory", name)};
        }
      } else if (name == "drain" && can_drain) {
        if (!value.is_boolean()) throw bad_body{"'drain' is neither true nor false"};
        drain = value.get<bool>();
      } else {
        throw bad_body{fmt::format("there is no member '{}' here; there {} '{}'{}", name, can_drain ? "are" : "is",
                                   directory_name, can_drain ? " and 'drain'" : "")};
      }
    }
  }
};

std::optional<web_answer> job_endpoint::answer(const web_request& request) const {
  if (auto refused = refuse_stranger(request)) return refused;
  const bool asks = request.method == "GET" || request.method == "HEAD";
  const auto only = [&](bool allowed, const char* method) -> std::optional<web_answer> {
    if (allowed) return std::nullopt;
    return refuse(405, fmt::format("{} cannot be asked of {}; write {}", request.method, request.path, method));
  };
  const std::string list = "/jobs";
  if (request.path == list) {
    if (auto refused = only(asks, "GET")) return refused;
    return web_answer{200, json_of_list(job_.name(), job_.state())};
  }
  if (request.path == "/metrics") {
    if (auto refused = only(asks, "GET")) return refused;
    return web_answer{200, prometheus_text(job_.report()), "text/plain; version=0.0.4"};
  }
  if (request.path == list + "/" + job_.name()) {
    if (auto refused = only(asks, "GET")) return refused;
    return web_answer{200, json_of(job_.report(), job_.state())};
  }
  if (request.path == list + "/" + job_.name() + "/watermarks") {
    if (auto refused = only(asks, "GET")) return refused;
    return web_answer{200, json_of_watermarks(job_.report())};
  }
  if (!action_of(request.path).empty()) return only(request.method == "POST", "POST");
  if (request.path.starts_with(list + "/") && request.path.find(job_.name(), list.size()) != list.size() + 1) {
    return refuse(404, fmt::format("there is no such job here; the job is '{}'", job_.name()));
  }
  return refuse(404, "there is nothing here; GET /jobs lists the jobs");
}

/// "savepoints", "stop" or "cancel"; nothing where the path names no action of the job.
std::string_view job_endpoint::action_of(std::string_view path) const {
  const std::string prefix = fmt::format("/jobs/{}/", job_.name());
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  for (const std::string_view known : {"savepoints", "stop", "cancel"}) {
    if (path == known) return known;
  }
  return {};
}

std::optional<web_answer> job_endpoint::refuse_stranger(const web_request& request) const {
  if (!token_.empty()) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view given = request.authorization;
    if (given.starts_with(scheme) && equal_secrets(given.substr(scheme.size()), token_)) return std::nullopt;
    return refuse(401, "this job is served to those who know its token; send the header Authorization: Bearer TOKEN");
  }
  // A web page in a browser on this machine can reach the loopback address, too: it cannot hide where it comes from.
  const bool foreign_host = !request.host.empty() && !names_loopback(request.host);
  const bool foreign_page = !request.origin.empty() && request.origin != "http://" + request.host;
  if (!foreign_host && !foreign_page) return std::nullopt;
  return refuse(403, "this job is served without a token to programs on its own machine, not to web pages");
}

web_answer job_endpoint::act(const web_request& request) {
  const std::string_view asked = action_of(request.path);
  try {
    if (asked == "savepoints") return savepoint(action(request.body, "directory", false));
    if (asked == "stop") return stop(action(request.body, "savepoint", true));
    if (asked == "cancel") {
      if (!request.body.empty() && request.body != "{}") throw bad_body{"a cancellation takes no body"};
      job_.cancel(fmt::format("job '{}' was cancelled over HTTP", job_.name()));
      return {202, json_of_state(job_.state())};
    }
  } catch (const bad_body& wrong) {
    return refuse(400, fmt::format("POST {}: {}", request.path, wrong.sentence));
  }
  return refuse(404, "there is nothing here; GET /jobs lists the jobs");
}

web_answer job_endpoint::savepoint(const action& asked) {
  if (asked.directory.empty()) throw bad_body{"it needs a 'directory', new or empty"};
  return take(asked.directory, std::nullopt, 201);
}

web_answer job_endpoint::stop(const action& asked) {
  const stop_mode how = asked.drain ? stop_mode::drain : stop_mode::keep_open;
  if (!asked.directory.empty()) return take(asked.directory, how, 200);
  job_.request_stop(how);
  return {202, json_of_state(job_.state())};
}

web_answer job_endpoint::take(const std::string& directory, std::optional<stop_mode> stop, int status) {
  struct turn {
    std::atomic<int>& taken;
    ~turn() { taken.fetch_sub(1); }
  };
  const bool too_many = savepoints_.fetch_add(1) >= savepoints_max;
  const turn mine{savepoints_};
  if (too_many)
    return refuse(503, fmt::format("{} savepoints are being taken already; ask again later", savepoints_max));
  try {
    return {status, json_of(take_savepoint(job_, directory, stop))};
  } catch (const error& failure) {
    return refuse(409, failure.what());
  }
}

web_answer job_endpoint::refuse(int status, const std::string& sentence) { return {status, json_of_error(sentence)}; }

}  // namespace weir::detail
