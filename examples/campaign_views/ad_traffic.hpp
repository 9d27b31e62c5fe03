#pragma once
// The input of the Yahoo streaming benchmark: events about 1,000 ads of 100 campaigns. Event i depends only on a seed
// and on i, so the events can be made in any order and on any number of threads, and the same ones again in a file.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

inline constexpr std::size_t campaigns = 100;
inline constexpr std::size_t ads_per_campaign = 10;
inline constexpr std::int64_t first_event_ms = 1'700'000'000'000;
inline constexpr std::uint64_t events_per_ms = 20;
inline constexpr std::array<std::string_view, 3> event_types = {"view", "click", "purchase"};
inline constexpr std::array<std::string_view, 5> ad_types = {"banner", "modal", "sponsored-search", "mail", "mobile"};

/// An event as numbers: indices into the names of ad_traffic, and milliseconds since 1970.
struct numbered_event {
  std::size_t user;
  std::size_t page;
  std::size_t ad;
  std::size_t ad_type;
  std::size_t event_type;
  std::int64_t time_ms;
};

class ad_traffic {
 public:
  explicit ad_traffic(std::uint64_t seed);

  numbered_event event(std::uint64_t index) const noexcept;

  // Identifiers in the form of UUIDs.
  const std::vector<std::string>& users() const noexcept { return users_; }
  const std::vector<std::string>& pages() const noexcept { return pages_; }
  const std::vector<std::string>& ads() const noexcept { return ads_; }

  static std::int32_t campaign_of(std::size_t ad) noexcept { return static_cast<std::int32_t>(ad / ads_per_campaign); }

 private:
  std::uint64_t seed_;
  std::vector<std::string> users_;
  std::vector<std::string> pages_;
  std::vector<std::string> ads_;
};
