#pragma once
// What all benchmark programs share. A comparison is a group of benchmarks with one name and several sides,
// `chain_int/5/streamed/hand` and `chain_int/5/streamed/weir`; tools/bench.py prints the ratio of each side to `hand`.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/error.hpp"

namespace weir::benchmarks {

/// Wall-clock seconds that `work()` takes. What it returns counts as used.
template <class Work>
double seconds_of(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(work());
  benchmark::ClobberMemory();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// A value that is made when it is first asked for: inputs and expected results, so that a filter on names saves the
/// work.
template <class Make>
class lazy {
 public:
  explicit lazy(Make make) : make_(std::move(make)) {}
  const auto& operator*() {
    if (!value_) value_.emplace(make_());
    return *value_;
  }

 private:
  Make make_;
  std::optional<std::invoke_result_t<Make&>> value_;
};

/// Sizes of inputs. The option `--scale=0.001`, which Google Benchmark does not get to see, makes all of them a thousandth:
/// then names and figures mean nothing, and the program can be tried within a second.
class input_sizes {
 public:
  input_sizes(int& argc, char** argv) {
    constexpr std::string_view option = "--scale=";
    int kept = 0;
    for (int i = 0; i < argc; ++i) {
      if (std::string_view(argv[i]).starts_with(option)) {
        scale_ = std::strtod(argv[i] + option.size(), nullptr);
      } else {
        argv[kept++] = argv[i];
      }
    }
    argc = kept;
  }
  std::uint64_t operator()(double full) const {
    return std::max(std::uint64_t{1}, static_cast<std::uint64_t>(full * scale_));
  }
  bool full() const noexcept { return scale_ >= 1; }

 private:
  double scale_ = 1;
};

/// Registers the benchmark `group/side`. `run()` does the work on `records` records once and returns the seconds that
/// count. It throws weir::error when a result is wrong. `run(state)` may set counters besides.
template <class Run>
benchmark::internal::Benchmark* add_side(const std::string& group, const std::string& side, std::size_t records,
                                         Run run) {
  const auto measured = [records, run = std::move(run)](benchmark::State& state) mutable {
    try {
      for (auto _ : state) {
        if constexpr (std::is_invocable_v<Run&, benchmark::State&>) {
          state.SetIterationTime(run(state));
        } else {
          state.SetIterationTime(run());
        }
      }
    } catch (const std::exception& failure) {
      state.SkipWithError(failure.what());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
  };
  return benchmark::RegisterBenchmark((group + "/" + side).c_str(), measured)->UseManualTime();
}

/// For `run` functions: a result must be what the other side found.
template <class Result>
void expect_equal(const Result& found, const Result& expected) {
  if (!(found == expected)) throw error("the sides of a comparison differ in their results");
}

/// The rest of `main`, after the sides were registered.
inline int run_benchmarks(int argc, char** argv) {
#if defined(__clang__)
  benchmark::AddCustomContext("compiler", __VERSION__);
#else
  benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace weir::benchmarks
