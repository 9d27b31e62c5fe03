#pragma once
// The timers of one key, as its row holds them: a set of times for event time and one for processing time. The timer
// queue (timer_queue.hpp) only says when to look here.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/core/timestamp.hpp"
#include "weir/state/sorted_times.hpp"
#include "weir/state/state_kind.hpp"

namespace weir::detail {

enum class time_domain : std::uint8_t { event, processing };

/// Times of both domains are given as timestamps. A single one lies in place; from the second on they lie in an
/// allocation that stays as long as the row, so that timers which come and go cost none.
class timer_times {
 public:
  timer_times() noexcept : one_() {}
  timer_times(timer_times&& other) noexcept : one_() {
    if (other.form_ == form::many) {
      many_ = other.many_;
    } else {
      one_ = other.one_;
    }
    form_ = std::exchange(other.form_, form::none);
  }
  timer_times& operator=(timer_times&&) = delete;
  ~timer_times() {
    if (form_ == form::many) delete many_;
  }

  bool empty() const noexcept {
    return form_ == form::none || (form_ == form::many && many_->event.empty() && many_->processing.empty());
  }
  std::size_t size(time_domain domain) const noexcept {
    return form_ == form::many ? many_->of(domain).size() : form_ == one_of(domain) ? 1 : 0;
  }

  /// Bytes on the heap.
  std::size_t memory_bytes() const noexcept {
    if (form_ != form::many) return 0;
    return heap_bytes(sizeof(sets)) + heap_bytes(many_->event.memory_bytes()) +
           heap_bytes(many_->processing.memory_bytes());
  }

  /// False if it is there already.
  bool add(time_domain domain, timestamp time) {
    if (form_ == form::none) {
      form_ = one_of(domain);
      one_ = time;
      return true;
    }
    if (form_ == one_of(domain) && one_ == time) return false;
    if (form_ != form::many) make_many();
    return many_->of(domain).add(time);
  }

  /// False if it is not there. Never allocates, nor does adding the time again.
  bool remove(time_domain domain, timestamp time) noexcept {
    if (form_ == form::many) return many_->of(domain).remove(time);
    if (form_ != one_of(domain) || one_ != time) return false;
    form_ = form::none;
    return true;
  }

  /// The earliest, if there is any.
  std::optional<timestamp> first(time_domain domain) const noexcept {
    if (form_ == one_of(domain)) return one_;
    if (form_ != form::many || many_->of(domain).empty()) return std::nullopt;
    return *many_->of(domain).begin();
  }

  /// Calls `visitor(timestamp)` for each, ascending.
  template <class Visitor>
  void for_each(time_domain domain, Visitor&& visitor) const {
    if (form_ == form::many) {
      for (const timestamp time : many_->of(domain)) visitor(time);
    } else if (form_ == one_of(domain)) {
      visitor(one_);
    }
  }

  void clear() noexcept {
    if (form_ == form::many) delete many_;
    form_ = form::none;
  }

  /// Those of event time, then those of processing time: how many as varint, then the times.
  template <class Out>
  void encode(Out& out) const {
    for (const time_domain domain : {time_domain::event, time_domain::processing}) {
      encode_varint(size(domain), out);
      for_each(domain, [&](timestamp time) { weir::encode(time, out); });
    }
  }
  void decode(std::string_view& in) {
    clear();
    for (const time_domain domain : {time_domain::event, time_domain::processing}) {
      for (std::uint64_t left = decode_count<timestamp>(in); left > 0; --left) add(domain, weir::decode<timestamp>(in));
    }
  }

 private:
  enum class form : std::uint8_t { none, event, processing, many };
  struct sets {
    sorted_times event;
    sorted_times processing;
    sorted_times& of(time_domain domain) noexcept { return domain == time_domain::event ? event : processing; }
  };

  static form one_of(time_domain domain) noexcept {
    return domain == time_domain::event ? form::event : form::processing;
  }

  void make_many() {
    auto made = std::make_unique<sets>();
    made->of(form_ == form::event ? time_domain::event : time_domain::processing).add(one_);
    many_ = made.release();
    form_ = form::many;
  }

  union {
    timestamp one_;
    sets* many_;
  };
  form form_ = form::none;
};

}  // namespace weir::detail
