// Records made by one thread and added up by another: weir's exchange (writer, channel between slots, subtask, parking)
// against a queue of batches of the same size behind a mutex and condition variables.
#include <algorithm>
#include <thread>

#include "benchmarks/baseline/exchange.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/stage_parts.hpp"
#include "weir/runtime/any_chain.hpp"
#include "weir/runtime/chain.hpp"
#include "weir/runtime/exchange_writer.hpp"
#include "weir/runtime/spsc_channel.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t records = 8 * 1024 * 1024;
constexpr detail::channel_config config{.capacity = 8, .batch_records = 512, .same_thread = false};

/// Spins for a moment and then sleeps, as a slot does.
template <class Ready>
void wait(detail::parker& parker, Ready&& ready) {
  const auto begun = std::chrono::steady_clock::now();
  do {
    for (int look = 0; look < 32; ++look) {
      if (ready()) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() - begun < std::chrono::microseconds(30));
  parker.wait(std::chrono::milliseconds(50), ready);
}

template <std::size_t Bytes>
void produce(detail::channel& channel, detail::parker& parker) {
  using writer = detail::exchange_writer<exchanged_record<Bytes>, detail::columns{}, detail::forward_partitioner>;
  detail::chain<writer> chain{writer({})};
  stage_context context(1, {}, {&channel});
  chain.open(context.context, 0);
  for (std::size_t made = 0; made < records;) {
    if (!chain.terminal().ready()) {
      wait(parker, [&] { return chain.terminal().ready(); });
      continue;
    }
    const std::size_t end = made + std::min(chain.records_per_call(), records - made);
    made += chain.template process_from<detail::no_meta>([&](auto out) __attribute__((always_inline)) {
      for (std::size_t i = made; i < end; ++i) out(make_exchanged<Bytes>(i));
      return end - made;
    });
  }
  chain.terminal().mark(detail::mark_kind::end_of_input, {});
  while (!chain.terminal().flush(detail::flush_reason::end)) wait(parker, [&] { return chain.terminal().ready(); });
}

template <std::size_t Bytes>
std::uint64_t weir_exchange() {
  using record = exchanged_record<Bytes>;
  detail::spsc_channel channel(config, detail::batch<record, detail::columns{}>::make);
  detail::parker producer_parker;
  detail::parker consumer_parker;
  channel.set_producer(&producer_parker);
  channel.set_consumer(&consumer_parker);

  std::uint64_t sum = 0;
  using chain_type = detail::chain<decltype(summing_terminal<record>(sum, add_exchanged{}))>;
  stage_context context(1, {&channel}, {});
  const auto task = detail::make_operator_subtask<detail::batch<record, detail::columns{}>>(
      context.context, chain_type(summing_terminal<record>(sum, add_exchanged{})));

  std::thread producer([&] { produce<Bytes>(channel, producer_parker); });
  for (auto status = task->step(); status != detail::step_status::done; status = task->step()) {
    if (status == detail::step_status::idle) wait(consumer_parker, [&] { return task->runnable(); });
  }
  producer.join();
  return sum;
}

template <std::size_t Bytes>
void add() {
  const std::string group = "exchange_1to1/" + std::to_string(Bytes) + "_bytes";
  const auto by_hand = [] { return hand_exchange<Bytes>(records, config.capacity, config.batch_records); };
  add_side(group, "hand", records, [=] { return seconds_of(by_hand); });
  add_side(group, "weir", records, [=, expected = lazy(by_hand)]() mutable {
    std::uint64_t sum = 0;
    const double seconds = seconds_of([&] { return sum = weir_exchange<Bytes>(); });
    expect_equal(sum, *expected);
    return seconds;
  });
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  weir::benchmarks::add<16>();
  weir::benchmarks::add<64>();
  return weir::benchmarks::run_benchmarks(argc, argv);
}
