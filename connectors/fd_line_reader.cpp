#include "weir/connectors/fd_line_reader.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/core/sanitizer.hpp"

namespace weir {
namespace {

[[noreturn]] void fail(const std::string& name, int code) {
  throw error(fmt::format("cannot read from {}: {}; check the program or the connection at its other side", name,
                          std::generic_category().message(code)));
}

/// True if a read would return at once, with bytes, the end or an error.
bool can_read(int fd, const std::string& name) {
  ::pollfd polled{fd, POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&polled, 1, 0);
    if (ready > 0 && (polled.revents & POLLNVAL) != 0) fail(name, EBADF);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) fail(name, errno);
  }
}

}  // namespace

fd_line_reader::fd_line_reader(int fd, std::string name, line_reader_options options)
    : fd_(fd), name_(std::move(name)), options_(options) {
  options_.block_bytes = std::max<std::size_t>(options_.block_bytes, 1);
}

line_status fd_line_reader::read_more(std::string_view& line) {
  while (!ended_ && can_read(fd_, name_)) {
    make_room();
    char* const place = block_.bytes() + (read_end_ - block_.bytes());
    const auto room = static_cast<std::size_t>(block_.bytes() + block_.capacity() - place);
    const ::ssize_t count = ::read(fd_, place, room);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return line_status::would_block;
      fail(name_, errno);
    }
    ended_ = count == 0;
    const auto* newline = static_cast<const char*>(std::memchr(place, '\n', static_cast<std::size_t>(count)));
    read_end_ += count;
    if (newline != nullptr) {
      line = take_line(newline, newline + 1);
      return line_status::line;
    }
    searched_ = static_cast<std::size_t>(read_end_ - cursor_);
  }
  if (!ended_) return line_status::would_block;
  if (cursor_ == read_end_) return line_status::end;
  line = take_line(read_end_, read_end_);
  return line_status::line;
}

/// Makes sure that the block has room behind what has arrived.
void fd_line_reader::make_room() {
  if (block_ && read_end_ < block_.bytes() + block_.capacity()) return;
  const auto rest = static_cast<std::size_t>(read_end_ - cursor_);
  if (rest > options_.line_bytes_max) {
    throw error(fmt::format("line {} of {} is longer than {} bytes; break the lines up, or check that text comes from there",
                            lines_read_ + 1, name_, options_.line_bytes_max));
  }
  const std::size_t capacity = rest < options_.block_bytes / 2 + 1 ? options_.block_bytes : 2 * rest;
  const bool reusable = block_ && block_.capacity() == capacity && block_.sole() && !detail::address_sanitizer;
  block_handle next = reusable ? block_ : block_handle(capacity);
  if (rest > 0) std::memmove(next.bytes(), cursor_, rest);
  block_ = std::move(next);
  cursor_ = block_.bytes();
  read_end_ = cursor_ + rest;
}

}  // namespace weir
