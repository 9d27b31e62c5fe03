#include "weir/web/web_address.hpp"

#include <gtest/gtest.h>

#include <string>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

std::string listens_on(const char* text) {
  const web_address found = parse_listen_address(text);
  return found.host + " " + std::to_string(found.port);
}

TEST(listen_address, is_a_port_on_the_loopback_address_or_a_host_with_one) {
  EXPECT_EQ(listens_on("8081"), "127.0.0.1 8081");
  EXPECT_EQ(listens_on("0"), "127.0.0.1 0");
  EXPECT_EQ(listens_on("0.0.0.0:80"), "0.0.0.0 80");
  EXPECT_EQ(listens_on("[::1]:8081"), "::1 8081");
  EXPECT_EQ(listens_on("example.org:1"), "example.org 1");
}

TEST(listen_address, refuses_other_texts) {
  for (const char* wrong : {"", "-1", "65536", "80x", ":80", "host:", "host", "host:80:80", "[::1]", "[::1]80", "[::1",
                            "::1", "host:99999", " 80"}) {
    EXPECT_THROW(parse_listen_address(wrong), error) << wrong;
  }
}

TEST(url, has_a_host_and_perhaps_a_port) {
  EXPECT_EQ(parse_url("http://127.0.0.1:8081").port, 8081);
  EXPECT_EQ(parse_url("http://127.0.0.1:8081/").host, "127.0.0.1");
  EXPECT_EQ(parse_url("http://example.org").port, 80);
  EXPECT_EQ(parse_url("http://[::1]:7").host, "::1");
  for (const char* wrong : {"", "127.0.0.1:8081", "https://host:1", "http://", "http://host:1/jobs", "http://:1"}) {
    EXPECT_THROW(parse_url(wrong), error) << wrong;
  }
  for (const char* same : {"http://127.0.0.1:8081", "http://[::1]:7"}) EXPECT_EQ(url_of(parse_url(same)), same);
}

TEST(loopback, is_what_only_this_machine_can_mean) {
  for (const char* own : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback(own)) << own;
  for (const char* other : {"", "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.org", "127.evil",
                            "127.0.0", "127.0.0.256", "localhost.example.org", "127.0.0.1.1"}) {
    EXPECT_FALSE(is_loopback(other)) << other;
  }
  for (const char* own : {"localhost", "localhost:8081", "127.0.0.1:1", "[::1]:8081"})
    EXPECT_TRUE(names_loopback(own)) << own;
  for (const char* other : {"", "example.org", "example.org:8081", "localhost:x", "127.0.0.1.example.org:80"}) {
    EXPECT_FALSE(names_loopback(other)) << other;
  }
}

}  // namespace
}  // namespace weir::detail
