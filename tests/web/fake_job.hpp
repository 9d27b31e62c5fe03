#pragma once
// A job that only notes what is asked of it, for tests of the endpoints.
#include <mutex>
#include <string>
#include <vector>

#include "weir/dsl/job_control.hpp"

class fake_job final : public weir::detail::job_control {
 public:
  const std::string& name() const override { return name_; }
  std::string state() const override { return "running"; }
  weir::job_report report() const override {
    weir::job_report made;
    made.name = name_;
    made.last_checkpoint = 7;
    weir::stage_report& stage = made.stages.emplace_back();
    stage.name = "from<\"in\">";
    stage.parallelism = 2;
    stage.operators.push_back({.kind = "from", .uid = "in", .records_out = 12, .state_bytes = 3456});
    stage.event_time.watermark = weir::from_epoch_ms(1500);
    stage.event_time.still = std::chrono::milliseconds(250);
    stage.event_time.held_by.emplace();
    *stage.event_time.held_by = {.stage = 1,
                                 .kind = "from",
                                 .uid = "in",
                                 .subtask = 2,
                                 .subtasks = 2,
                                 .split = "in.csv",
                                 .split_consumed = 99,
                                 .watermark = weir::from_epoch_ms(1500),
                                 .still = std::chrono::milliseconds(250),
                                 .why = "it has nothing to read",
                                 .release = "a record"};
    made.memory_budget = 1'000'000;
    made.in_flight_bytes_max = 2'000;
    made.notes.push_back("a note with \xff no letter");
    return made;
  }
  void request_stop(weir::stop_mode how) noexcept override { note(how == weir::stop_mode::drain ? "drain" : "stop"); }
  void cancel(const std::string& why) noexcept override { note("cancel: " + why); }
  void request_savepoint(weir::detail::savepoint_request request) override {
    note("savepoint " + request.directory +
         (request.stop ? *request.stop == weir::stop_mode::drain ? " drain" : " stop" : ""));
    if (request.directory == "full") return request.done({}, "job 'a job': the disk is full");
    request.done({.directory = request.directory, .id = 8, .bytes = 99, .duration = std::chrono::milliseconds(3)}, {});
  }

  /// What was asked since the last call.
  std::vector<std::string> take_notes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }

  std::string name_ = "a job";
  std::mutex mutex_;
  std::vector<std::string> notes_;
};
