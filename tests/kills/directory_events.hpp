#pragma once
// Says at once when a checkpoint is begun and when a part of the results appears.
#include <chrono>
#include <filesystem>

class directory_events {
 public:
  enum class event { none, checkpoint_begun, part_shown };

  /// Both directories must be there.
  directory_events(const std::filesystem::path& checkpoints, const std::filesystem::path& results);
  ~directory_events();
  directory_events(const directory_events&) = delete;
  directory_events& operator=(const directory_events&) = delete;

  /// Forgets what has happened up to now.
  void forget();

  /// Waits for `wanted`, at most this long; what else happens meanwhile is forgotten.
  bool wait_for(event wanted, std::chrono::milliseconds timeout);

 private:
  /// Reads what has come; returns whether `wanted` was among it.
  bool read(event wanted);

  int descriptor_ = -1;
  int checkpoints_ = -1;
};
