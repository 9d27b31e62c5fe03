#include "ad_traffic.hpp"

#include <cstdio>

#include "examples/random_number.hpp"

namespace {

std::vector<std::string> identifiers(std::uint64_t seed, std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t high = random_number(seed, 2 * i);
    const std::uint64_t low = random_number(seed, 2 * i + 1);
    char text[40];
    std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(high >> 32),
                  static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xffff),
                  static_cast<unsigned>(low >> 48), static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
    made.emplace_back(text);
  }
  return made;
}

}  // namespace

ad_traffic::ad_traffic(std::uint64_t seed)
    : seed_(seed),
      users_(identifiers(seed + 1, 100)),
      pages_(identifiers(seed + 2, 100)),
      ads_(identifiers(seed + 3, campaigns * ads_per_campaign)) {}

numbered_event ad_traffic::event(std::uint64_t index) const noexcept {
  const std::uint64_t bits = random_number(seed_, index);
  return {
      .user = (bits & 0xff) % 100,
      .page = (bits >> 8 & 0xff) % 100,
      .ad = (bits >> 16 & 0xffff) % (campaigns * ads_per_campaign),
      .ad_type = (bits >> 32 & 0xff) % ad_types.size(),
      .event_type = (bits >> 40 & 0xff) % event_types.size(),
      .time_ms = first_event_ms + static_cast<std::int64_t>(index / events_per_ms),
  };
}
