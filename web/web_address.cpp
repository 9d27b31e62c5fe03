#include "weir/web/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

std::optional<int> parse_number(std::string_view text, int most) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size() || number < 0 || number > most) return std::nullopt;
  return number;
}

constexpr int port_max = 65535;

/// "host:port" or "[host]:port"; without a port that is `port`.
std::optional<web_address> parse_host_and_port(std::string_view text, std::optional<int> port) {
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  const std::string_view rest = text.substr(host_end + (bracketed ? 1 : 0));
  if (rest.starts_with(':')) port = parse_number(rest.substr(1), port_max);
  if (host.empty() || !port || (!rest.empty() && rest.front() != ':')) return std::nullopt;
  return web_address{std::string(host), *port};
}

}  // namespace

web_address parse_listen_address(std::string_view text) {
  if (const auto port = parse_number(text, port_max)) return {"127.0.0.1", *port};
  if (const auto found = parse_host_and_port(text, std::nullopt)) return *found;
  throw error(
      fmt::format("'{}' is no place to listen on; write a port, 8081, or a host and a port, 0.0.0.0:8081 or "
                  "[::1]:8081",
                  text));
}

web_address parse_url(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (const auto found = parse_host_and_port(rest, 80)) return *found;
  }
  throw error(fmt::format("'{}' is not where a job is served; write http://HOST:PORT", text));
}

std::string url_of(const web_address& address) {
  const bool numeric6 = address.host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", numeric6 ? "[" : "", address.host, numeric6 ? "]" : "", address.port);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Four numbers and nothing else: "127.evil.example" is a name.
  int parts = 0;
  for (std::string_view rest = host;; ++parts) {
    const std::size_t dot = rest.find('.');
    const auto number = parse_number(rest.substr(0, dot), 255);
    if (!number || (parts == 0 && *number != 127)) return false;
    if (dot == std::string_view::npos) return parts == 3;
    rest.remove_prefix(dot + 1);
  }
}

bool names_loopback(std::string_view host_header) {
  const auto found = parse_host_and_port(host_header, 80);
  return found && is_loopback(found->host);
}

}  // namespace weir::detail
