// w4: a running count and sum per key.
#include "benchmarks/peers/weirbench.hpp"
#include "weir/weir.hpp"

namespace weir::benchmarks {
namespace {

struct running {
  BOOST_HANA_DEFINE_STRUCT(running, (u64, key), (std::uint32_t, value), (std::uint32_t, count), (u64, sum));
};

struct telescoping_check {
  u64 c1 = 0;
  u64 c2 = 0;
  u64 keys = 0;
};
struct add_check {
  telescoping_check operator()(telescoping_check check, const running& r) const {
    const u64 m = mix(r.key);
    const u64 count = r.count;
    const u64 value = r.value;
    return {check.c1 + m * (2 * count - 1), check.c2 + m * (2 * r.sum * value - value * value),
            check.keys + (count == 1 ? 1 : 0)};
  }
  telescoping_check operator()(telescoping_check a, const telescoping_check& b) const {
    return {a.c1 + b.c1, a.c2 + b.c2, a.keys + b.keys};
  }
};

outcome running_totals(const run_options& options, u64 keys) {
  const u64 events = events_or(50'000'000);
  telescoping_check check;
  const auto report =
      job("w4", from<"events">(generate(
                    [keys](u64 i) {
                      const u64 r = random_number(4000, i);
                      return running{(r >> 11) % keys, static_cast<std::uint32_t>(r & 1023), 1, r & 1023};
                    },
                    bounded(events))) |
                    key_by(&running::key) | reduce<"totals">([](const running& so_far, const running& next) {
                      return running{next.key, next.value, so_far.count + 1, so_far.sum + next.value};
                    }) |
                    to<"check">(reduce_into(check, telescoping_check{}, add_check{})))
          .run(options);
  return {events, seconds_of(report),
          "c1=" + std::to_string(check.c1) + ",c2=" + std::to_string(check.c2) + ",keys=" + std::to_string(check.keys)};
}

}  // namespace

outcome totals_of_1m_keys(const run_options& options, const std::string&) { return running_totals(options, 1'000'000); }
outcome totals_of_10m_keys(const run_options& options, const std::string&) {
  return running_totals(options, 10'000'000);
}

}  // namespace weir::benchmarks
