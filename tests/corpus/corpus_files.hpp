#pragma once
// What the program that writes the corpus and the test that reads it must agree on, beside the job.
#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

#include "weir/core/error.hpp"

namespace corpus {

/// Gives payments.csv, in the working directory, the same time everywhere: a snapshot holds it, to notice a changed
/// file, and version control does not keep it.
inline void set_time_of_input() {
  const timespec noon{1'767'268'800, 0};  // 2026-01-01
  const timespec times[] = {noon, noon};
  if (::utimensat(AT_FDCWD, "payments.csv", times, 0) != 0) throw weir::error("payments.csv: its time cannot be set");
}

}  // namespace corpus
