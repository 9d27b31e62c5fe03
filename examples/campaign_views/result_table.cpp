#include "result_table.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <utility>

namespace {

/// 6718342 as 6,718,342.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

}  // namespace

view_totals add_views::operator()(view_totals totals,
                                  const weir::window_result<std::int32_t, std::int64_t>& window) const {
  totals.views.at(static_cast<std::size_t>(window.key)) += window.value;
  ++totals.windows;
  return totals;
}

view_totals add_views::operator()(view_totals totals, const view_totals& others) const {
  for (std::size_t campaign = 0; campaign < campaigns; ++campaign) totals.views[campaign] += others.views[campaign];
  totals.windows += others.windows;
  return totals;
}

void print_results(const view_totals& totals, const weir::job_report& report, const std::string& output) {
  std::array<std::size_t, campaigns> ranking{};
  std::iota(ranking.begin(), ranking.end(), std::size_t{0});
  std::ranges::sort(ranking, std::less(), [&](std::size_t campaign) {
    return std::pair(-totals.views[campaign], campaign);  // the most views first
  });
  const std::int64_t all = std::accumulate(totals.views.begin(), totals.views.end(), std::int64_t{0});
  const std::uint64_t events = report.find("events")->records_out;
  const double seconds = std::chrono::duration<double>(report.duration).count();
  constexpr std::size_t shown = 10;

  std::printf("\n  campaign         views     share\n");
  for (std::size_t place = 0; place < shown; ++place) {
    const std::int64_t views = totals.views[ranking[place]];
    const double share = all > 0 ? 100.0 * static_cast<double>(views) / static_cast<double>(all) : 0;
    std::printf("  %8zu  %12s  %6.3f %%\n", ranking[place], grouped(views).c_str(), share);
  }
  std::printf("  and %zu more\n\n", campaigns - shown);
  std::printf("  events   %13s\n", grouped(static_cast<std::int64_t>(events)).c_str());
  std::printf("  views    %13s\n", grouped(all).c_str());
  std::printf("  windows  %13s    (one campaign, 10 s of event time)\n", grouped(totals.windows).c_str());
  std::printf("  speed    %13.1f    million events a second\n\n", static_cast<double>(events) / seconds / 1e6);
  std::printf("  All counts are in %s\n", output.c_str());
}
