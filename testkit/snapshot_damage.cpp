#include "weir/testkit/snapshot_damage.hpp"

#include <string_view>

#include "weir/state/snapshot_manifest.hpp"

namespace weir::testing {

void damage_snapshot(memory_storage& disk, const std::string& directory, random_numbers& random) {
  const std::string_view file = random.one_in(3) ? weir::detail::manifest_name : weir::detail::data_name;
  const std::string path = directory + "/" + std::string(file);
  std::string bytes = disk.read(path);
  const std::size_t place = random.below(bytes.size());
  if (random.one_in(3)) {
    bytes.resize(place);
  } else {
    const unsigned bit = 1u << random.below(8);
    bytes[place] = static_cast<char>(static_cast<unsigned char>(bytes[place]) ^ bit);
  }
  disk.write(path, bytes);
}

}  // namespace weir::testing
