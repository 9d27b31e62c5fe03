#include "weir/connectors/results_mark.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

constexpr std::string_view name = "/.weir-results";
constexpr std::string_view begin_of_run = "weir results 1\nrun ";
constexpr std::string_view begin_of_checkpoint = "\ncheckpoint ";

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take(std::string_view& text, std::uint64_t& number) {
  const auto [next, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return code == std::errc();
}

}  // namespace

std::optional<results_mark> read_results_mark(storage& storage, const std::string& directory) {
  const std::string path = directory + std::string(name);
  if (!storage.exists(path)) return std::nullopt;
  std::array<char, 256> buffer{};
  std::string_view text(buffer.data(), storage.open(path)->read_at(0, buffer));
  results_mark mark;
  if (!take(text, begin_of_run) || !take(text, mark.run) || !take(text, begin_of_checkpoint) ||
      !take(text, mark.checkpoint) || text != "\n") {
    throw error(path + " is damaged, so that nobody knows which results are here; remove it together with the parts, or " +
                "name another directory");
  }
  return mark;
}

void write_results_mark(storage& storage, const std::string& directory, const results_mark& mark) {
  const std::string path = directory + std::string(name);
  const std::string in_progress = path + ".in-progress";
  const std::unique_ptr<writable_file> file = storage.create(in_progress);
  std::string text(begin_of_run);
  text += std::to_string(mark.run);
  text += begin_of_checkpoint;
  text += std::to_string(mark.checkpoint) + "\n";
  file->append(text);
  file->sync();
  file->close();
  storage.rename(in_progress, path);
}

}  // namespace weir::detail
