// What the command line finds when a program links //web. The target is linked whole, because nothing refers to this
// file.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/dsl/web_extension.hpp"
#include "weir/web/http_client.hpp"
#include "weir/web/http_server.hpp"
#include "weir/web/served_file.hpp"
#include "weir/web/web_address.hpp"

namespace weir::detail {
namespace {

/// The first line of the file, or the environment variable; empty where neither is given.
std::string token_of(const web_place& where, storage& disk) {
  if (where.token_file.empty()) {
    const char* const given = std::getenv("WEIR_WEB_TOKEN");
    return given == nullptr ? "" : given;
  }
  std::array<char, 4096> buffer;
  const std::size_t count = disk.open(where.token_file)->read_at(0, buffer);
  std::string token(buffer.data(), count);
  token.resize(std::min(token.find_first_of("\r\n"), token.size()));
  if (token.empty()) throw error(fmt::format("{} holds no token; write one into its first line", where.token_file));
  return token;
}

class served_job final : public web_service {
 public:
  served_job(job_control& job, const web_place& where, storage& disk)
      : server_(job, where.listen, token_of(where, disk)) {
    if (!where.checkpoint_directory.empty()) file_.emplace(disk, where.checkpoint_directory, job.name(), server_.url());
  }
  std::string url() const override { return server_.url(); }

 private:
  http_server server_;
  std::optional<served_file> file_;
};

/// What was said first counts: --url, --web, the checkpoint directory, the usual port.
std::string place_to_ask(const web_question& question, const web_place& where, storage& disk) {
  if (!where.url.empty()) return where.url;
  if (!where.listen.empty()) {
    web_address address = parse_listen_address(where.listen);
    if (address.host == "0.0.0.0" || address.host == "::") address.host = "127.0.0.1";
    return url_of(address);
  }
  if (where.checkpoint_directory.empty()) return url_of({"127.0.0.1", web_port_default});
  if (const auto url = served_at(disk, where.checkpoint_directory)) return *url;
  throw error(fmt::format("job '{}': no job with the checkpoint directory {} is being served; start it with --web PORT",
                          question.job, where.checkpoint_directory));
}

class http_extension final : public web_extension {
 public:
  std::unique_ptr<web_service> serve(job_control& job, const web_place& where, storage& disk) const override {
    return std::make_unique<served_job>(job, where, disk);
  }
  std::string ask(const web_question& question, const web_place& where, storage& disk) const override {
    return ask_over_http(question, place_to_ask(question, where, disk), token_of(where, disk));
  }
};

const http_extension extension;
const web_registration registration(extension);

}  // namespace
}  // namespace weir::detail
