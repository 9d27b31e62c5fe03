#include "sample_file.hpp"

#include <filesystem>

std::string sample_file() {
  namespace files = std::filesystem;
  const files::path inside = files::path("examples") / "flights" / "sample.jsonl";
  std::error_code failed;
  const files::path program = files::read_symlink("/proc/self/exe", failed);
  const files::path runfiles = program.string() + ".runfiles";
  // "weir" and "_main" are what Bazel 4 and Bazel 7 call the main repository.
  for (const files::path& place : {program.parent_path() / "sample.jsonl", runfiles / "weir" / inside,
                                   runfiles / "_main" / inside, inside}) {
    if (files::exists(place, failed)) return place.string();
  }
  return "sample.jsonl";
}
