#pragma once
// A source of `make(0)` to `make(count - 1)` in splits of a given size, so that small inputs keep several subtasks
// busy.
#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/runtime/source.hpp"

namespace weir::testing {

template <class Make>
class split_numbers {
 public:
  using value_type = std::invoke_result_t<const Make&, std::uint64_t>;

  split_numbers(std::uint64_t count, std::uint64_t split_size, Make make)
      : count_(count), split_size_(split_size), make_(std::move(make)) {}

  std::vector<detail::source_split> splits(detail::source_context&) const {
    std::vector<detail::source_split> all;
    for (std::uint64_t begin = 0; begin < count_; begin += split_size_) {
      all.push_back({"numbers", begin, std::min(begin + split_size_, count_), 0});
    }
    return all;
  }

  struct reader {
    Make make;
    std::uint64_t begin;
    std::uint64_t next;
    std::uint64_t end;

    template <class Out>
    detail::read_result read(std::size_t max, Out& out) {
      std::size_t done = 0;
      for (; done < max && next < end && !out.full(); ++done) out(make(next++));
      return {done, next == end ? detail::read_status::end : detail::read_status::more};
    }
    std::string position() const { return "number " + std::to_string(next); }
    std::uint64_t consumed() const { return next - begin; }
  };

  reader open(const detail::source_split& split, detail::source_context&) const {
    return {make_, split.begin, split.begin, split.end};
  }

 private:
  std::uint64_t count_;
  std::uint64_t split_size_;
  Make make_;
};

}  // namespace weir::testing
