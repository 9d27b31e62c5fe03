#pragma once
// Windows as slowly and plainly as they can be written down: all windows of all keys in one map, every timer in a set.
// What the operator of windows in general must do, step by step.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::testing {

struct model_setting {
  enum class assigner { tumbling, sliding, session } windows = assigner::tumbling;
  enum class trigger { event_time, count, continuous } fires = trigger::event_time;
  bool purges = false;
  std::int64_t size = 10;  ///< of a session: the gap
  std::int64_t slide = 10;
  std::int64_t count = 3;
  std::int64_t interval = 4;
  std::int64_t lateness = 0;
};

class window_model {
 public:
  static constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();
  using window = std::pair<std::int64_t, std::int64_t>;

  explicit window_model(const model_setting& setting) : is_(setting) {}

  /// What comes out of one element: results, and late elements with a '!'.
  std::vector<std::string> element(int key, std::int64_t value, std::int64_t time) {
    out_.clear();
    bool taken = false;
    for (window each : windows_at(time)) {
      if (is_.windows == model_setting::assigner::session) each = join(key, each);
      if (cleanup(each) <= watermark_) {
        panes_.erase({key, each});
        continue;
      }
      taken = true;
      pane& at = panes_[{key, each}];
      at.values.push_back(value);
      at.timers.insert(cleanup(each));
      const bool fires = fires_on_element(at, each, time);
      if (fires) fire(key, each, at);
    }
    if (!taken && time + is_.lateness <= watermark_) out_.push_back("!" + std::to_string(value));
    return sorted();
  }

  std::vector<std::string> advance(std::int64_t watermark) {
    out_.clear();
    watermark_ = watermark;
    for (;;) {
      std::optional<std::tuple<std::int64_t, int, window>> next;
      for (const auto& [where, at] : panes_) {
        if (at.timers.empty() || *at.timers.begin() > watermark) continue;
        const std::tuple candidate(*at.timers.begin(), where.first, where.second);
        if (!next || candidate < *next) next = candidate;
      }
      if (!next) return sorted();
      const auto [time, key, of] = *next;
      pane& at = panes_[{key, of}];
      at.timers.erase(time);
      if (fires_on_timer(at, of, time)) fire(key, of, at);
      if (time == cleanup(of)) panes_.erase({key, of});
    }
  }

  /// As a harness restores: no watermark has come yet.
  void restore() { watermark_ = before_all; }
  std::size_t open() const { return panes_.size(); }

 private:
  struct pane {
    std::vector<std::int64_t> values;
    std::int64_t count = 0;
    std::optional<std::int64_t> next;
    std::set<std::int64_t> timers;
  };

  static std::int64_t floor_to(std::int64_t time, std::int64_t step) {
    std::int64_t down = time / step * step;
    return down > time ? down - step : down;
  }
  std::vector<window> windows_at(std::int64_t time) const {
    if (is_.windows == model_setting::assigner::session) return {{time, time + is_.size}};
    const std::int64_t step = is_.windows == model_setting::assigner::sliding ? is_.slide : is_.size;
    std::vector<window> found;
    for (std::int64_t start = floor_to(time, step); start > time - is_.size; start -= step) {
      found.emplace_back(start, start + is_.size);
    }
    return found;
  }
  std::int64_t cleanup(const window& of) const { return of.second - 1 + is_.lateness; }

  window join(int key, const window& added) {
    std::vector<window> joined;
    window whole = added;
    for (const auto& [where, at] : panes_) {
      if (where.first != key || where.second.first > added.second || where.second.second < added.first) continue;
      joined.push_back(where.second);
      whole = {std::min(whole.first, where.second.first), std::max(whole.second, where.second.second)};
    }
    if (joined.empty() || (joined.size() == 1 && joined[0] == whole)) return whole;
    pane merged;
    for (const window& each : joined) {
      pane& from = panes_[{key, each}];
      merged.values.insert(merged.values.end(), from.values.begin(), from.values.end());
      merged.count += from.count;
      if (from.next && (!merged.next || *from.next < *merged.next)) merged.next = from.next;
      panes_.erase({key, each});
    }
    if (is_.fires == model_setting::trigger::event_time && whole.second - 1 > watermark_)
      merged.timers.insert(whole.second - 1);
    if (merged.next) merged.timers.insert(*merged.next);
    panes_[{key, whole}] = merged;
    return whole;
  }

  bool fires_on_element(pane& at, const window& of, std::int64_t time) {
    const std::int64_t end = of.second - 1;
    if (is_.fires == model_setting::trigger::count) {
      if (++at.count < is_.count) return false;
      at.count = 0;
      return true;
    }
    if (end <= watermark_) return true;
    at.timers.insert(end);
    if (is_.fires == model_setting::trigger::continuous && !at.next) {
      at.next = std::min(time - time % is_.interval + is_.interval, end);
      at.timers.insert(*at.next);
    }
    return false;
  }
  bool fires_on_timer(pane& at, const window& of, std::int64_t time) {
    if (is_.fires == model_setting::trigger::count) return false;
    if (time == of.second - 1) return true;
    if (is_.fires != model_setting::trigger::continuous || at.next != time) return false;
    at.next = std::min(time + is_.interval, of.second - 1);
    at.timers.insert(*at.next);
    return true;
  }
  void fire(int key, const window& of, pane& at) {
    if (at.values.empty()) return;
    std::int64_t sum = 0;
    for (const std::int64_t each : at.values) sum += each;
    out_.push_back(std::to_string(key) + " [" + std::to_string(of.first) + "," + std::to_string(of.second) + ") " +
                   std::to_string(sum) + "/" + std::to_string(at.values.size()));
    if (is_.purges) at.values.clear();
  }
  std::vector<std::string> sorted() {
    std::sort(out_.begin(), out_.end());
    return out_;
  }

  model_setting is_;
  std::map<std::pair<int, window>, pane> panes_;
  std::int64_t watermark_ = before_all;
  std::vector<std::string> out_;
};

}  // namespace weir::testing
