#include "weir/connectors/lines.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "weir/core/error.hpp"

namespace weir::detail {

live_input socket_connection::open() const {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &wanted, &found);
  if (status != 0) {
    throw error("cannot find the host of " + describe() + " (" + ::gai_strerror(status) + "); check its name");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  int reason = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int descriptor = ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (descriptor < 0) {
      reason = errno;
      continue;
    }
    close_descriptor guard(descriptor);
    if (::connect(descriptor, address->ai_addr, address->ai_addrlen) == 0) {
      return {std::move(guard), fd_line_reader(descriptor, describe())};
    }
    reason = errno;
  }
  throw error("cannot connect to " + describe() + " (" + std::strerror(reason) +
              "); start the server that sends the lines, or correct host and port");
}

}  // namespace weir::detail
