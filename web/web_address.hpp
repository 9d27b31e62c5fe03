#pragma once
// Hosts and ports as options and URLs write them.
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::detail {

struct web_address {
  std::string host;  ///< without brackets
  int port = 0;
};

/// The port on which a job is looked for when nobody says where it is.
inline constexpr int web_port_default = 8081;

/// "8081" (on the loopback address), "0.0.0.0:8081", "[::1]:8081". Throws weir::error for other texts.
web_address parse_listen_address(std::string_view text);

/// "http://127.0.0.1:8081", with or without a last slash. Throws weir::error for other texts.
web_address parse_url(std::string_view text);

/// "http://[::1]:8081".
std::string url_of(const web_address& address);

/// Whether nobody but this machine can mean that host: "localhost", 127.0.0.0/8, "::1".
bool is_loopback(std::string_view host);

/// The same for the value of a Host header, which may have a port.
bool names_loopback(std::string_view host_header);

}  // namespace weir::detail
