#pragma once
// Finds the flights that are shipped with the example, from any working directory.
#include <string>

/// The path of sample.jsonl: beside the program, among its Bazel runfiles, or in the source tree around the working
/// directory. Without success the name alone, which makes the job say that the file is missing.
std::string sample_file();
