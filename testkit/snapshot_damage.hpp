#pragma once
// What may happen to a snapshot after it was published: a bit of its data or manifest changes, or a file loses its end.
#include <cstdint>
#include <string>

#include "weir/testkit/memory_storage.hpp"
#include "weir/testkit/random_numbers.hpp"

namespace weir::testing {

/// Damages the snapshot in `directory`, in one of its files. Requires a complete snapshot there.
void damage_snapshot(memory_storage& disk, const std::string& directory, random_numbers& random);

}  // namespace weir::testing
