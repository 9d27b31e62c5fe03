// Dealing records of 16 bytes out to 2, 8 and 64 targets by the hash of their key, into recycled batches, against
// memcpy of the same bytes into as many recycled batches. `weir_hash` writes the hash beside each record, too, as keyed
// exchanges do; `hand_memory` copies into memory as large as the input instead.
#include <algorithm>
#include <cstring>
#include <span>

#include "benchmarks/baseline/exchange.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/random_numbers.hpp"
#include "benchmarks/stage_parts.hpp"
#include "weir/runtime/chain.hpp"
#include "weir/runtime/exchange_writer.hpp"

namespace weir::benchmarks {
namespace {

using record = exchanged_record<16>;
constexpr std::size_t cache_resident = 32 * 1024;
constexpr std::size_t streamed = 4 * 1024 * 1024;
constexpr detail::channel_config config{.capacity = 8, .batch_records = 512, .same_thread = false};

std::span<const record> input(std::size_t count) {
  static const std::vector<record> records = [] {
    std::vector<record> made(streamed);
    for (std::size_t i = 0; i < streamed; ++i) made[i] = {random_number(1, i), {i}};
    return made;
  }();
  return std::span(records).first(count);
}

struct key_of {
  [[gnu::always_inline]] std::uint64_t operator()(const record& r) const { return r.key; }
};

/// The channels to a number of targets, their batches in memory already.
template <detail::columns Columns>
class target_channels {
 public:
  using batch_type = detail::batch<record, Columns>;

  explicit target_channels(std::size_t targets) {
    for (std::size_t target = 0; target < targets; ++target) {
      channels_.push_back(std::make_unique<recycling_channel>(config, batch_type::make));
      pointers_.push_back(channels_.back().get());
      for (const auto& batch : channels_.back()->batches()) {
        auto& typed = static_cast<batch_type&>(*batch);
        std::memset(static_cast<void*>(typed.records()), 1, config.batch_records * sizeof(record));
        if constexpr (Columns.hash) std::memset(typed.hashes(), 1, config.batch_records * sizeof(std::uint64_t));
      }
    }
  }

  std::size_t size() const { return channels_.size(); }
  recycling_channel& operator[](std::size_t target) { return *channels_[target]; }
  const std::vector<detail::channel*>& pointers() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<recycling_channel>> channels_;
  std::vector<detail::channel*> pointers_;
};

template <detail::columns Columns>
class scatter {
 public:
  explicit scatter(std::size_t targets)
      : channels_(targets), context_(1, {}, channels_.pointers()), chain_(writer(partitioner{key_of{}})) {
    chain_.open(context_.context, 0);
    check();
  }

  std::size_t run(std::span<const record> records) {
    for (std::size_t done = 0; done < records.size();) {
      const auto part = records.subspan(done, std::min(chain_.records_per_call(), records.size() - done));
      done += chain_.template process_from<detail::no_meta>([part](auto out) __attribute__((always_inline)) {
        for (const record& each : part) out(each);
        return part.size();
      });
    }
    return records.size();
  }

 private:
  using partitioner = detail::hash_partitioner<key_of>;
  using writer = detail::exchange_writer<record, Columns, partitioner>;

  /// Every record must come out once, at the target of its key.
  void check() {
    const auto records = input(cache_resident);
    std::uint64_t received = 0;
    for (std::size_t target = 0; target < channels_.size(); ++target) {
      channels_[target].inspect = [&received, target, this](detail::batch_base& sent) {
        auto& batch = static_cast<detail::batch<record, Columns>&>(sent);
        for (std::size_t i = 0; i < batch.size(); ++i) {
          const std::uint64_t hash = stable_hash(batch.record(i).key);
          expect_equal<std::size_t>(subtask_of_hash(hash, static_cast<std::uint32_t>(channels_.size())), target);
          if constexpr (Columns.hash) expect_equal(batch.hashes()[i], hash);
          received = add_exchanged{}(received, batch.record(i));
        }
      };
    }
    run(records);
    chain_.terminal().flush(detail::flush_reason::end);
    std::uint64_t expected = 0;
    for (const record& each : records) expected = add_exchanged{}(expected, each);
    expect_equal(received, expected);
    for (std::size_t target = 0; target < channels_.size(); ++target) channels_[target].inspect = nullptr;
  }

  target_channels<Columns> channels_;
  stage_context context_;
  detail::chain<writer> chain_;
};

/// The same bytes, batch by batch, into the batches of all targets in turn.
class copy {
 public:
  explicit copy(std::size_t targets) : channels_(targets) {}

  std::size_t run(std::span<const record> records) {
    std::size_t target = 0;
    for (; !records.empty(); target = target + 1 < channels_.size() ? target + 1 : 0) {
      const auto part = records.first(std::min(config.batch_records, records.size()));
      auto& batch = static_cast<detail::batch<record, detail::columns{}>&>(*channels_[target].take_empty());
      std::memcpy(static_cast<void*>(batch.records()), part.data(), part.size_bytes());
      benchmark::ClobberMemory();
      records = records.subspan(part.size());
    }
    return target;
  }

 private:
  target_channels<detail::columns{}> channels_;
};

class copy_to_memory {
 public:
  explicit copy_to_memory(std::size_t) : records_(streamed) {}

  std::size_t run(std::span<const record> records) {
    std::memcpy(static_cast<void*>(records_.data()), records.data(), records.size_bytes());
    return records.size();
  }

 private:
  std::vector<record> records_;
};

template <class Side>
void add_side_of(const std::string& group, const std::string& name, std::size_t targets, std::size_t count) {
  add_side(group, name, count, [=, side = std::shared_ptr<Side>()]() mutable {
    if (side == nullptr) side = std::make_shared<Side>(targets);
    return seconds_of([&] { return side->run(input(count)); });
  });
}

void add(const std::string& size, std::size_t count) {
  for (const std::size_t targets : {2, 8, 64}) {
    const std::string group = "partition_scatter/" + std::to_string(targets) + "_targets/" + size;
    add_side_of<copy>(group, "hand", targets, count);
    add_side_of<copy_to_memory>(group, "hand_memory", targets, count);
    add_side_of<scatter<detail::columns{}>>(group, "weir", targets, count);
    add_side_of<scatter<detail::columns{.time = false, .hash = true}>>(group, "weir_hash", targets, count);
  }
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  add("cache_resident", cache_resident);
  add("streamed", streamed);
  return run_benchmarks(argc, argv);
}
