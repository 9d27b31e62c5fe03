#pragma once
// Text files line by line: `from<"text">(lines("input.txt"))`, `to<"log">(lines("output.txt"))`; lines from standard
// input and from a socket.
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/connectors/directory_sink.hpp"
#include "weir/connectors/text_sink.hpp"
#include "weir/connectors/text_source.hpp"
#include "weir/core/format_value.hpp"
#include "weir/core/schema.hpp"

namespace weir {
namespace detail {

struct lines_format {
  using value_type = std::string_view;
  static constexpr bool reports_malformed = false;
  static constexpr std::string_view extension = ".txt";

  std::string describe(std::string_view where) const { return "lines(" + std::string(where) + ")"; }

  struct parser {
    static constexpr bool needs_header() noexcept { return false; }
    void bind_header(std::string_view, std::string_view) noexcept {}
    static bool parse(std::string_view line, std::string_view& record, arena&, parse_failure&) noexcept {
      record = line;
      return true;
    }
  };
  parser make_parser() const { return {}; }

  template <class Element>
  static constexpr bool accepts = describable<Element>;

  template <class Element>
  struct line_writer {
    void header(std::string&) const noexcept {}
    void row(const Element& element, std::string& out) const {
      if constexpr (std::convertible_to<const Element&, std::string_view>) {
        out += std::string_view(element);
      } else {
        format_value(weir::describe<Element>(), &element, out);
      }
      out += '\n';
    }
  };
  template <class Element>
  line_writer<Element> make_writer(const std::vector<std::string>&) const {
    return {};
  }
};

/// Connects to a TCP server and reads from it.
class socket_connection {
 public:
  socket_connection(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}
  std::string describe() const { return host_ + ":" + std::to_string(port_); }
  /// Throws weir::error when the host is unknown or nobody listens.
  live_input open() const;

 private:
  std::string host_;
  std::uint16_t port_;
};

}  // namespace detail

/// What `lines(path)` makes: a text file as a source and as a sink.
class lines_file : public file_source<detail::lines_format>, public file_sink<detail::lines_format> {
 public:
  explicit lines_file(const std::string& path)
      : file_source(path, detail::lines_format{}), file_sink(path, detail::lines_format{}) {}
  using file_sink::open;
  using file_source::describe;
  using file_source::open;
};

/// A text file, as a source of its lines (std::string_view, without line breaks; a path may be a glob) and as a sink
/// for strings, numbers and records, one a line.
inline auto lines(const std::string& path) { return lines_file(path); }

/// The parts of a directory as a sink.
inline auto lines(directory where) { return directory_sink<detail::lines_format>(std::move(where), {}); }

/// The lines of standard input.
inline auto lines(standard_input_t) {
  return live_source<detail::lines_format, detail::standard_input_connection>({}, {});
}

/// The lines that a TCP server sends; ends when the server closes the connection. Not read again after a restart.
inline auto socket_lines(std::string host, std::uint16_t port) {
  return live_source<detail::lines_format, detail::socket_connection>({std::move(host), port}, {});
}

}  // namespace weir
