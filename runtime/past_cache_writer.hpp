#pragma once
// Large files that nobody reads soon, written past the page cache: the copy into the cache costs more than the disk does, and
// a sync at the end has little left to wait for. The files of posix_storage use it when they are asked to.
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace weir::detail {

/// Collects what is appended in aligned pieces, which a thread of its own writes, one after the other, while the next ones
/// fill up. Never more than `pieces` of them are in memory. Errors are those of ::write, as numbers: 0 is none, and after
/// another one every call gives it again. Thread: one at a time.
class past_cache_writer {
 public:
  static constexpr std::size_t alignment = 4096;  ///< of memory, lengths and places in the file
  static constexpr std::size_t piece_bytes = std::size_t{2} << 20;
  static constexpr std::size_t pieces = 3;

  /// Goes on at the place in the file where `descriptor` is, a multiple of `alignment`, and nobody else writes there
  /// meanwhile. Null where the file system does not offer this, or there is no memory or thread for it; then nothing has
  /// changed. A file system that refuses only when it is written to gets normal writes from then on.
  static std::unique_ptr<past_cache_writer> begin(int descriptor);

  past_cache_writer(const past_cache_writer&) = delete;
  past_cache_writer& operator=(const past_cache_writer&) = delete;
  /// Writes what is left, as `finish` does.
  ~past_cache_writer();

  /// May wait until there is room. Returns an error as soon as one is known.
  int append(std::string_view bytes);

  /// Waits until everything is written; then the descriptor takes normal writes again. Nothing may be appended any more.
  int finish();

 private:
  struct freed {
    void operator()(char* memory) const noexcept;
  };

  explicit past_cache_writer(int descriptor);
  void run();
  int write_all(std::string_view bytes);
  int hand_over();

  const int descriptor_;
  std::array<std::unique_ptr<char[], freed>, pieces> memory_;
  std::size_t filled_bytes_ = 0;  // of the piece number handed_over_
  bool finished_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t handed_over_ = 0;  // pieces, as all counts here
  std::uint64_t written_ = 0;
  bool ending_ = false;
  int failed_ = 0;

  std::jthread thread_;  // last, so that it ends before the rest goes
};

}  // namespace weir::detail
