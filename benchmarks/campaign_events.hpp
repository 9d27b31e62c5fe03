#pragma once
// The events of the Yahoo streaming benchmark in memory: seven fields, 100 campaigns of 10 ads, 20 events a
// millisecond.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "benchmarks/random_numbers.hpp"
#include "weir/core/schema.hpp"
#include "weir/core/timestamp.hpp"

namespace weir::benchmarks {

inline constexpr int campaigns = 100;
inline constexpr int ads_per_campaign = 10;
inline constexpr std::int64_t window_ms = 10'000;

struct ad_event {
  BOOST_HANA_DEFINE_STRUCT(ad_event, (std::string_view, user_id), (std::string_view, page_id),
                           (std::string_view, ad_id), (std::string_view, ad_type), (std::string_view, event_type),
                           (timestamp, event_time), (std::string_view, ip_address));
};

struct view {
  BOOST_HANA_DEFINE_STRUCT(view, (std::int32_t, campaign));
};

/// Ad ids differ in their first eight letters, so these are hash enough.
struct hash_ad {
  std::size_t operator()(std::string_view ad) const {
    std::uint64_t letters = 0;
    std::memcpy(&letters, ad.data(), sizeof letters);
    return random_number(letters, 0);
  }
};

/// The strings that events refer to, and the campaign of every ad.
class campaign_world {
 public:
  campaign_world() {
    for (std::uint64_t i = 0; i < 100; ++i) users_.push_back(id(1, i));
    for (std::uint64_t i = 0; i < 100; ++i) pages_.push_back(id(2, i));
    for (std::uint64_t i = 0; i < campaigns * ads_per_campaign; ++i) ads_.push_back(id(3, i));
    for (std::size_t i = 0; i < ads_.size(); ++i)
      campaign_of_[ads_[i]] = static_cast<std::int32_t>(i) / ads_per_campaign;
  }

  ad_event event(std::uint64_t index) const {
    static constexpr std::string_view ad_types[] = {"banner", "modal", "sponsored-search", "mail", "mobile"};
    static constexpr std::string_view event_types[] = {"view", "click", "purchase"};
    const std::uint64_t r = random_number(4, index);
    return {users_[(r & 255) % 100],
            pages_[(r >> 8 & 255) % 100],
            ads_[(r >> 16 & 65535) % ads_.size()],
            ad_types[(r >> 32 & 255) % 5],
            event_types[(r >> 40 & 255) % 3],
            from_epoch_ms(1'700'000'000'000 + static_cast<std::int64_t>(index / 20)),
            "1.2.3.4"};
  }

  std::vector<ad_event> events(std::size_t count) const {
    std::vector<ad_event> made;
    made.reserve(count);
    for (std::size_t i = 0; i < count; ++i) made.push_back(event(i));
    return made;
  }

  const std::unordered_map<std::string_view, std::int32_t, hash_ad>& campaign_of() const { return campaign_of_; }

 private:
  static std::string id(std::uint64_t seed, std::uint64_t index) {
    char text[40];
    const std::uint64_t a = random_number(seed, 2 * index);
    const std::uint64_t b = random_number(seed, 2 * index + 1);
    std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32),
                  static_cast<unsigned>(a >> 16 & 0xffff), static_cast<unsigned>(a & 0xffff),
                  static_cast<unsigned>(b >> 48), static_cast<unsigned long long>(b & 0xffffffffffff));
    return text;
  }

  std::vector<std::string> users_;
  std::vector<std::string> pages_;
  std::vector<std::string> ads_;
  std::unordered_map<std::string_view, std::int32_t, hash_ad> campaign_of_;
};

}  // namespace weir::benchmarks
