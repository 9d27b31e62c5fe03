#include "weir/web/http_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/web/web_address.hpp"

namespace weir::detail {
namespace {

constexpr std::size_t threads = 8;
constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::size_t token_characters_min = 16;
constexpr time_t first_byte_timeout_s = 1;  // both bound what a silent client can hold up when the job ends
constexpr time_t transfer_timeout_s = 5;

web_request request_of(const httplib::Request& from) {
  return {.method = from.method,
          .path = from.path,
          .host = from.get_header_value("Host"),
          .origin = from.get_header_value("Origin"),
          .authorization = from.get_header_value("Authorization"),
          .body = from.body};
}

void give(httplib::Response& to, const web_answer& answer) {
  to.status = answer.status;
  to.set_content(answer.body, answer.type);
}

/// What the library itself refuses gets a body as all others have.
std::string sentence_for(int status) {
  switch (status) {
    case 400:
      return "this is no HTTP request that can be understood";
    case 413:
      return fmt::format("a body has at most {} bytes here", body_bytes_max);
    case 414:
      return "the path is too long";
    default:
      return "the request cannot be answered";
  }
}

}  // namespace

void put_behind(httplib::Server& server, job_endpoint& endpoint) {
  using handled = httplib::Server::HandlerResponse;
  server.set_payload_max_length(body_bytes_max);
  // A path reaches the library's regular expressions, which recurse once per character, only if it is a known one.
  server.set_pre_routing_handler([&endpoint](const httplib::Request& request, httplib::Response& response) {
    const std::optional<web_answer> answer = endpoint.answer(request_of(request));
    if (!answer) return handled::Unhandled;
    give(response, *answer);
    return handled::Handled;
  });
  server.Post("/.*", [&endpoint](const httplib::Request& request, httplib::Response& response) {
    give(response, endpoint.act(request_of(request)));
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) give(response, job_endpoint::refuse(response.status, sentence_for(response.status)));
  });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
    give(response, job_endpoint::refuse(500, "the request failed inside the server; ask again"));
  });
}

struct http_server::state {
  state(job_control& job, std::string token) : endpoint(job, std::move(token)) {}
  job_endpoint endpoint;
  httplib::Server server;
  std::string url;
  std::atomic<bool> ended{false};
  std::jthread listening;
};

http_server::http_server(job_control& job, const std::string& listen, const std::string& token)
    : state_(std::make_unique<state>(job, token)) {
  web_address address;
  try {
    address = parse_listen_address(listen);
  } catch (const error& wrong) {
    throw error(fmt::format("job '{}': --web {}", job.name(), wrong.what()));
  }
  if (token.empty() && !is_loopback(address.host)) {
    throw error(
        fmt::format("job '{}': whoever can reach {} could stop the job, so it is served there only with a token; "
                    "give --web-token-file FILE, or serve it on the loopback address, --web {}",
                    job.name(), address.host, address.port));
  }
  if (!token.empty() && token.size() < token_characters_min) {
    throw error(
        fmt::format("job '{}': a web token of {} characters can be guessed; make one of {} or more, such as "
                    "openssl rand -hex 16 prints",
                    job.name(), token.size(), token_characters_min));
  }
  httplib::Server& server = state_->server;
  put_behind(server, state_->endpoint);
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(first_byte_timeout_s);
  server.set_read_timeout(transfer_timeout_s);
  server.set_write_timeout(transfer_timeout_s);
  // A port that another server listens on is refused, one whose connections linger is not.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  errno = 0;
  if (address.port == 0) {
    address.port = server.bind_to_any_port(address.host);
  } else if (!server.bind_to_port(address.host, address.port)) {
    address.port = -1;
  }
  if (address.port < 0) {
    const int code = errno;
    throw error(fmt::format("job '{}' cannot be served on {} ({}); give another port, or 0 for any that is free",
                            job.name(), listen, code == 0 ? "no such host" : std::generic_category().message(code)));
  }
  state_->url = url_of(address);
  state_->listening = std::jthread([&own = *state_] {
    own.server.listen_after_bind();
    own.ended = true;
  });
  while (!server.is_running() && !state_->ended) std::this_thread::yield();  // a stop before that would be lost
}

http_server::~http_server() { state_->server.stop(); }

const std::string& http_server::url() const noexcept { return state_->url; }

}  // namespace weir::detail
