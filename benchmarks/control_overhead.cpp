// What control costs per batch: a watermark after every batch, merged over inputs and stored, the counters of operators
// and stage, the way through channel and subtask, and a look at the stop flag, against the same chain called over the
// same batches and nothing else. `weir_clock` reads the clock after each step, too, as a slot does.
#include <atomic>
#include <functional>

#include "benchmarks/baseline/chain.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/stage_parts.hpp"
#include "weir/dsl/filter.hpp"
#include "weir/dsl/map.hpp"
#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/chain.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t records = 64 * 1024;
using number_batch = detail::batch<std::uint64_t, detail::columns{}>;

std::vector<std::unique_ptr<detail::batch_base>> batches_of(std::size_t batch_records, bool with_watermarks) {
  std::vector<std::unique_ptr<detail::batch_base>> made;
  for (std::size_t i = 0; i < records; ++i) {
    if (i % batch_records == 0) made.push_back(number_batch::make(batch_records));
    static_cast<number_batch&>(*made.back()).append(random_number(1, i), {});
    if (with_watermarks && (i + 1) % batch_records == 0) {
      made.back()->append_mark(detail::mark_kind::watermark, from_epoch_ms(static_cast<std::int64_t>(i)));
    }
  }
  return made;
}

template <int Index>
auto operator_at() {
  if constexpr (is_filter<Index>) {
    return detail::filter_operator<keep<Index>>{{}};
  } else {
    return detail::map_operator<mix<Index>>{{}};
  }
}

template <int Operators>
auto make_chain(std::uint64_t& sum) {
  return [&]<int... Index>(std::integer_sequence<int, Index...>) {
    return detail::chain(operator_at<Index>()..., summing_terminal<std::uint64_t>(sum, std::plus<std::uint64_t>{}));
  }(std::make_integer_sequence<int, Operators>{});
}
template <int Operators>
using chain_type = decltype(make_chain<Operators>(std::declval<std::uint64_t&>()));

/// The chain on the heap, as in a subtask.
template <int Operators>
class bare_chain {
 public:
  explicit bare_chain(std::size_t batch_records)
      : batches_(batches_of(batch_records, false)), chain_(make_chain<Operators>(sum_)) {
    chain_.open(context_.context, 0);
    run();
    chain_.terminal().close();
    expect_equal(sum_, hand_chain<Operators>(random_numbers(1, records)));
  }

  std::size_t run() {
    std::size_t done = 0;
    for (const auto& batch : batches_) done += chain_.process(static_cast<number_batch&>(*batch), 0, batch->size());
    return done;
  }

 private:
  std::uint64_t sum_ = 0;
  stage_context context_{Operators + 1, {}, {}};
  std::vector<std::unique_ptr<detail::batch_base>> batches_;
  chain_type<Operators> chain_;
};

template <int Operators, bool ReadsClock>
class controlled_chain {
 public:
  explicit controlled_chain(std::size_t batch_records)
      : input_(batches_of(batch_records, true)), context_(Operators + 1, {&input_}, {}), task_(make_task(context_)) {
    auto batches = batches_of(batch_records, true);
    batches.push_back(number_batch::make(1));
    batches.back()->append_mark(detail::mark_kind::end_of_input, {});
    replaying_channel whole_input(std::move(batches));
    stage_context context(Operators + 1, {&whole_input}, {});
    const auto task = make_task(context);
    while (task->step() != detail::step_status::done) continue;
    expect_equal(sum_, hand_chain<Operators>(random_numbers(1, records)));
  }

  std::int64_t run() {
    input_.rewind();
    std::int64_t last = 0;
    while (!stop_.load(std::memory_order_acquire) && task_->step() == detail::step_status::progress) {
      if constexpr (ReadsClock) last = clock_.monotonic().count();
    }
    return last;
  }

 private:
  std::unique_ptr<detail::subtask> make_task(stage_context& context) {
    return detail::make_operator_subtask<number_batch>(context.context, make_chain<Operators>(sum_));
  }

  std::uint64_t sum_ = 0;
  std::atomic<bool> stop_{false};
  detail::system_clock clock_;
  replaying_channel input_;
  stage_context context_;
  std::unique_ptr<detail::subtask> task_;
};

template <class Side>
void add_side_of(const std::string& group, const std::string& name, std::size_t batch_records) {
  add_side(group, name, records, [batch_records, side = std::shared_ptr<Side>()]() mutable {
    if (side == nullptr) side = std::make_shared<Side>(batch_records);
    return seconds_of([&] { return side->run(); });
  });
}

template <int Operators>
void add() {
  for (const std::size_t batch_records : {256, 512}) {
    const std::string group =
        "control_overhead/" + std::to_string(Operators) + "_operators/batch_" + std::to_string(batch_records);
    add_side_of<bare_chain<Operators>>(group, "hand", batch_records);
    add_side_of<controlled_chain<Operators, false>>(group, "weir", batch_records);
    add_side_of<controlled_chain<Operators, true>>(group, "weir_clock", batch_records);
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add<5>();
  weir::benchmarks::add<20>();
  return weir::benchmarks::run_benchmarks(argc, argv);
}
