#include "tests/kills/directory_events.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

directory_events::directory_events(const std::filesystem::path& checkpoints, const std::filesystem::path& results)
    : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  checkpoints_ = ::inotify_add_watch(descriptor_, checkpoints.c_str(), IN_CREATE);
  const int shown = ::inotify_add_watch(descriptor_, results.c_str(), IN_MOVED_TO);
  EXPECT_TRUE(checkpoints_ >= 0 && shown >= 0) << "cannot watch " << checkpoints << " and " << results;
}

directory_events::~directory_events() { ::close(descriptor_); }

void directory_events::forget() { read(event::none); }

bool directory_events::wait_for(event wanted, std::chrono::milliseconds timeout) {
  pollfd watched{descriptor_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(timeout.count())) > 0 && read(wanted);
}

bool directory_events::read(event wanted) {
  bool found = false;
  alignas(inotify_event) char buffer[16'384];
  for (;;) {
    const ::ssize_t count = ::read(descriptor_, buffer, sizeof buffer);
    if (count <= 0) return found;
    for (const char* at = buffer; at < buffer + count;) {
      inotify_event each{};
      std::memcpy(&each, at, sizeof each);
      const std::string_view name = each.len > 0 ? std::string_view(at + sizeof each) : std::string_view();
      event what = event::none;
      if (each.wd == checkpoints_ && name.starts_with("chk-")) what = event::checkpoint_begun;
      if (each.wd != checkpoints_ && !name.starts_with(".")) what = event::part_shown;
      found = found || (what == wanted && what != event::none);
      at += sizeof each + each.len;
    }
  }
}
