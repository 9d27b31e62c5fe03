#pragma once
// A channel: a bounded single-producer single-consumer queue of batches; spent batches flow back to be reused.
// At most `capacity` batches are queued, one is being filled and one is being read: that is all the memory an edge
// holds, unless one user call emits more than fits (see output.hpp, the spill).
#include <cstddef>
#include <memory>
#include <vector>

#include "weir/runtime/batch.hpp"
#include "weir/runtime/parker.hpp"

namespace weir::detail {

struct channel_config {
  std::size_t capacity = 8;        ///< queued batches at most
  std::size_t batch_records = 512; ///< records in a batch at most
  bool same_thread = false;        ///< producer and consumer run in one slot
};

/// Producer: `take_empty`, `send`, `has_room`. Consumer: `receive`, `give_back`, `has_batch`. All batches of a channel are of
/// the type that its edge carries; both ends know it.
class channel {
 public:
  virtual ~channel() = default;

  /// Who sleeps when the channel is full, and who when it is empty; null where nobody sleeps.
  void set_producer(parker* producer) noexcept { producer_ = producer; }
  void set_consumer(parker* consumer) noexcept { consumer_ = consumer; }

  /// While it is held the consumer sees nothing of what was sent, as if it were still on its way. Only channels within
  /// a thread heed it: the simulator delays edges with it.
  void hold(bool held) noexcept { held_ = held; }

  /// Whether the consumer would find a batch.
  virtual bool has_batch() const = 0;
  /// Whether the producer may send a batch.
  virtual bool has_room() const = 0;
  /// An empty batch to fill; the channel owns it.
  virtual batch_base* take_empty() = 0;
  /// Precondition: has_room().
  virtual void send(batch_base* filled) = 0;
  /// The oldest batch sent, or null.
  virtual batch_base* receive() = 0;
  /// Gives a batch back when its records are spent.
  virtual void give_back(batch_base* spent) = 0;

 protected:
  parker* producer_ = nullptr;
  parker* consumer_ = nullptr;
  bool held_ = false;
};

/// A channel within a slot or between two, as `config` says, for batches that `make` makes.
std::unique_ptr<channel> make_channel(const channel_config& config, batch_maker make);

/// The batches of one channel: made on demand by the producer, kept for reuse, freed with the channel.
class batch_pool {
 public:
  batch_pool(const channel_config& config, batch_maker make)
      : make_(make), batch_records_(config.batch_records), kept_max_(config.capacity + 2) {}

  batch_base* make();

  /// Frees a batch that a spill had added beyond the usual number; otherwise returns false.
  bool discard(batch_base* spent);

 private:
  batch_maker make_;
  std::size_t batch_records_;
  std::size_t kept_max_;
  std::vector<std::unique_ptr<batch_base>> owned_;
};

}  // namespace weir::detail
