#pragma once
// A directory that a job fills with parts, for results without an end: `to<"out">(csv(directory("out")))`. A part is a file
// that is written once and then never changes; it appears, whole, once the checkpoint that covers it is complete.
#include <chrono>
#include <cstdint>
#include <string>

namespace weir {

class directory {
 public:
  explicit directory(std::string path);

  /// A part that has reached this size is closed, at the end of a row: 128 MiB. Throws weir::error for 0.
  directory roll_bytes(std::uint64_t bytes) &&;

  /// A part is closed after this time, too: 15 minutes. Every checkpoint closes parts, so without checkpoints this is how long
  /// rows wait until they are seen. Throws weir::error for less than a millisecond.
  directory roll_after(std::chrono::milliseconds time) &&;

  /// Without a slash at its end.
  const std::string& path() const noexcept { return path_; }
  std::uint64_t bytes_of_part() const noexcept { return roll_bytes_; }
  std::chrono::milliseconds time_of_part() const noexcept { return roll_after_; }

 private:
  std::string path_;
  std::uint64_t roll_bytes_ = std::uint64_t{128} << 20;
  std::chrono::milliseconds roll_after_ = std::chrono::minutes{15};
};

}  // namespace weir
