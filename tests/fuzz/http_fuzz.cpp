// Bytes of any kind as HTTP requests, without a socket: the server answers each with at most one response or closes, an
// endpoint with a token does nothing for those who do not know it, and what a job is asked for is a request that was
// accepted. The first byte of an input decides whether the others are sent as they are, as a body, as a path, or as edits
// of a real request.
#include <httplib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "tests/web/fake_job.hpp"
#include "weir/core/hash.hpp"
#include "weir/web/http_server.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A connection whose other end has sent all of its bytes and waits.
class bytes_stream final : public httplib::Stream {
 public:
  explicit bytes_stream(std::string_view sent) : sent_(sent) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t count = std::min(size, sent_.size());
    std::memcpy(into, sent_.data(), count);
    sent_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    received_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 1;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return -1; }
  const std::string& received() const noexcept { return received_; }

 private:
  std::string_view sent_;
  std::string received_;
};

class fuzzed_server final : public httplib::Server {
 public:
  explicit fuzzed_server(std::string token) : endpoint_(job_, std::move(token)) {
    weir::detail::put_behind(*this, endpoint_);
  }

  /// What the server answered; `asked` gets what the job was asked for.
  std::string answer(std::string_view bytes, std::vector<std::string>& asked) {
    bytes_stream connection(bytes);
    bool closed = false;
    process_request(connection, true, closed, [](httplib::Request&) {});
    asked = job_.take_notes();
    return connection.received();
  }

 private:
  fake_job job_;
  weir::detail::job_endpoint endpoint_;
};

constexpr std::string_view token = "a-token-nobody-guesses";

void test(const std::string& request) {
  static fuzzed_server open("");
  static fuzzed_server guarded{std::string(token)};
  std::vector<std::string> asked;
  const std::string answer = open.answer(request, asked);
  require(answer.empty() || answer.starts_with("HTTP/1.1 "));
  if (!asked.empty()) {
    require(asked.size() == 1);
    const std::string status = answer.substr(9, 3);
    require(status == "200" || status == "201" || status == "202" || status == "409");
    // Spaces before a request line are skipped, as RFC 9112 (3) allows.
    const std::string_view line = request;
    require(line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with("POST "));
  }
  static_cast<void>(guarded.answer(request, asked));
  require(asked.empty() || request.find(token) != std::string::npos);
}

std::string post(std::string_view what, std::string_view body) {
  return "POST /jobs/a%20job/" + std::string(what) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

/// Applies the edits that `bytes` describes, three bytes each: a place and what to put there.
std::string edited(std::string text, std::string_view bytes) {
  constexpr std::string_view put = "\r\n :;,/%?&=-0123456789ABCDEFabcdef{}\"\\HTP.";
  for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t place = (at(0) * 256u + at(1)) % (text.size() + 1);
    if (at(2) < 128) {
      text.insert(place, 1, put[at(2) % put.size()]);
    } else if (at(2) < 192) {
      text.erase(place, at(2) % 32);
    } else if (place < text.size()) {
      text[place] = put[at(2) % put.size()];
    }
  }
  return text;
}

/// Short inputs stand for 40 bytes drawn from them, so that they do something, too.
std::string drawn_from(std::string_view input) {
  if (input.size() >= 16) return std::string(input);
  std::mt19937_64 random(weir::detail::hash_bytes(input.data(), input.size()));
  std::string bytes(40, '\0');
  for (char& each : bytes) each = static_cast<char>(random());
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    test("");
    return 0;
  }
  const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 8) {
    case 0:
      test(input);
      break;
    case 1:
      test(post("savepoints", input));
      break;
    case 2:
      test(post("stop", input));
      break;
    case 3:
      test("GET /" + input + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      break;
    default: {
      static const std::string stop = post("stop", R"({"drain": true, "savepoint": "sp"})");
      static const std::string cancel =
          "POST /jobs/a%20job/cancel HTTP/1.1\r\nHost: [::1]:8081\r\n"
          "Transfer-Encoding: chunked\r\nOrigin: http://[::1]:8081\r\n\r\n"
          "2\r\n{}\r\n0\r\n\r\n";
      test(edited(size % 2 == 0 ? stop : cancel, std::string_view(drawn_from(input)).substr(0, 3 * (1 + size % 13))));
      break;
    }
  }
  return 0;
}
