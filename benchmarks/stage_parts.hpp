#pragma once
// Parts of a running stage without the job around it, for measurements of one mechanism: the context that operators
// open in, the terminal that sums, and channels that hand out or take batches without a thread behind them.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "weir/dsl/sinks.hpp"
#include "weir/dsl/to.hpp"
#include "weir/runtime/channel.hpp"
#include "weir/runtime/graph.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/runtime/system_clock.hpp"

namespace weir::benchmarks {

/// What the operators of one subtask open in; lives as long as they.
class stage_context {
 public:
  stage_context(std::size_t operators, std::vector<detail::channel*> inputs, std::vector<detail::channel*> outputs)
      : shared_(operators) {
    metrics_.operators = std::vector<detail::operator_metrics>(operators);
    context.job_name = "benchmark";
    stage_.operators.resize(operators);
    context.of = &stage_;
    context.clock = &clock_;
    context.storage = &storage_;
    context.metrics = &metrics_;
    context.shared = &shared_;
    context.inputs_empty.assign(inputs.size(), false);
    context.inputs = std::move(inputs);
    if (!outputs.empty()) context.outputs = {{std::move(outputs)}};
  }
  stage_context(const stage_context&) = delete;
  stage_context& operator=(const stage_context&) = delete;

  detail::subtask_context context;

 private:
  detail::stage stage_;
  detail::system_clock clock_;
  posix_storage storage_;
  detail::stage_metrics metrics_;
  std::vector<detail::shared_operator_state> shared_;
};

/// The terminal of `to<"sum">(reduce_into(sum, 0, function))`.
template <class Element, class Function>
auto summing_terminal(std::uint64_t& sum, Function function) {
  auto sink = reduce_into(sum, std::uint64_t{0}, function);
  return detail::sink_operator<Element, decltype(sink)>(std::move(sink), "sum",
                                                        std::make_shared<const std::vector<std::string>>());
}

/// Hands out the same batches in every round, and leaves them as they are.
class replaying_channel final : public detail::channel {
 public:
  explicit replaying_channel(std::vector<std::unique_ptr<detail::batch_base>> batches) : batches_(std::move(batches)) {}

  void rewind() noexcept { next_ = 0; }
  const std::vector<std::unique_ptr<detail::batch_base>>& batches() const noexcept { return batches_; }

  bool has_batch() const override { return next_ < batches_.size(); }
  bool has_room() const override { return false; }
  detail::batch_base* take_empty() override { return nullptr; }
  void send(detail::batch_base*) override {}
  detail::batch_base* receive() override { return has_batch() ? batches_[next_++].get() : nullptr; }
  void give_back(detail::batch_base*) override {}

 private:
  std::vector<std::unique_ptr<detail::batch_base>> batches_;
  std::size_t next_ = 0;
};

/// Takes batches as if they were read at once, and gives them out again in turn: as many as a channel between two slots
/// may hold, so that they lie in the cache as they do there.
class recycling_channel final : public detail::channel {
 public:
  recycling_channel(const detail::channel_config& config, detail::batch_maker make) {
    for (std::size_t i = 0; i < config.capacity + 2; ++i) batches_.push_back(make(config.batch_records));
  }

  /// Called with every batch that is sent; none unless set.
  std::function<void(detail::batch_base&)> inspect;
  const std::vector<std::unique_ptr<detail::batch_base>>& batches() const noexcept { return batches_; }

  bool has_batch() const override { return false; }
  bool has_room() const override { return true; }
  detail::batch_base* take_empty() override {
    if (++next_ == batches_.size()) next_ = 0;
    return batches_[next_].get();
  }
  void send(detail::batch_base* filled) override {
    if (inspect) inspect(*filled);
    filled->clear();
  }
  detail::batch_base* receive() override { return nullptr; }
  void give_back(detail::batch_base*) override {}

 private:
  std::vector<std::unique_ptr<detail::batch_base>> batches_;
  std::size_t next_ = 0;
};

}  // namespace weir::benchmarks
