#include "weir/web/http_client.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "weir/core/error.hpp"
#include "weir/web/web_address.hpp"

namespace weir::detail {
namespace {

using json = nlohmann::json;

constexpr time_t connect_timeout_s = 5;
constexpr time_t answer_timeout_s = 24 * 3600;  // a savepoint may take long

/// As a part of a path.
std::string escaped(std::string_view text) {
  std::string made;
  for (const char each : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '-' || each == '_' || each == '.';
    made += plain ? std::string(1, each) : fmt::format("%{:02X}", static_cast<unsigned char>(each));
  }
  return made;
}

class client {
 public:
  client(const std::string& url, const std::string& token, const std::string& job)
      : url_(url), job_(job), address_(parse_url(url)), client_(address_.host, address_.port) {
    client_.set_connection_timeout(connect_timeout_s);
    client_.set_read_timeout(answer_timeout_s);
    if (!token.empty()) client_.set_bearer_token_auth(token);
  }

  const web_address& address() const noexcept { return address_; }

  std::string get(const std::string& path) { return body_of(client_.Get(path)); }
  json post(const std::string& path, const json& body) {
    const std::string answered = body_of(client_.Post(path, body.dump(), "application/json"));
    return json::parse(answered, nullptr, false);
  }

 private:
  std::string body_of(const httplib::Result& result) const {
    if (!result) {
      throw error(
          fmt::format("job '{}': nobody answers at {} ({}); is the job running with --web, and is this the place?",
                      job_, url_, httplib::to_string(result.error())));
    }
    if (result->status < 300) return result->body;
    const json said = json::parse(result->body, nullptr, false);
    if (said.is_object() && said.contains("error") && said["error"].is_string()) {
      const std::string sentence = said["error"].get<std::string>();
      throw error(sentence.starts_with("job '") ? sentence : fmt::format("job '{}': {}: {}", job_, url_, sentence));
    }
    throw error(fmt::format("job '{}': what answers at {} is no weir job", job_, url_));
  }

  std::string url_;
  std::string job_;
  web_address address_;
  httplib::Client client_;
};

void require_job(client& asked, const std::string& job, const std::string& url) {
  const json list = json::parse(asked.get("/jobs"), nullptr, false);
  std::string others;
  if (list.is_object() && list.contains("jobs") && list["jobs"].is_array()) {
    for (const json& each : list["jobs"]) {
      if (!each.is_object() || !each.contains("name") || !each["name"].is_string()) continue;
      const std::string name = each["name"].get<std::string>();
      if (name == job) return;
      others += fmt::format("{}'{}'", others.empty() ? "" : ", ", name);
    }
  }
  throw error(others.empty()
                  ? fmt::format("job '{}': what answers at {} is no weir job", job, url)
                  : fmt::format("job '{}': {} serves the job {}; say where this one is with --url or --checkpoint-dir",
                                job, url, others));
}

/// The job resolves paths in its own folder. On this machine they mean what they mean here.
std::string directory_for(const web_question& question, const web_address& address) {
  const std::filesystem::path given = question.directory;
  if (given.empty() || given.is_absolute()) return question.directory;
  if (is_loopback(address.host)) return std::filesystem::absolute(given).lexically_normal();
  throw error(
      fmt::format("job '{}' runs on {}: name the directory there with its full path", question.job, address.host));
}

std::string savepoint_line(const std::string& job, const json& taken) {
  if (!taken.is_object()) return fmt::format("job '{}' has taken a savepoint\n", job);
  return fmt::format("savepoint {} of job '{}' is in {} ({} bytes, {:.0f} ms)\n", taken.value("id", std::uint64_t{0}),
                     job, taken.value("directory", ""), taken.value("bytes", std::uint64_t{0}),
                     taken.value("duration_ms", 0.0));
}

}  // namespace

std::string ask_over_http(const web_question& question, const std::string& url, const std::string& token) {
  client asked(url, token, question.job);
  require_job(asked, question.job, url);
  const std::string path = "/jobs/" + escaped(question.job);
  const std::string directory = directory_for(question, asked.address());
  using kind = web_question::kind;
  switch (question.what) {
    case kind::status:
      return asked.get(path);
    case kind::savepoint:
      return savepoint_line(question.job, asked.post(path + "/savepoints", {{"directory", directory}}));
    case kind::stop: {
      json body = {{"drain", question.drain}};
      if (!directory.empty()) body["savepoint"] = directory;
      const json answer = asked.post(path + "/stop", body);
      return (directory.empty() ? "" : savepoint_line(question.job, answer)) +
             fmt::format("job '{}' is stopping\n", question.job);
    }
    case kind::cancel:
      asked.post(path + "/cancel", json::object());
      return fmt::format("job '{}' is cancelled\n", question.job);
  }
  return {};
}

}  // namespace weir::detail
