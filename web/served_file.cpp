#include "weir/web/served_file.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

std::string path_of(const std::string& checkpoint_directory) { return checkpoint_directory + "/web.json"; }

}  // namespace

served_file::served_file(storage& disk, const std::string& checkpoint_directory, const std::string& job,
                         const std::string& url)
    : disk_(disk), path_(path_of(checkpoint_directory)) {
  const nlohmann::ordered_json told = {{"job", job}, {"url", url}};
  const std::string in_progress = path_ + ".in-progress";
  const auto file = disk_.create(in_progress);
  file->append(told.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  file->close();
  disk_.rename(in_progress, path_);
}

served_file::~served_file() {
  try {
    disk_.remove(path_);
  } catch (const error&) {  // whoever follows it finds nobody there
  }
}

std::optional<std::string> served_at(storage& disk, const std::string& checkpoint_directory) {
  const std::string path = path_of(checkpoint_directory);
  if (!disk.exists(path)) return std::nullopt;
  std::array<char, 4096> buffer;
  const std::size_t count = disk.open(path)->read_at(0, buffer);
  const auto told = nlohmann::json::parse(buffer.data(), buffer.data() + count, nullptr, false);
  if (told.is_object() && told.contains("url") && told["url"].is_string()) return told["url"].get<std::string>();
  throw error(fmt::format("{} does not say where the job is served; remove it and give --url", path));
}

}  // namespace weir::detail
