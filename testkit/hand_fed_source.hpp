#pragma once
// A source that a test feeds by hand: records with their event times, watermarks and idleness, in the order given. The
// operator harness reads from it.
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/owned.hpp"
#include "weir/runtime/source.hpp"
#include "weir/runtime/watermark_generator.hpp"

namespace weir::detail {

/// What waits to be read. The harness fills it, the one reader empties it; one thread.
template <class Element>
struct hand_feed {
  struct item {
    std::optional<owned_t<Element>> record;  ///< none: a mark
    timestamp time;                          ///< of the record, or of the mark
    mark_kind mark{};
  };
  std::deque<item> items;
  std::uint64_t taken = 0;
  bool ended = false;
};

/// Event time that is given with each record instead of taken from it.
struct given_event_time {
  static constexpr bool timed = true;
  out_of_orderness strategy = ascending();
};

template <class Element, bool Timed>
class hand_fed_source {
 public:
  using value_type = Element;
  static constexpr bool in_memory = true;

  explicit hand_fed_source(std::shared_ptr<hand_feed<Element>> feed) : feed_(std::move(feed)) {}

  std::string describe() const { return "fed by hand"; }
  std::vector<source_split> splits(source_context&) const { return {{.path = "feed", .end = unlimited_split}}; }

  class reader {
   public:
    explicit reader(std::shared_ptr<hand_feed<Element>> feed) : feed_(std::move(feed)) {}

    template <class Out>
    read_result read(std::size_t max, Out& out) {
      std::size_t done = 0;
      while (done < max && !out.full() && !feed_->items.empty() && feed_->items.front().record) {
        const auto& next = feed_->items.front();
        if constexpr (Timed) {
          out.at(Element(borrow<Element>(*next.record)), next.time);
        } else {
          out(Element(borrow<Element>(*next.record)));
        }
        feed_->items.pop_front();
        ++done;
      }
      feed_->taken += done;
      if (!feed_->items.empty()) return {done, read_status::more};
      return {done, feed_->ended ? read_status::end : read_status::waiting};
    }

    std::optional<mark> take_mark() {
      if (feed_->items.empty() || feed_->items.front().record) return std::nullopt;
      const auto next = std::move(feed_->items.front());
      feed_->items.pop_front();
      return mark{next.mark, 0, next.time};
    }

    std::string position() const { return "after record " + std::to_string(feed_->taken) + " of the test"; }
    std::uint64_t consumed() const { return feed_->taken; }

   private:
    std::shared_ptr<hand_feed<Element>> feed_;
  };

  reader open(const source_split&, source_context&) const { return reader(feed_); }

 private:
  std::shared_ptr<hand_feed<Element>> feed_;
};

}  // namespace weir::detail
