// A sum per key over records whose keys come in random order: weir's keyed_table, used batch by batch as operators do,
// against boost::unordered_flat_map. All keys are in the tables before the clock starts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "benchmarks/baseline/state_update.hpp"
#include "benchmarks/random_numbers.hpp"
#include "weir/state/keyed_table.hpp"

namespace weir::benchmarks {
namespace {

constexpr std::size_t batch_records = 512;
constexpr std::size_t distance = 16;  // records between a prefetch and what needs its result

template <class Key>
using weir_table = keyed_table<Key, std::uint64_t>;

/// The hashes come with the batch. A table that fits into a core's cache is used without prefetching.
template <class Key>
[[gnu::noinline]] void weir_update(weir_table<Key>& sums, std::span<const Key> keys) {
  std::array<std::uint64_t, batch_records + 2 * distance> hashes;
  for (std::size_t begin = 0; begin < keys.size(); begin += batch_records) {
    const std::span<const Key> batch = keys.subspan(begin, std::min(batch_records, keys.size() - begin));
    for (std::size_t i = 0; i < batch.size(); ++i) hashes[i] = stable_hash(batch[i]);
    const auto update = [&](std::size_t i) __attribute__((always_inline)) {
      sums.find_or_create(batch[i], hashes[i], [] { return std::uint64_t{0}; }) += begin + i;
    };
    if (!sums.worth_prefetching()) {
      for (std::size_t i = 0; i < batch.size(); ++i) update(i);
      continue;
    }
    std::fill_n(hashes.begin() + batch.size(), 2 * distance, hashes[batch.size() - 1]);  // what lies ahead at the end
    for (std::size_t i = 0; i < 2 * distance; ++i) sums.prefetch(hashes[i]);
    for (std::size_t i = 0; i < distance; ++i) sums.prefetch_entry(hashes[i]);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      sums.prefetch(hashes[i + 2 * distance]);
      sums.prefetch_entry(hashes[i + distance]);
      update(i);
    }
  }
}

/// `count` keys, and records that take them in random order. `bytes` is the length of a text.
template <class Key>
class workload {
 public:
  workload(std::size_t count, std::size_t records, std::size_t bytes) {
    if constexpr (std::is_same_v<Key, std::uint64_t>) {
      keys_ = random_numbers(1, count);
    } else {
      bytes_.reserve(count * bytes);
      for (std::size_t i = 0; i < count; ++i) append_text(i, bytes);
      for (std::size_t i = 0; i < count; ++i) keys_.push_back(std::string_view(bytes_).substr(i * bytes, bytes));
    }
    if constexpr (std::is_same_v<Key, std::string_view>) record_bytes_.reserve(records * bytes);
    for (std::size_t i = 0; i < records; ++i) {
      const Key& key = keys_[random_number(2, i) % count];
      if constexpr (std::is_same_v<Key, std::string_view>) {  // a record has its own copy of its key
        record_bytes_ += key;
        records_.push_back(std::string_view(record_bytes_).substr(i * bytes, bytes));
      } else {
        records_.push_back(key);
      }
      expected_ += stable_hash(key) * i;
    }
  }

  std::span<const Key> keys() const { return keys_; }
  std::span<const Key> records() const { return records_; }
  /// The sums of one pass over the records, each times its key's hash.
  std::uint64_t expected() const { return expected_; }

 private:
  void append_text(std::size_t index, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; ++at) {
      bytes_ += "0123456789abcdef"[random_number(1 + at / 12, index) >> (5 * (at % 12)) & 15];
    }
  }

  std::string bytes_;
  std::string record_bytes_;
  std::vector<Key> keys_;
  std::vector<Key> records_;
  std::uint64_t expected_ = 0;
};

/// A table with all keys, and what it should hold.
template <class Table, class Key>
class side {
 public:
  using update_function = void (*)(Table&, std::span<const Key>);

  side(std::shared_ptr<const workload<Key>> work, update_function update) : work_(std::move(work)), update_(update) {
    update_(sums_, work_->keys());
    unused_ = checksum();
  }

  void run(benchmark::State& state) {
    std::uint64_t expected = unused_ + passes_ * work_->expected();
    for (auto _ : state) {
      update_(sums_, work_->records());
      ++passes_;
      expected += work_->expected();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(work_->records().size()));
    if (checksum() != expected) state.SkipWithError("the sums differ");
  }

 private:
  std::uint64_t checksum() {
    std::uint64_t sum = 0;
    if constexpr (requires { sums_.for_each([](const auto&, std::uint64_t&) {}); }) {
      sums_.for_each([&](const auto& key, std::uint64_t& value) { sum += stable_hash(key) * value; });
    } else {
      for (const auto& [key, value] : sums_) sum += stable_hash(key) * value;
    }
    return sum;
  }

  std::shared_ptr<const workload<Key>> work_;
  update_function update_;
  Table sums_;
  std::uint64_t unused_ = 0;  ///< the checksum before the first pass
  std::uint64_t passes_ = 0;
};

/// Made when it first runs: a filter on the names saves the memory of the others.
template <class Side, class Work, class Update>
void add_side(const std::string& name, std::shared_ptr<Work> work, Update update) {
  auto made = std::make_shared<std::unique_ptr<Side>>();
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    if (*made == nullptr) *made = std::make_unique<Side>(work->get(), update);
    (*made)->run(state);
  })->Unit(benchmark::kMillisecond);
}

template <class Key>
class lazy_workload {
 public:
  lazy_workload(std::size_t count, std::size_t records, std::size_t bytes)
      : count_(count), records_(records), bytes_(bytes) {}
  std::shared_ptr<const workload<Key>> get() {
    if (made_ == nullptr) made_ = std::make_shared<workload<Key>>(count_, records_, bytes_);
    return made_;
  }

 private:
  std::size_t count_;
  std::size_t records_;
  std::size_t bytes_;
  std::shared_ptr<const workload<Key>> made_;
};

template <class Key>
void add(const std::string& name, std::size_t count, std::size_t records, std::size_t bytes) {
  using owned = owned_t<Key>;
  const auto work = std::make_shared<lazy_workload<Key>>(count, records, bytes);
  const std::string prefix = "state_update/" + name;
  using hand_function = void (*)(hand_table<owned>&, std::span<const Key>);
  add_side<side<hand_table<owned>, Key>>(prefix + "/hand", work, static_cast<hand_function>(hand_update));
  add_side<side<weir_table<Key>, Key>>(prefix + "/weir", work, weir_update<Key>);
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) {
  using namespace weir::benchmarks;
  constexpr std::size_t numbers = std::size_t{1} << 22;
  constexpr std::size_t texts = std::size_t{1} << 20;
  add<std::uint64_t>("10k", 10'000, numbers, 0);
  add<std::uint64_t>("1M", 1'000'000, numbers, 0);
  add<std::uint64_t>("10M", 10'000'000, numbers, 0);
  for (const std::size_t bytes : {std::size_t{12}, std::size_t{36}}) {
    const std::string kind = "text" + std::to_string(bytes) + "/";
    add<std::string_view>(kind + "100", 100, texts, bytes);
    add<std::string_view>(kind + "10k", 10'000, texts, bytes);
    add<std::string_view>(kind + "1M", 1'000'000, texts, bytes);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
