#include "weir/runtime/thread_executor.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "weir/runtime/slot.hpp"

namespace weir::detail {

std::size_t usable_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return static_cast<std::size_t>(CPU_COUNT(&allowed));
  return std::max(1U, std::thread::hardware_concurrency());
}

namespace {

/// Steps the coordinator on a thread of its own until it is destroyed.
class coordinator_thread {
 public:
  coordinator_thread(checkpoint_coordinator& coordinator, checkpoint_mailbox& mailbox, job_execution& execution)
      : mailbox_(mailbox), thread_([&coordinator, &mailbox, &execution](const std::stop_token& ended) {
          try {
            while (!ended.stop_requested()) {
              const std::chrono::nanoseconds quiet = coordinator.step();
              if (quiet.count() == 0) continue;
              mailbox.coordinator().wait(std::min<std::chrono::nanoseconds>(quiet, std::chrono::seconds{1}),
                                         [&] { return ended.stop_requested() || coordinator.has_work(); });
            }
          } catch (const std::exception& cause) {
            execution.fail(fmt::format("job '{}': {}", execution.description().name, cause.what()));
          }
        }) {}
  ~coordinator_thread() {
    thread_.request_stop();
    mailbox_.notify();
  }
  coordinator_thread(const coordinator_thread&) = delete;
  coordinator_thread& operator=(const coordinator_thread&) = delete;

 private:
  checkpoint_mailbox& mailbox_;
  std::jthread thread_;
};

class helper final : public helper_thread {
 public:
  explicit helper(std::function<void()> work) : thread_(std::move(work)) {}

 private:
  std::jthread thread_;
};

std::unique_ptr<helper_thread> start_helper(std::function<void()> work) {
  try {
    return std::make_unique<helper>(std::move(work));
  } catch (const std::system_error&) {
    return nullptr;
  }
}

}  // namespace

void thread_executor::run(job_attempt& attempt) {
  attempt.help_with(start_helper);
  job_execution& execution = attempt.execution();
  std::deque<slot> slots;
  for (std::size_t index = 0; index < execution.slots(); ++index) {
    slots.emplace_back(execution, clock_, buffer_timeout_, execution.slots() <= usable_cores());
  }
  for (running_subtask& subtask : execution.subtasks()) {
    slots[subtask.slot].add(subtask);
    for (channel* written : subtask.writes) written->set_producer(&slots[subtask.slot].own_parker());
    for (channel* read : subtask.reads) read->set_consumer(&slots[subtask.slot].own_parker());
    subtask.task->set_waker(&slots[subtask.slot].own_parker());
  }

  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = slots.size();
  std::vector<std::jthread> threads;
  // A slot that saw a failure wakes those that sleep, so that they see it too.
  const auto wake_all = [&] {
    for (slot& each : slots) each.own_parker().notify();
  };
  std::optional<coordinator_thread> checkpoints;
  if (attempt.coordinator() != nullptr) {
    attempt.mailbox()->set_wake(wake_all);
    checkpoints.emplace(*attempt.coordinator(), *attempt.mailbox(), execution);
  }
  try {
    for (slot& each : slots) {
      threads.emplace_back([&] {
        each.run();
        if (execution.failed()) wake_all();
        const std::lock_guard lock(mutex);
        if (--running == 0) ended.notify_one();
      });
    }
  } catch (const std::system_error& cause) {
    // The slots that run would wait for ever for those that do not.
    execution.fail(fmt::format("job '{}': only {} of {} slots could get a thread ({}); use fewer slots",
                               execution.description().name, threads.size(), slots.size(), cause.code().message()));
    wake_all();
    const std::lock_guard lock(mutex);
    running -= slots.size() - threads.size();
  }
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, std::chrono::milliseconds{50}, [&] { return running == 0; })) {
    lock.unlock();
    if (watch_) watch_();
    lock.lock();
  }
  lock.unlock();
  threads.clear();
  checkpoints.reset();
  for (running_subtask& subtask : execution.subtasks()) subtask.task->set_waker(nullptr);
  if (attempt.mailbox() != nullptr) attempt.mailbox()->set_wake({});
  if (watch_) watch_();
}

}  // namespace weir::detail
