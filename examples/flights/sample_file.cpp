#include "sample_file.hpp"

#include <filesystem>

std::string sample_file(const char* called_as, const std::string& name) {
  namespace files = std::filesystem;
  const files::path inside = files::path("examples") / "flights" / name;
  std::error_code failed;
  // A program may have been called through a link; the sample may lie beside the link or beside the program.
  for (const files::path& program : {files::path(called_as), files::read_symlink("/proc/self/exe", failed)}) {
    const files::path runfiles = program.string() + ".runfiles";
    // "weir" and "_main" are what Bazel 4 and Bazel 7 call the main repository.
    for (const files::path& place :
         {program.parent_path() / name, runfiles / "weir" / inside, runfiles / "_main" / inside, inside}) {
      if (files::exists(place, failed)) return place.string();
    }
  }
  return name;
}
