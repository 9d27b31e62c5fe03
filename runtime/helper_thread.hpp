#pragma once
// Threads beside the slots, for work that a subtask would otherwise wait for. Only an executor that has threads gives them: under
// the driver and the simulator there are none, and the work is done in the step that wants it.
#include <functional>
#include <memory>

namespace weir::detail {

/// A thread at work. Its destruction waits until the work has ended, so whoever owns it tells the work to end before.
class helper_thread {
 public:
  virtual ~helper_thread() = default;
};

/// Begins `work`, which throws nothing, on a thread of its own; null if none can be had, then `work` is not called. Any thread.
using helper_starter = std::unique_ptr<helper_thread> (*)(std::function<void()> work);

}  // namespace weir::detail
