#pragma once
// Sources in memory: any range, and a function of an index (`generate`).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/runtime/source.hpp"

namespace weir {
namespace detail {

/// The splits of a range or a bounded generator: of 65536 records each, and larger ones where these would be too many.
/// They are the same whatever the parallelism.
std::vector<source_split> index_splits(const char* what, std::uint64_t size);
/// One split from `begin`, 0, to `end`.
std::vector<source_split> single_split(const char* what, std::uint64_t end);
/// Throws weir::error: a range that can be read only once was read before.
[[noreturn]] void refuse_second_read();

/// Anything whose elements a source can read.
template <class Range>
concept readable_range = requires(Range& range) {
  std::ranges::begin(range);
  std::ranges::end(range);
};

/// Elements reachable by index, so that several subtasks can read parts of the range.
template <class Range>
inline constexpr bool splittable = requires(const Range& range) {
  { std::ranges::size(range) } -> std::convertible_to<std::uint64_t>;
  std::ranges::begin(range) + std::ptrdiff_t{0};
  *std::ranges::begin(range);
};

/// The sentinel of a range without end compares with any iterator, and so with unlike pointers.
template <class Range>
inline constexpr bool has_end = !requires(Range& range, int* one, double* other) {
  one == std::ranges::end(range);
  other == std::ranges::end(range);
};

template <class Range>
class range_source {
  using iterator = decltype(std::ranges::begin(std::declval<std::conditional_t<splittable<Range>, const Range&, Range&>>()));

 public:
  using value_type = std::iter_value_t<iterator>;
  static constexpr bool in_memory = true;
  static constexpr bool is_bounded = has_end<Range>;

  explicit range_source(Range range) : range_(std::make_shared<Range>(std::move(range))) {
    if constexpr (single_pass) opened_ = std::make_shared<std::atomic<bool>>(false);
  }

  std::string describe() const { return "range"; }

  std::vector<source_split> splits(source_context&) const {
    if constexpr (splittable<Range>) {
      return index_splits("range", static_cast<std::uint64_t>(std::ranges::size(std::as_const(*range_))));
    } else {
      return single_split("range", unlimited_split);
    }
  }

  class indexed_reader {
   public:
    indexed_reader(std::shared_ptr<const Range> range, const source_split& split)
        : range_(std::move(range)),
          position_(split.begin),
          begin_(split.begin),
          end_(split.end),
          fetches_(is_worth_fetching(*range_)) {}

    template <class Out>
    [[gnu::always_inline]] read_result read(std::size_t max, Out& out) {
      if (fetches_) [[unlikely]] max = std::min(max, fetch_next_run());
      const std::size_t count = std::min<std::uint64_t>(max, end_ - position_);
      const auto first = std::ranges::begin(*range_) + static_cast<std::ptrdiff_t>(position_);
      const auto last = first + static_cast<std::ptrdiff_t>(count);
      auto next = first;
      for (; next != last && !out.full(); ++next) out(value_of(*next));
      const auto done = static_cast<std::size_t>(next - first);
      position_ += done;
      return {done, position_ == end_ ? read_status::end : read_status::more};
    }
    std::string position() const { return "about element " + std::to_string(position_) + " of the range"; }
    std::uint64_t consumed() const { return position_ - begin_; }

   private:
    // The processor's own prefetching ends at every page, and a loop without mispredicted branches does not read far
    // ahead. So a range that most caches do not hold is read in runs, and before one is read the next is fetched.
    static constexpr std::size_t run_bytes = 2048;
    static constexpr std::uint64_t cache_bytes = std::uint64_t{8} << 20;

    static bool is_worth_fetching(const Range& range) {
      return std::contiguous_iterator<iterator> && std::ranges::size(range) * sizeof(value_type) > cache_bytes;
    }

    /// How many records a run takes. Starts loading what the one behind it will read; an address behind the range does no
    /// harm.
    [[gnu::noinline]] std::size_t fetch_next_run() const {
      if constexpr (std::contiguous_iterator<iterator>) {
        const auto first = std::ranges::begin(*range_) + static_cast<std::ptrdiff_t>(position_);
        const auto* const next_run = reinterpret_cast<const char*>(std::to_address(first)) + run_bytes;
        for (std::size_t line = 0; line < run_bytes; line += 64) __builtin_prefetch(next_run + line);
        asm volatile("");  // GCC 12 takes a function that only prefetches for one without effect
      }
      return std::max<std::size_t>(1, run_bytes / sizeof(value_type));
    }

    std::shared_ptr<const Range> range_;
    std::uint64_t position_;
    std::uint64_t begin_;
    std::uint64_t end_;
    bool fetches_;
  };

  class sequential_reader {
   public:
    sequential_reader(std::shared_ptr<Range> range, const source_split& split)
        : range_(std::move(range)), next_(std::ranges::begin(*range_)), begin_(split.begin) {
      for (; position_ < begin_ && next_ != std::ranges::end(*range_); ++position_) ++next_;
    }

    template <class Out>
    [[gnu::always_inline]] read_result read(std::size_t max, Out& out) {
      std::size_t done = 0;
      while (done < max && !out.full() && next_ != std::ranges::end(*range_)) {
        out(value_of(*next_));
        ++next_;
        ++done;
      }
      position_ += done;
      return {done, next_ == std::ranges::end(*range_) ? read_status::end : read_status::more};
    }
    std::string position() const { return "about element " + std::to_string(position_) + " of the range"; }
    std::uint64_t consumed() const { return position_ - begin_; }

   private:
    std::shared_ptr<Range> range_;
    iterator next_;
    std::uint64_t begin_;
    std::uint64_t position_ = 0;
  };

  auto open(const source_split& split, source_context&) const {
    if constexpr (splittable<Range>) {
      return indexed_reader(range_, split);
    } else if constexpr (single_pass) {
      if (opened_->exchange(true)) refuse_second_read();
      return sequential_reader(range_, split);
    } else if constexpr (std::is_copy_constructible_v<Range>) {
      return sequential_reader(std::make_shared<Range>(*range_), split);  // views keep what they have found in themselves
    } else {
      return sequential_reader(range_, split);
    }
  }

 private:
  static constexpr bool single_pass = !std::forward_iterator<iterator>;

  /// The reference as it is, or the value of a reference that stands for one, such as the pair of a zip view.
  template <class Reference>
  [[gnu::always_inline]] static decltype(auto) value_of(Reference&& reference) {
    if constexpr (std::is_same_v<std::remove_cvref_t<Reference>, value_type>) {
      return std::forward<Reference>(reference);
    } else {
      return value_type(std::forward<Reference>(reference));
    }
  }

  std::shared_ptr<Range> range_;
  struct nothing {};
  [[no_unique_address]] std::conditional_t<single_pass, std::shared_ptr<std::atomic<bool>>, nothing> opened_;
};

}  // namespace detail

/// How many records a generator makes.
struct bounded {
  std::uint64_t count;
};

/// A source that computes record i as `function(i)`, for i = 0, 1, 2, …
template <class Function, bool Bounded>
class generator_source {
 public:
  static constexpr bool is_bounded = Bounded;
  using value_type = std::remove_cvref_t<std::invoke_result_t<const Function&, std::uint64_t>>;

  generator_source(Function function, std::optional<std::uint64_t> count)
      : function_(std::move(function)), count_(count) {}

  /// Makes at most this many records per second, spread evenly; the whole source is then one split.
  /// Throws weir::error unless the rate is above zero.
  generator_source rate(double records_per_second) && {
    if (!(records_per_second > 0)) {
      throw error("weir: generate(f).rate(" + std::to_string(records_per_second) +
                  ") makes no records; give a rate above zero");
    }
    rate_ = records_per_second;
    return std::move(*this);
  }

  std::string describe() const {
    return count_ ? "generator of " + std::to_string(*count_) + " records" : "endless generator";
  }

  bool endless() const noexcept { return !count_; }

  std::vector<detail::source_split> splits(detail::source_context&) const {
    if (count_ && !rate_) return detail::index_splits("generator", *count_);
    return detail::single_split("generator", count_.value_or(detail::unlimited_split));
  }

  class reader {
   public:
    reader(const Function& function, const detail::source_split& split, std::optional<double> rate, clock& clock)
        : function_(function), next_(split.begin), begin_(split.begin), end_(split.end), rate_(rate), clock_(&clock),
          started_(clock.monotonic()) {}

    template <class Out>
    [[gnu::always_inline]] detail::read_result read(std::size_t max, Out& out) {
      std::uint64_t allowed = std::min<std::uint64_t>(max, end_ - next_);
      if (rate_) {
        const std::chrono::duration<double> running = clock_->monotonic() - started_;
        const auto due = static_cast<std::uint64_t>(std::min(running.count() * *rate_, 1e18)) + 1;
        const std::uint64_t made = next_ - begin_;
        allowed = due > made ? std::min(allowed, due - made) : 0;
      }
      std::uint64_t index = next_;
      const std::uint64_t stop = next_ + allowed;
      while (index < stop && !out.full()) out(function_(index++));
      const auto done = static_cast<std::size_t>(index - next_);
      next_ = index;
      if (next_ == end_) return {done, detail::read_status::end};
      return {done, done == 0 && rate_ ? detail::read_status::waiting : detail::read_status::more};
    }
    std::string position() const { return "about record " + std::to_string(next_) + " of the generator"; }
    std::uint64_t consumed() const { return next_ - begin_; }

   private:
    Function function_;
    std::uint64_t next_;
    std::uint64_t begin_;
    std::uint64_t end_;
    std::optional<double> rate_;
    clock* clock_;
    std::chrono::nanoseconds started_;
  };

  reader open(const detail::source_split& split, detail::source_context& context) const {
    return reader(function_, split, rate_, context.clock);
  }

 private:
  Function function_;
  std::optional<std::uint64_t> count_;
  std::optional<double> rate_;
};

/// `from<"numbers">(generate(f, bounded(1000)))`: f(0) to f(999). `f` must be a pure function: splits are made in parallel.
/// A long `f` that is marked [[gnu::always_inline]] is part of the batch loop, which makes what later operators look at.
template <class Function>
auto generate(Function function, bounded records) {
  return generator_source<Function, true>(std::move(function), records.count);
}
/// `from<"numbers">(generate(f).rate(1000))`: an endless source; one subtask makes its records.
template <class Function>
auto generate(Function function) {
  return generator_source<Function, false>(std::move(function), std::nullopt);
}

}  // namespace weir
