#pragma once
// The steps of the Yahoo streaming benchmark, from any source of ad events to a stream of counts; its test runs them on
// events of its own.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ad_traffic.hpp"
#include "weir/core/error.hpp"
#include "weir/weir.hpp"

/// What the job reads of an event; the input has more members, which are skipped. The strings are views.
struct ad_event {
  BOOST_HANA_DEFINE_STRUCT(ad_event, (std::string_view, ad_id), (std::string_view, event_type),
                           (weir::timestamp, event_time));
};

/// An ad was seen; what is left of an event that counts.
struct view {
  BOOST_HANA_DEFINE_STRUCT(view, (std::int32_t, campaign));
};

/// To which campaign an ad belongs.
class ad_directory {
 public:
  explicit ad_directory(const ad_traffic& traffic) {
    for (std::size_t ad = 0; ad < traffic.ads().size(); ++ad) {
      campaign_of_.emplace(traffic.ads()[ad], ad_traffic::campaign_of(ad));
    }
  }

  /// Throws weir::error for an ad of nobody.
  std::int32_t campaign_of(std::string_view ad) const {
    const auto found = campaign_of_.find(ad);
    if (found != campaign_of_.end()) return found->second;
    throw weir::error("ad '" + std::string(ad) + "' is in no campaign; give the --seed that the input was made with");
  }

 private:
  struct text_hash {
    using is_transparent = void;  // looks views up without a copy
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::int32_t, text_hash, std::equal_to<>> campaign_of_;
};

/// The events of `traffic` as a source that makes them in memory: `rate` of them a second, or as many as it can if that
/// is 0.
inline auto made_events(std::shared_ptr<const ad_traffic> traffic, std::uint64_t count, double rate = 0) {
  const auto make = [traffic = std::move(traffic)](std::uint64_t index) {
    const numbered_event event = traffic->event(index);
    return ad_event{traffic->ads()[event.ad], event_types[event.event_type], weir::from_epoch_ms(event.time_ms)};
  };
  auto events = weir::generate(make, weir::bounded{count});
  return rate > 0 ? std::move(events).rate(rate) : events;
}

/// How often the ads of each campaign were seen in every 10 seconds.
template <class Events>
auto views_per_campaign(Events events, ad_directory ads) {
  using namespace weir;
  using namespace std::chrono_literals;
  // clang-format off: one operator a line
  return from<"events">(std::move(events), event_time(&ad_event::event_time, ascending()))
         | filter([](const ad_event& event) { return event.event_type == "view"; })
         | map([ads = std::move(ads)](const ad_event& event) { return view{ads.campaign_of(event.ad_id)}; })
         | key_by(&view::campaign)
         | window(tumbling(10s))
         | aggregate<"views">(count().as<"views">());
  // clang-format on
}
