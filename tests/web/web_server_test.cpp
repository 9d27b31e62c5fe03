// The web server in the process of its job, asked through sockets.
#include "weir/web/web.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/web/fake_job.hpp"
#include "weir/connectors/csv.hpp"
#include "weir/web/http_server.hpp"
#include "weir/web/web_address.hpp"
#include "weir/weir.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace files = std::filesystem;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, amount));
};

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const error& cause) {
    return cause.what();
  }
  return "no failure";
}

int port_of(const std::string& url) { return detail::parse_url(url).port; }

class served_job : public ::testing::Test {
 protected:
  served_job() {
    folder_ = files::path(::testing::TempDir()) /
              ("served_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    files::remove_all(folder_);
    files::create_directories(folder_);
    run_options with{.slots = 2};
    with.checkpoints.directory = path("kept");
    const auto make = [](std::uint64_t i) {
      return sale{static_cast<std::int32_t>(i % 10), static_cast<std::int64_t>(i)};
    };
    running_.emplace(job("sales", from<"sales">(generate(make, bounded{1'000'000'000}).rate(10'000)) |
                                      key_by(&sale::shop) | rolling<"sums">(sum(&sale::amount)) |
                                      to<"out">(csv(path("out.csv"))))
                         .start(with));
    server_.emplace(*running_, web_options{.listen = "0"});
    client_.emplace("127.0.0.1", port_of(server_->url()));
  }
  ~served_job() override {
    client_.reset();
    server_.reset();
    running_->stop();
    running_.reset();
    files::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  json get(const std::string& what) {
    const auto answer = client_->Get(what);
    EXPECT_TRUE(answer) << httplib::to_string(answer.error());
    return json::parse(answer->body);
  }
  std::pair<int, json> post(const std::string& what, const json& body) {
    const auto answer = client_->Post(what, body.dump(), "application/json");
    EXPECT_TRUE(answer) << httplib::to_string(answer.error());
    return {answer->status, json::parse(answer->body)};
  }

  files::path folder_;
  std::optional<job_handle> running_;
  std::optional<web_server> server_;
  std::optional<httplib::Client> client_;
};

TEST_F(served_job, is_listed_with_its_figures) {
  EXPECT_THAT(server_->url(), ::testing::StartsWith("http://127.0.0.1:"));
  EXPECT_EQ(get("/jobs").at("jobs").at(0).at("name"), "sales");
  EXPECT_EQ(get("/jobs/sales").at("stages").size(), 2u);
  while (get("/jobs/sales").at("stages").at(0).at("operators").at(0).at("records_out") == 0)
    std::this_thread::sleep_for(1ms);
  EXPECT_THAT(client_->Get("/metrics")->body, HasSubstr("weir_records_out_total{job=\"sales\""));
}

TEST_F(served_job, takes_savepoints_and_stops_with_one) {
  const auto [status, taken] = post("/jobs/sales/savepoints", {{"directory", path("sp-1")}});
  EXPECT_EQ(status, 201);
  EXPECT_TRUE(files::exists(folder_ / "sp-1" / "MANIFEST"));
  const auto again = post("/jobs/sales/savepoints", {{"directory", path("sp-1")}});
  EXPECT_EQ(again.first, 409);
  EXPECT_THAT(again.second.at("error").get<std::string>(), HasSubstr("is in it already"));
  const auto stopped = post("/jobs/sales/stop", {{"savepoint", path("sp-2")}});
  EXPECT_EQ(stopped.first, 200);
  const job_report report = running_->wait();
  EXPECT_TRUE(report.stopped);
  EXPECT_EQ(stopped.second.at("id"), report.last_checkpoint);
  EXPECT_EQ(get("/jobs/sales").at("state"), "stopped");
}

TEST_F(served_job, takes_two_savepoints_that_are_asked_for_at_once) {
  std::vector<std::future<int>> statuses;
  for (int i = 0; i < 2; ++i) {
    statuses.push_back(std::async(std::launch::async, [&, i] {
      httplib::Client asking("127.0.0.1", port_of(server_->url()));
      const json body = {{"directory", path("at-once-" + std::to_string(i))}};
      const auto answer = asking.Post("/jobs/sales/savepoints", body.dump(), "application/json");
      return answer ? answer->status : -1;
    }));
  }
  for (auto& status : statuses) EXPECT_EQ(status.get(), 201);
  EXPECT_TRUE(files::exists(folder_ / "at-once-0" / "MANIFEST"));
  EXPECT_TRUE(files::exists(folder_ / "at-once-1" / "MANIFEST"));
}

TEST_F(served_job, can_be_cancelled) {
  EXPECT_EQ(post("/jobs/sales/cancel", json::object()).first, 202);
  EXPECT_THAT(failure_of([&] { running_->wait(); }), HasSubstr("job 'sales' was cancelled over HTTP"));
  EXPECT_EQ(get("/jobs/sales").at("state"), "failed");
}

TEST_F(served_job, holds_its_port) {
  const std::string taken = std::to_string(port_of(server_->url()));
  EXPECT_THAT(failure_of([&] { web_server(*running_, {.listen = taken}); }),
              AllOf(HasSubstr("job 'sales' cannot be served on " + taken), HasSubstr("in use")));
}

// ---- the server alone
// -------------------------------------------------------------------------------------------------

TEST(http_server, listens_beyond_the_machine_only_with_a_token) {
  fake_job job;
  EXPECT_THAT(failure_of([&] { detail::http_server(job, "0.0.0.0:0", ""); }),
              AllOf(HasSubstr("job 'a job'"), HasSubstr("only with a token"), HasSubstr("--web-token-file")));
  EXPECT_THAT(failure_of([&] { detail::http_server(job, "[::]:0", ""); }), HasSubstr("only with a token"));
  EXPECT_THAT(failure_of([&] { detail::http_server(job, "0.0.0.0:0", "secret"); }), HasSubstr("can be guessed"));
  EXPECT_THAT(failure_of([&] { detail::http_server(job, "nonsense", ""); }), HasSubstr("--web 'nonsense'"));
  const std::string token = "0123456789abcdef";
  const detail::http_server server(job, "0.0.0.0:0", token);
  httplib::Client client("127.0.0.1", port_of(server.url()));
  EXPECT_EQ(client.Post("/jobs/a%20job/cancel")->status, 401);
  EXPECT_THAT(job.take_notes(), IsEmpty());
  client.set_bearer_token_auth(token);
  EXPECT_EQ(client.Post("/jobs/a%20job/cancel")->status, 202);
  EXPECT_EQ(job.take_notes().size(), 1u);
}

class bad_requests : public ::testing::Test {
 protected:
  /// Sends bytes and returns what comes until the server closes; `hangs_up`: this side closes first.
  std::string raw(const std::string& bytes, bool hangs_up = false) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_of(server_.url())));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    static_cast<void>(!::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (hangs_up) ::shutdown(socket, SHUT_WR);
    std::string answer;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(socket);
    return answer;
  }

  fake_job job_;
  detail::http_server server_{job_, "0", ""};
};

TEST_F(bad_requests, are_answered_with_a_sentence) {
  const std::string host = "Host: localhost\r\n";
  EXPECT_THAT(raw("GET /nothing HTTP/1.1\r\n" + host + "\r\n"), AllOf(HasSubstr(" 404 "), HasSubstr("\"error\": ")));
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"), HasSubstr(" 403 "));
  EXPECT_THAT(raw("nonsense\r\n\r\n"), AllOf(HasSubstr(" 400 "), HasSubstr("\"error\": ")));
  EXPECT_THAT(raw("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n" + host + "\r\n"), HasSubstr(" 414 "));
  EXPECT_THAT(raw("POST /jobs/a%20job/savepoints HTTP/1.1\r\n" + host + "Content-Length: 100000\r\n\r\n" +
                  std::string(100'000, 'x')),
              HasSubstr(" 413 "));
  EXPECT_THAT(raw("POST /jobs/a%20job/savepoints HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\n{]"),
              HasSubstr(" 400 "));
  EXPECT_THAT(raw("POST /jobs/a%20job/savepoints HTTP/1.1\r\n" + host + "Content-Length: 20\r\n\r\n{", true),
              ::testing::Not(HasSubstr(" 201 ")));
  EXPECT_THAT(job_.take_notes(), IsEmpty());
  EXPECT_THAT(raw("POST /jobs/a%20job/stop HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\n{}"), HasSubstr(" 202 "));
}

TEST_F(bad_requests, do_not_keep_a_job_from_ending) {
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto begun = std::chrono::steady_clock::now();
  {
    fake_job job;
    const detail::http_server server(job, "0", "");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_of(server.url())));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(silent, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
  ::close(silent);
}

}  // namespace
}  // namespace weir
