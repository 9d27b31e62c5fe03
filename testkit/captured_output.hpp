#pragma once
// What an operator under test emitted: records with their event times and, between them, watermarks and idleness.
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/dsl/share.hpp"

namespace weir {
namespace testing {

/// A record and its event time; weir::min_timestamp on a stream without event time.
template <class Element>
struct timed_record {
  Element value;
  timestamp time = min_timestamp;
  friend bool operator==(const timed_record&, const timed_record&) = default;
};

struct watermark {
  timestamp time;
  friend bool operator==(const watermark&, const watermark&) = default;
};

/// The stream has become idle, or is active again.
struct idleness {
  bool idle;
  friend bool operator==(const idleness&, const idleness&) = default;
};

template <class Element>
using output_item = std::variant<timed_record<Element>, watermark, idleness>;

}  // namespace testing

namespace detail {

/// What one run captured; the terminal writes it, the harness reads it.
template <class Element>
struct capture_log {
  std::vector<testing::output_item<owned_t<Element>>> items;
  std::map<std::string, std::shared_ptr<void>> sides;  ///< by tag: a vector of timed records of the tag's own type

  template <class Side>
  std::vector<testing::timed_record<owned_t<Side>>>& side(const std::string& tag) {
    using records = std::vector<testing::timed_record<owned_t<Side>>>;
    auto& held = sides[tag];
    if (!held) held = std::make_shared<records>();
    return *static_cast<records*>(held.get());
  }
};

template <class Meta>
timestamp time_of(const Meta& meta) noexcept {
  if constexpr (columns_of<Meta>.time) {
    return meta.time;
  } else {
    return min_timestamp;
  }
}

template <class Side>
class side_capture {
 public:
  explicit side_capture(std::vector<testing::timed_record<owned_t<Side>>>& into) : into_(&into) {}
  template <class Record, class Meta>
  void write(Record&& record, const Meta& meta) {
    into_->push_back({owned_t<Side>(std::forward<Record>(record)), time_of(meta)});
  }

 private:
  std::vector<testing::timed_record<owned_t<Side>>>* into_;
};

/// The terminal of the last stage of a harness. It has every side output that an operator of its `Stage` declares.
template <class Element, class Stage>
class capturing_terminal {
 public:
  template <fixed_string Tag>
  using side_type = typename side_element<Tag, Stage>::type;

  explicit capturing_terminal(std::shared_ptr<capture_log<Element>> log) : log_(std::move(log)) {}

  template <class Record, class Out>
  void process(Record&& record, const Out& out) {
    log_->items.push_back(
        testing::timed_record<owned_t<Element>>{owned_t<Element>(std::forward<Record>(record)), time_of(out.meta())});
  }

  template <fixed_string Tag>
    requires(!std::is_void_v<side_type<Tag>>)
  side_capture<side_type<Tag>> side() {
    return side_capture<side_type<Tag>>(log_->template side<side_type<Tag>>(std::string(Tag.view())));
  }

  void mark(mark_kind kind, timestamp time) {
    switch (kind) {
      case mark_kind::watermark:
        log_->items.push_back(testing::watermark{time});
        break;
      case mark_kind::idle:
        log_->items.push_back(testing::idleness{true});
        break;
      case mark_kind::active:
        log_->items.push_back(testing::idleness{false});
        break;
      case mark_kind::barrier:
      case mark_kind::end_of_input:
      case mark_kind::stopped:
        break;
    }
  }

  static constexpr bool ready() noexcept { return true; }
  static constexpr bool spilling() noexcept { return false; }
  static constexpr bool holds_output() noexcept { return false; }
  static constexpr bool flush(flush_reason) noexcept { return true; }
  void close() noexcept {}

 private:
  std::shared_ptr<capture_log<Element>> log_;
};

}  // namespace detail
}  // namespace weir
