#pragma once
// The aggregates that `aggregate<"uid">(...)` understands, all together: count, sum, avg, variance, stddev, min, max,
// min_by, max_by, first, last, top_k, top_k_by, collect, distinct, count_distinct, approx_distinct, approx_quantiles.
// Each reads its value through a pointer to member or a function: `sum(&trade::price)`,
// `max([](const trade& t) { return t.price * t.amount; }).as<"turnover">()`.
// On a keyed stream without window: windows/rolling.hpp. Own aggregates: windows/fold.hpp, windows/reduce.hpp. Several
// at once: windows/combine.hpp. What they declare of themselves: windows/aggregate_function.hpp.
#include "weir/windows/aggregate_function.hpp"
#include "weir/windows/approx_distinct.hpp"
#include "weir/windows/approx_quantiles.hpp"
#include "weir/windows/collect.hpp"
#include "weir/windows/distinct.hpp"
#include "weir/windows/extremes.hpp"
#include "weir/windows/first_last.hpp"
#include "weir/windows/sums.hpp"
#include "weir/windows/top_k.hpp"
#include "weir/windows/variance.hpp"
