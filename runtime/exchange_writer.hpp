#pragma once
// The terminal of a stage that ends at an exchange: a partitioner picks the target subtask of each record, which is
// appended to the batch open for that target.
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/core/hash.hpp"
#include "weir/core/key_group.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/output.hpp"

namespace weir::detail {

/// Hash partitioning: all records of one key go to one subtask. The hash travels with the record.
template <class Selector>
struct hash_partitioner {
  static constexpr bool hashes = true;
  static constexpr bool to_all = false;
  Selector selector;

  template <class Record>
  [[gnu::always_inline]] std::uint64_t hash(const Record& record) const {
    return stable_hash(selector(record));
  }
  void start(std::size_t, std::size_t) noexcept {}
  [[gnu::always_inline]] std::size_t target(std::uint64_t hash, std::size_t targets) const {
    return subtask_of_hash(hash, static_cast<std::uint32_t>(targets));
  }
};

/// Subtask i sends to subtask i only.
struct forward_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record&, std::size_t) const noexcept {
    return 0;
  }
};

/// Round robin, each producer starting at its own index.
struct rebalance_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  std::size_t next = 0;
  void start(std::size_t subtask, std::size_t targets) noexcept { next = subtask % targets; }
  template <class Record>
  std::size_t target(const Record&, std::size_t targets) noexcept {
    const std::size_t chosen = next;
    next = chosen + 1 < targets ? chosen + 1 : 0;
    return chosen;
  }
};

/// Uniformly random, from a seed and the producer's index (xorshift64*, Vigna 2016).
struct random_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  std::uint64_t state = 0;
  void start(std::size_t subtask, std::size_t) noexcept { state = stable_hash(state + subtask) | 1; }
  template <class Record>
  std::size_t target(const Record&, std::size_t targets) noexcept {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    const std::uint64_t high = (state * 0x2545f4914f6cdd1dULL) >> 32;
    return static_cast<std::size_t>((high * targets) >> 32);
  }
};

/// Every record to every subtask.
struct broadcast_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = true;
  void start(std::size_t, std::size_t) noexcept {}
};

/// Every record to subtask 0.
struct global_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record&, std::size_t) const noexcept {
    return 0;
  }
};

/// `function(record, targets)` names the target subtask.
template <class Function>
struct custom_partitioner {
  static constexpr bool hashes = false;
  static constexpr bool to_all = false;
  Function function;
  void start(std::size_t, std::size_t) noexcept {}
  template <class Record>
  std::size_t target(const Record& record, std::size_t targets) const {
    const auto answer = function(record, targets);
    const auto chosen = static_cast<std::size_t>(answer);  // a negative answer becomes a very large one
    if (chosen >= targets) {
      using shown = std::conditional_t<std::is_signed_v<decltype(answer)>, std::int64_t, std::size_t>;
      throw error("partition(f): f chose subtask " + std::to_string(static_cast<shown>(answer)) + " of " +
                  std::to_string(targets) + "; return a number from 0 to " + std::to_string(targets - 1));
    }
    return chosen;
  }
};

template <class Element, columns Columns, class Partitioner>
class exchange_writer {
 public:
  using batch_type = batch<Element, Columns>;

  explicit exchange_writer(Partitioner partitioner, std::size_t port = 0)
      : partitioner_(std::move(partitioner)), port_(port) {}

  void open(operator_context& context) {
    outputs_.open(context, port_);
    partitioner_.start(context.subtask.subtask, outputs_.size());
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    write(std::forward<Record>(record), out.meta());
  }

  template <class Record, class Meta>
  [[gnu::always_inline]] void write(Record&& record, const Meta& meta) {
    if constexpr (Partitioner::hashes) {
      const std::uint64_t hash = partitioner_.hash(record);
      outputs_[partitioner_.target(hash, outputs_.size())].template append<batch_type>(std::forward<Record>(record), with_hash(meta, hash));
    } else if constexpr (Partitioner::to_all) {
      for (std::size_t target = 0; target + 1 < outputs_.size(); ++target) {
        outputs_[target].template append<batch_type>(std::as_const(record), narrow<Columns>(meta));
      }
      outputs_[outputs_.size() - 1].template append<batch_type>(std::forward<Record>(record), narrow<Columns>(meta));
    } else {
      const std::size_t target = partitioner_.target(std::as_const(record), outputs_.size());
      outputs_[target].template append<batch_type>(std::forward<Record>(record), narrow<Columns>(meta));
    }
  }

  std::size_t records_per_call() const noexcept { return outputs_.records_per_call(); }
  bool ready() { return outputs_.ready(); }
  bool spilling() const { return outputs_.spilling(); }
  bool holds_output() const { return outputs_.holds_output(); }
  void mark(mark_kind kind, timestamp time) { outputs_.mark(kind, time); }
  bool flush(flush_reason reason) { return outputs_.flush(reason); }
  void close() noexcept {}

 private:
  template <class Meta>
  [[gnu::always_inline]] static record_meta<Columns> with_hash(const Meta& meta, std::uint64_t hash) noexcept {
    if constexpr (!Columns.hash) {
      return narrow<Columns>(meta);
    } else if constexpr (Columns.time) {
      return {meta.time, hash};
    } else {
      return {hash};
    }
  }

  Partitioner partitioner_;
  std::size_t port_;
  output_set outputs_;
};

}  // namespace weir::detail
