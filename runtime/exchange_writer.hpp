#pragma once
// The terminal of a stage that ends at an exchange: a partitioner picks the target subtask of each record, which is
// appended to the batch open for that target.
//
// Plain records (trivially copyable, without borrowed strings) take a shorter way. The batch loop writes them through
// pointers that it holds in registers: straight into the open batch where there is one target, else into a small staging
// area, from which they are scattered once it is full: first all targets, then all copies, with the fill of each target
// looked at once per area instead of once per record.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/runtime/batch_local.hpp"
#include "weir/runtime/operator.hpp"
#include "weir/runtime/output.hpp"
#include "weir/runtime/partitioners.hpp"

namespace weir::detail {

template <class Element, columns Columns, class Partitioner>
class exchange_writer {
 public:
  using batch_type = batch<Element, Columns>;
  using meta_type = record_meta<Columns>;

  [[gnu::noinline]] explicit exchange_writer(Partitioner partitioner, std::size_t port = 0)
      : partitioner_(std::move(partitioner)), port_(port) {}
  // Copied and moved as a description only, before it is opened.
  [[gnu::noinline]] exchange_writer(const exchange_writer& other) : exchange_writer(other.partitioner_, other.port_) {}
  [[gnu::noinline]] exchange_writer(exchange_writer&& other) noexcept : exchange_writer(std::move(other.partitioner_), other.port_) {}
  [[gnu::noinline]] ~exchange_writer() = default;
  exchange_writer& operator=(const exchange_writer&) = delete;
  exchange_writer& operator=(exchange_writer&&) = delete;

  void open(operator_context& context) {
    outputs_.open(context, port_);
    partitioner_.start(context.subtask.subtask, outputs_.size());
    records_per_call_ = outputs_.batch_records();
    if (plain && outputs_.size() > 1) open_staging();
  }

  [[gnu::always_inline]] auto batch_local() {
    if constexpr (plain) {
      return local(*this, place());
    } else {
      return by_reference<exchange_writer>{this};
    }
  }
  template <class Local>
  [[gnu::always_inline]] void absorb(Local& held, std::uint64_t) {
    if constexpr (plain) leave(held.count);
  }

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    write(std::forward<Record>(record), out.meta());
  }

  /// Writes one record outside the batch loop.
  template <class Record, class Meta>
  [[gnu::always_inline]] void write(Record&& record, const Meta& meta) {
    if constexpr (Partitioner::hashes) {
      write_to(partitioner_.hash(std::as_const(record)), std::forward<Record>(record), meta);
    } else if constexpr (Partitioner::to_all) {
      const std::size_t last = outputs_.size() - 1;
      for (std::size_t target = 0; target < last; ++target) {
        outputs_[target].template append<batch_type>(std::as_const(record), meta_at(target, meta));
      }
      outputs_[last].template append<batch_type>(std::forward<Record>(record), meta_at(last, meta));
    } else {
      const std::size_t target = partitioner_.target(std::as_const(record), outputs_.size());
      outputs_[target].template append<batch_type>(std::forward<Record>(record), narrow<Columns>(meta));
    }
  }

  /// The same for a record whose key has this hash.
  template <class Record, class Meta>
  [[gnu::always_inline]] void write_to(std::uint64_t hash, Record&& record, const Meta& meta) {
    output& out = outputs_[Partitioner::target_of(hash, outputs_.size())];
    out.template append<batch_type>(std::forward<Record>(record), with_hash(meta, hash));
  }

  /// How many records may be written in one call so that no output sends more than the one batch it has room for.
  std::size_t records_per_call() const noexcept { return records_per_call_; }
  bool ready() { return outputs_.ready(); }
  bool spilling() const { return outputs_.spilling(); }
  bool holds_output() const { return outputs_.holds_output(); }
  void mark(mark_kind kind, timestamp time) { outputs_.mark(kind, time); }
  bool flush(flush_reason reason) { return outputs_.flush(reason); }
  void close() noexcept {}

 private:
  static constexpr bool plain = std::is_trivially_copyable_v<Element> && !has_borrowed<Element> &&
                                !Partitioner::to_all && !requires { requires Partitioner::calls_user; };
  static constexpr std::size_t staging_records_max = 128;

  /// Where the batch loop writes next: record `count` of the columns, of which there are `limit`.
  struct writing_place {
    Element* records;
    timestamp* times;
    std::uint64_t* hashes;
    std::size_t count;
    std::size_t limit;
  };

  /// Selectors are mostly pointers to members; what is larger stays where it is.
  static constexpr bool copies_partitioner = std::is_trivially_copyable_v<Partitioner> && sizeof(Partitioner) <= 56;

  struct local {
    exchange_writer* target;
    std::conditional_t<copies_partitioner, Partitioner, const Partitioner*> partitioner;
    Element* records;
    timestamp* times;
    std::uint64_t* hashes;
    std::size_t count;
    std::size_t limit;

    [[gnu::always_inline]] local(exchange_writer& writer, const writing_place& place)
        : target(&writer), partitioner(held_partitioner(writer)) {
      go_on_at(place);
    }

    template <class Record, class Out>
    [[gnu::always_inline]] void process(Record&& record, const Out& out) {
      ::new (static_cast<void*>(records + count)) Element(std::forward<Record>(record));
      if constexpr (Columns.time) times[count] = out.meta().time;
      if constexpr (Columns.hash) hashes[count] = hash(records[count]);
      if (++count == limit) [[unlikely]] go_on_at(target->next_place());
    }

   private:
    [[gnu::always_inline]] static auto held_partitioner(const exchange_writer& writer) {
      if constexpr (copies_partitioner) {
        return writer.partitioner_;
      } else {
        return &writer.partitioner_;
      }
    }
    [[gnu::always_inline]] std::uint64_t hash(const Element& record) const {
      if constexpr (copies_partitioner) {
        return partitioner.hash(record);
      } else {
        return partitioner->hash(record);
      }
    }
    // The members are set one by one: a whole place kept in the local would keep the local in memory.
    [[gnu::always_inline]] void go_on_at(const writing_place& place) {
      records = place.records;
      times = place.times;
      hashes = place.hashes;
      count = place.count;
      limit = place.limit;
    }
  };

  batch_type& open_batch(std::size_t target) noexcept { return static_cast<batch_type&>(outputs_[target].open_batch()); }

  static writing_place place_in(batch_type& filled) noexcept {
    return {filled.records(), filled.times(), filled.hashes(), filled.size(), filled.capacity()};
  }

  writing_place place() { return place_in(staging_ ? *staging_ : open_batch(0)); }

  [[gnu::noinline]] writing_place next_place() {
    leave(staging_ ? staging_->capacity() : open_batch(0).capacity());
    return place();
  }

  /// The batch loop has written up to `count`.
  void leave(std::size_t count) {
    if (staging_) {
      scatter(count);
    } else {
      open_batch(0).set_size(count);
      outputs_[0].send_if_full();
    }
  }

  void open_staging() {
    const std::size_t batch_records = outputs_.batch_records();
    const std::size_t staged = std::clamp<std::size_t>(batch_records / 4, 1, staging_records_max);
    staging_ = std::make_unique<batch_type>(staged);
    targets_.resize(staged);
    cursors_.resize(outputs_.size());
    // A batch goes when the staging area might not fit any more; what comes before a second one goes fits in a call.
    fill_max_ = batch_records - staged;
    records_per_call_ = std::max<std::size_t>(1, fill_max_);
  }

  [[gnu::noinline]] void scatter(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if constexpr (Partitioner::hashes && Columns.hash) {
        targets_[i] = static_cast<std::uint16_t>(Partitioner::target_of(staging_->hashes()[i], outputs_.size()));
      } else {
        targets_[i] = static_cast<std::uint16_t>(partitioner_.target(staging_->record(i), outputs_.size()));
      }
    }
    for (std::size_t target = 0; target < outputs_.size(); ++target) cursors_[target] = place_in(open_batch(target));
    for (std::size_t i = 0; i < count; ++i) {
      writing_place& cursor = cursors_[targets_[i]];
      const std::size_t next = cursor.count++;
      ::new (static_cast<void*>(cursor.records + next)) Element(staging_->record(i));
      if constexpr (Columns.time) cursor.times[next] = staging_->times()[i];
      if constexpr (Columns.hash) cursor.hashes[next] = staging_->hashes()[i];
    }
    for (std::size_t target = 0; target < outputs_.size(); ++target) {
      open_batch(target).set_size(cursors_[target].count);
      if (cursors_[target].count > fill_max_) outputs_[target].send_open();
    }
  }

  template <class Meta>
  [[gnu::always_inline]] meta_type meta_at(std::size_t target, const Meta& meta) const noexcept {
    if constexpr (Columns.hash) {
      return with_hash(meta, Partitioner::hash_at(target, outputs_.size()));
    } else {
      return narrow<Columns>(meta);
    }
  }

  template <class Meta>
  [[gnu::always_inline]] static meta_type with_hash(const Meta& meta, std::uint64_t hash) noexcept {
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
  std::size_t records_per_call_ = 0;
  std::unique_ptr<batch_type> staging_;  // null: one target
  std::vector<std::uint16_t> targets_;   // of the staged records
  std::vector<writing_place> cursors_;   // in the open batch of each target, during a scatter
  std::size_t fill_max_ = 0;
};

}  // namespace weir::detail
