#pragma once
// check_watermarks: an operator that fails the job when a record comes behind its stream's watermark. Put it anywhere
// in a pipeline under test; it changes nothing.
#include <string>
#include <utility>

#include "weir/core/error.hpp"
#include "weir/dsl/operator.hpp"

namespace weir {
namespace detail {

class watermark_checking_operator {
 public:
  explicit watermark_checking_operator(std::string place) : place_(std::move(place)) {}

  template <class Record, class Out>
  void process(Record&& record, const Out& out) {
    const timestamp time = out.meta().time;
    if (time <= watermark_) {
      throw error("check_watermarks(\"" + place_ + "\"): a record at " + std::to_string(epoch_ms(time)) +
                  " ms came behind the watermark " + std::to_string(epoch_ms(watermark_)) + " ms");
    }
    out(std::forward<Record>(record));
  }

  template <class Out>
  advance_result on_watermark(timestamp watermark, const Out&) {
    if (watermark <= watermark_) {
      throw error("check_watermarks(\"" + place_ + "\"): the watermark " + std::to_string(epoch_ms(watermark)) +
                  " ms came after " + std::to_string(epoch_ms(watermark_)) + " ms");
    }
    watermark_ = watermark;
    return {};
  }

 private:
  std::string place_;
  timestamp watermark_ = min_timestamp;
};

template <class Stream>
struct watermarks_without_event_time {
  static_assert(never<Stream>,
                "weir: check_watermarks(...): the stream has no event time; give its source event_time(...)");
};

struct watermark_checking_description : operator_tag {
  std::string place;
  explicit watermark_checking_description(std::string p) : place(std::move(p)) {}

  template <class Stream>
  static constexpr bool accepts = has_time<typename Stream::clock>;
  template <class Stream>
  static void explain() {
    static_cast<void>(watermarks_without_event_time<Stream>{});
  }
  template <class Stream>
  auto apply(Stream&& source) && {
    return append<typename std::remove_cvref_t<Stream>::element_type>(std::forward<Stream>(source),
                                                                      watermark_checking_operator(place),
                                                                      {.kind = "check_watermarks", .detail = place});
  }
};

}  // namespace detail

namespace testing {

/// Fails the job, with a sentence that names `place`, when a record's event time is at or before the watermark, or a
/// watermark does not rise. Out-of-order input may hold records that are late by right: use a bound that covers them.
/// Emits     every element unchanged, with its event time.   State: none.
/// Requires  a stream with event time.
inline auto check_watermarks(std::string place) { return detail::watermark_checking_description(std::move(place)); }

}  // namespace testing
}  // namespace weir
