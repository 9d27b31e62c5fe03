// What the endpoints answer, without a socket.
#include "weir/web/job_endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/web/fake_job.hpp"

namespace weir::detail {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class job_endpoint_test : public ::testing::Test {
 protected:
  web_answer ask(const web_request& request) {
    const auto answered = endpoint.answer(request);
    return answered ? *answered : endpoint.act(request);
  }
  web_answer get(const std::string& path) { return ask({.method = "GET", .path = path}); }
  web_answer post(const std::string& path, const std::string& body = {}) {
    return ask({.method = "POST", .path = path, .body = body});
  }
  std::string error_of(const web_answer& answer) { return json::parse(answer.body).at("error").get<std::string>(); }

  fake_job job;
  job_endpoint endpoint{job, ""};
};

TEST_F(job_endpoint_test, lists_the_job) {
  const web_answer answer = get("/jobs");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"jobs": [{"name": "a job", "state": "running"}]})"));
}

TEST_F(job_endpoint_test, tells_the_figures_of_the_job) {
  const web_answer answer = get("/jobs/a job");
  EXPECT_EQ(answer.status, 200);
  const json told = json::parse(answer.body);
  EXPECT_EQ(told.at("state"), "running");
  EXPECT_EQ(told.at("checkpoints").at("last").at("id"), 7);
  EXPECT_EQ(told.at("stages").at(0).at("operators").at(0).at("records_out"), 12);
  EXPECT_EQ(told.at("stages").at(0).at("operators").at(0).at("state_bytes"), 3456);
  EXPECT_EQ(told.at("memory"),
            json::parse(R"({"budget_bytes": 1000000, "state_bytes": 3456, "in_flight_bytes_max": 2000})"));
  EXPECT_THAT(told.at("notes").at(0).get<std::string>(), HasSubstr("a note with"));
}

TEST_F(job_endpoint_test, gives_prometheus_its_text) {
  const web_answer answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/plain; version=0.0.4");
  EXPECT_THAT(answer.body,
              AllOf(HasSubstr("# TYPE weir_records_out_total counter\n"),
                    HasSubstr("weir_records_out_total{job=\"a job\",stage=\"1\",kind=\"from\",uid=\"in\"} 12\n"),
                    HasSubstr("# TYPE weir_state_bytes gauge\n"),
                    HasSubstr("weir_state_bytes{job=\"a job\",stage=\"1\",kind=\"from\",uid=\"in\"} 3456\n"),
                    HasSubstr("weir_last_checkpoint_id{job=\"a job\"} 7\n"),
                    HasSubstr("weir_watermark_seconds{job=\"a job\",stage=\"1\"} 1.5\n"),
                    HasSubstr("weir_watermark_still_seconds{job=\"a job\",stage=\"1\"} 0.25\n"),
                    HasSubstr("weir_watermark_held_by{job=\"a job\",stage=\"1\",by_stage=\"1\",kind=\"from\",uid=\"in\","
                              "subtask=\"2\",split=\"in.csv\",why=\"it has nothing to read\"} 1\n")));
}

TEST_F(job_endpoint_test, tells_what_holds_event_time_back) {
  const web_answer answer = get("/jobs/a job/watermarks");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"stages": [{
      "name": "from<\"in\">", "watermark_ms": 1500, "ended": false, "still_ms": 250.0,
      "held_by": {"stage": 1, "kind": "from", "uid": "in", "subtask": 2, "subtasks": 2,
                  "split": {"path": "in.csv", "consumed": 99}, "watermark_ms": 1500, "still_ms": 250.0,
                  "why": "it has nothing to read", "release": "a record"}}]})"));
}

TEST_F(job_endpoint_test, takes_savepoints) {
  const web_answer answer = post("/jobs/a job/savepoints", R"({"directory": "sp"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"directory": "sp", "id": 8, "bytes": 99, "duration_ms": 3.0})"));
  EXPECT_THAT(job.take_notes(), ElementsAre("savepoint sp"));
}

TEST_F(job_endpoint_test, tells_why_there_is_no_savepoint) {
  const web_answer answer = post("/jobs/a job/savepoints", R"({"directory": "full"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(error_of(answer), "job 'a job': the disk is full");
}

TEST_F(job_endpoint_test, stops_drains_and_cancels) {
  EXPECT_EQ(post("/jobs/a job/stop").status, 202);
  EXPECT_EQ(post("/jobs/a job/stop", R"({"drain": true})").status, 202);
  EXPECT_EQ(post("/jobs/a job/stop", R"({"drain": false, "savepoint": "sp"})").status, 200);
  EXPECT_EQ(post("/jobs/a job/stop", R"({"drain": true, "savepoint": "sp"})").status, 200);
  EXPECT_EQ(post("/jobs/a job/cancel").status, 202);
  EXPECT_EQ(post("/jobs/a job/cancel", "{}").status, 202);
  EXPECT_THAT(job.take_notes(), ElementsAre("stop", "drain", "savepoint sp stop", "savepoint sp drain",
                                            "cancel: job 'a job' was cancelled over HTTP",
                                            "cancel: job 'a job' was cancelled over HTTP"));
}

TEST_F(job_endpoint_test, refuses_bodies_that_say_something_else) {
  for (const char* body : {"", "{", "[]", "null", "7", R"("sp")", "{}", R"({"directory": 7})", R"({"directory": ""})",
                           R"({"directory": "a\u0000b"})", R"({"directory": "sp", "drain": true})", R"({"dir": "sp"})",
                           R"({"directory": null})"}) {
    const web_answer answer = post("/jobs/a job/savepoints", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(error_of(answer), HasSubstr("POST /jobs/a job/savepoints: ")) << body;
  }
  for (const char* body : {"{", "[]", R"({"drain": 1})", R"({"savepoint": true})", R"({"directory": "sp"})"}) {
    EXPECT_EQ(post("/jobs/a job/stop", body).status, 400) << body;
  }
  EXPECT_EQ(post("/jobs/a job/cancel", R"({"savepoint": "sp"})").status, 400);
  EXPECT_THAT(job.take_notes(), IsEmpty());
}

TEST_F(job_endpoint_test, refuses_other_paths_and_methods) {
  EXPECT_EQ(get("/").status, 404);
  EXPECT_EQ(get("/favicon.ico").status, 404);
  EXPECT_EQ(get("/jobs/").status, 404);
  EXPECT_EQ(get("/jobs/a job/").status, 404);
  EXPECT_EQ(get("/jobs/a job/savepoints/1").status, 404);
  EXPECT_EQ(post("/jobs/another/stop").status, 404);
  EXPECT_THAT(error_of(get("/jobs/another")), HasSubstr("the job is 'a job'"));
  EXPECT_EQ(get("/jobs/a job/stop").status, 405);
  EXPECT_EQ(get("/jobs/a job/savepoints").status, 405);
  EXPECT_EQ(post("/jobs").status, 405);
  EXPECT_EQ(post("/jobs/a job/watermarks").status, 405);
  EXPECT_EQ(post("/jobs/a job").status, 405);
  EXPECT_EQ(ask({.method = "DELETE", .path = "/jobs/a job/cancel"}).status, 405);
  EXPECT_THAT(job.take_notes(), IsEmpty());
}

TEST_F(job_endpoint_test, lets_nobody_in_without_the_token) {
  job_endpoint guarded(job, "0123456789abcdef");
  const auto status = [&](const std::string& authorization) {
    const auto answer = guarded.answer({.method = "GET", .path = "/jobs", .authorization = authorization});
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status("Bearer 0123456789abcdef"), 200);
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "0123456789abcdef", "Bearer 0123456789abcdeg", "Bearer 0123456789abcde",
        "Bearer 0123456789abcdef0", "bearer0123456789abcdef", "Basic 0123456789abcdef"}) {
    EXPECT_EQ(status(wrong), 401) << wrong;
  }
  // Not even what there is not is told to a stranger.
  EXPECT_EQ(guarded.answer({.method = "GET", .path = "/nothing"})->status, 401);
  EXPECT_EQ(guarded.answer({.method = "POST", .path = "/jobs/a job/cancel"})->status, 401);
}

TEST_F(job_endpoint_test, answers_no_web_page_without_a_token) {
  const auto status = [&](const char* host, const char* origin) {
    return ask({.method = "POST", .path = "/jobs/a job/stop", .host = host, .origin = origin}).status;
  };
  EXPECT_EQ(status("127.0.0.1:8081", ""), 202);
  EXPECT_EQ(status("localhost:8081", "http://localhost:8081"), 202);
  job.take_notes();
  EXPECT_EQ(status("127.0.0.1:8081", "http://example.org"), 403);
  EXPECT_EQ(status("127.0.0.1:8081", "null"), 403);
  EXPECT_EQ(status("example.org:8081", "http://example.org:8081"), 403);  // a name that leads here (DNS rebinding)
  EXPECT_EQ(status("example.org", ""), 403);
  EXPECT_THAT(job.take_notes(), IsEmpty());
}

}  // namespace
}  // namespace weir::detail
