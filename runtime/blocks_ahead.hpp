#pragma once
// The blocks of a snapshot that one operator of a subtask is restored from, read and checked by a helper thread while the
// subtask takes up those before. A block that nobody has begun when the subtask wants it is read by the subtask: it never waits
// for a helper that does not get a core. restored_snapshot.cpp uses it.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "weir/runtime/helper_thread.hpp"
#include "weir/state/snapshot_reader.hpp"

namespace weir::detail {

/// Thread: one, that of the slot.
class blocks_ahead {
 public:
  /// Blocks that may be in memory at a time.
  static constexpr std::size_t blocks_max = 4;
  /// With less to read there is no helper.
  static constexpr std::uint64_t helped_bytes_min = std::uint64_t{8} << 20;

  /// The blocks at these places of the reader's manifest, in this order. `start` may be null: then there is no helper.
  blocks_ahead(snapshot_reader reader, std::vector<const block_place*> places, helper_starter start);
  blocks_ahead(const blocks_ahead&) = delete;
  blocks_ahead& operator=(const blocks_ahead&) = delete;
  /// Waits until the helper has ended, which takes no longer than one block.
  ~blocks_ahead();

  /// Null after the last one. Valid until the next call. Throws what snapshot_reader::read_into throws.
  const snapshot_block* next();

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void run();
  snapshot_block& place_for(std::size_t number) noexcept { return blocks_[number % blocks_max]; }
  const snapshot_block* read_here(std::size_t number);

  snapshot_reader reader_;         // of the subtask
  snapshot_reader helpers_reader_;
  std::vector<const block_place*> places_;
  std::vector<snapshot_block> blocks_;  // of the helper, in turn
  snapshot_block own_block_;
  std::size_t next_ = 0;  // of places_
  bool helped_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_ = 0;       // blocks, by whomever; as all counts here
  std::size_t released_ = 0;    // by the subtask
  std::size_t reading_ = none;  // which one the helper is at
  std::size_t failed_ = none;   // which one the helper could not read, and went
  bool ending_ = false;

  std::unique_ptr<helper_thread> helper_;  // last, so that it ends before the rest goes
};

}  // namespace weir::detail
