#pragma once
// Finds the flights and airports that are shipped with the example, from any working directory.
#include <string>

/// The path of the sample `name`: beside the program, among its Bazel runfiles, or in the source tree around the
/// working directory. `called_as` is argv[0]. Without success the name alone, so that the job says which file is
/// missing.
std::string sample_file(const char* called_as, const std::string& name);
