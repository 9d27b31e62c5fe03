#pragma once
// When a calendar looks at a row again that goes when its key is not seen any more: see dsl/interval_join_operator.hpp.
#include <algorithm>
#include <chrono>

namespace weir::detail {

/// How long behind the end of a row's last record to look at it. A look at a row whose key was seen again is for
/// nothing; a row whose key was not has been kept for nothing. The delay begins with half an interval. It doubles, up
/// to eight intervals, while less than a quarter of the looks find a row that can go, so that not many more than a
/// quarter of all rows are kept for nothing; it is halved while more than a half do.
class calendar_delay {
 public:
  /// `interval` is some million years at most; one below two milliseconds counts as that.
  explicit calendar_delay(std::chrono::milliseconds interval)
      : least_(std::max(interval, shortest) / 2), most_(8 * std::max(interval, shortest)), delay_(least_) {}

  std::chrono::milliseconds now() const noexcept { return delay_; }

  /// A look found that the key was seen again, or a row that can go.
  void count(bool seen_again) noexcept {
    ++looks_;
    if (!seen_again) ++gone_;
    if (looks_ < looks_counted) return;
    if (gone_ < looks_counted / 4) delay_ = std::min(2 * delay_, most_);
    if (gone_ > looks_counted / 2) delay_ = std::max(delay_ / 2, least_);
    looks_ = gone_ = 0;
  }

 private:
  static constexpr unsigned looks_counted = 64;
  static constexpr std::chrono::milliseconds shortest{2};

  std::chrono::milliseconds least_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds delay_;
  unsigned looks_ = 0;  // since the delay was last thought over
  unsigned gone_ = 0;   // rows that could go among them
};

}  // namespace weir::detail
