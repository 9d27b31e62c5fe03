// A job for the tests of the web server and of the supervisor: sums that grow with every sale, served if asked. With
// --stick-at or --die-at its function sleeps for ever, or kills the process, at one sale, unless the file that says so
// is there already.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "weir/connectors/csv.hpp"
#include "weir/weir.hpp"

namespace {

using namespace weir;

struct sale {
  BOOST_HANA_DEFINE_STRUCT(sale, (std::int32_t, shop), (std::int64_t, number));
};
struct shop_sum {
  BOOST_HANA_DEFINE_STRUCT(shop_sum, (std::int32_t, shop), (std::int64_t, sum));
};
struct summing {
  BOOST_HANA_DEFINE_STRUCT(summing, (value_state<std::int64_t>, sum));
  using output_type = shop_sum;
  void process(const sale& each, process_context<std::int32_t>& context, collector<shop_sum>& out) {
    sum = sum.value_or(0) + each.number;
    out(shop_sum{context.key(), *sum});
  }
};

struct accidents {
  std::int64_t stick_at = -1;
  std::int64_t die_at = -1;
  bool always = false;
  std::string happened = "happened";

  void meet(std::int64_t number) const {
    if (number != stick_at && number != die_at) return;
    if (!always && std::filesystem::exists(happened)) return;
    std::ofstream{happened} << number;
    if (number == die_at) ::raise(SIGKILL);
    std::this_thread::sleep_for(std::chrono::hours(1));
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::int64_t sales = 100'000;
  double rate = 50'000;
  std::uint64_t shops = 10;
  std::string output = "sums.csv";
  accidents planned;
  return command_line("sums", "Adds up sales.")
      .option("--sales", sales, "how many sales to make")
      .option("--rate", rate, "sales a second")
      .option("--shops", shops, "among how many shops they are")
      .option("--output", output, "CSV file")
      .option("--stick-at", planned.stick_at, "sale at which the function sleeps for ever")
      .option("--die-at", planned.die_at, "sale at which the process dies")
      .option("--always", planned.always, "each time and not only the first")
      .run(argc, argv, [&] {
        const auto make = [shops](std::uint64_t i) {
          return sale{static_cast<std::int32_t>(i % shops), static_cast<std::int64_t>(i)};
        };
        return job("sums", from<"sales">(generate(make, bounded{static_cast<std::uint64_t>(sales)}).rate(rate)) |
                               peek([planned](const sale& each) { planned.meet(each.number); }) | key_by(&sale::shop) |
                               process<"sums">(summing{}) | to<"out">(csv(output)));
      });
}
