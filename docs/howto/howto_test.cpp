// The answers of README.md beside this file as code that runs: every C++ block there stands here word for word, which
// a test at the end checks; the job of the README.md in the root folder is compiled and run as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "weir/connectors/csv.hpp"
#include "weir/connectors/json_lines.hpp"
#include "weir/connectors/lines.hpp"
#include "weir/runtime/transactions.hpp"
#include "weir/testkit/testkit.hpp"
#include "weir/weir.hpp"

#define main readme_main
#include "readme_job.inc"
#undef main

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (std::string, customer), (double, amount), (timestamp, at));
};

inline auto spending() {
  return filter([](const order& each) { return each.amount > 0; }) | key_by(&order::customer) |
         window(tumbling(1min)) | aggregate<"spending">(count(), sum(&order::amount).as<"spent">());
}

struct trailing {
  BOOST_HANA_DEFINE_STRUCT(trailing, (std::optional<timestamp>, latest));  // part of every snapshot
  std::chrono::milliseconds lag{0};                                        // not listed: it only configures

  void observe(const order&, timestamp time) { latest = latest ? std::max(*latest, time) : time; }
  timestamp current() const { return latest ? *latest - lag : min_timestamp; }
};

struct limit {
  BOOST_HANA_DEFINE_STRUCT(limit, (std::string, customer), (double, amount));
};

struct limit_check {
  BOOST_HANA_DEFINE_STRUCT(limit_check, (broadcast_map_state<std::string, double>, limits), (value_state<double>, spent));
  using output_type = order;

  void process_element(const order& each, auto&, auto& out) {
    spent = spent.value_or(0) + each.amount;
    const double* const most = limits.get(each.customer);
    if (most != nullptr && *spent > *most) out(each);
  }
  void process_broadcast_element(const limit& each, auto& context, auto&) {
    context.write(limits).put(each.customer, each.amount);
  }
};

/// Orders on pages, each of which names the next one by a token; shelves are chains of them.
class page_server {
 public:
  std::vector<std::string> shelves() const { return {"a", "b", "c"}; }
  std::uint64_t pages_of(const std::string&) const { return 30; }
  std::string first_token(const std::string& shelf) const { return shelf + "0"; }
  std::string token_behind(const std::string& token) const { return token.front() + std::to_string(number_in(token) + 1); }
  order order_on(const std::string& token) const { return {token, 1.5, from_epoch_ms(number_in(token))}; }

 private:
  static std::int64_t number_in(const std::string& token) { return std::stoll(token.substr(1)); }
};

struct page_reader {
  const page_server* server;
  std::string token;
  std::uint64_t pages_left;
  std::uint64_t pages_read = 0;

  template <class Out>
  read_result read(std::size_t max, Out& out) {
    std::size_t done = 0;
    for (; done < max && pages_left > 0 && !out.full(); ++done, ++pages_read, --pages_left) {
      out(server->order_on(token));
      token = server->token_behind(token);
    }
    return {done, pages_left == 0 ? read_status::end : read_status::more};
  }
  std::string position() const { return "page " + token; }
  std::uint64_t consumed() const { return pages_read; }
  std::string state() const { return token; }
};

struct page_source {
  using value_type = order;
  const page_server* server;

  std::vector<source_split> splits(source_context&) const {
    std::vector<source_split> shelves;
    for (const std::string& shelf : server->shelves()) shelves.push_back({.path = shelf, .end = server->pages_of(shelf)});
    return shelves;
  }
  page_reader open(const source_split& split, source_context&) const {
    return {server, split.state.empty() ? server->first_token(split.path) : split.state, split.end - split.begin};
  }
};

/// Rows in named transactions, which outlive a process, seen once they are committed. Its calls may come from several slots.
class order_table {
 public:
  std::string begin() {
    const std::lock_guard lock(mutex_);
    return "transaction " + std::to_string(++begun_);
  }
  void insert(const std::string& transaction, const order& row) {
    const std::lock_guard lock(mutex_);
    uncommitted_[transaction].push_back(row);
  }
  void commit(const std::string& transaction) {
    const std::lock_guard lock(mutex_);
    for (order& row : uncommitted_[transaction]) rows_.push_back(std::move(row));
    uncommitted_.erase(transaction);
  }
  void abort_uncommitted() { uncommitted_.clear(); }

  const std::vector<order>& rows() const { return rows_; }

 private:
  std::mutex mutex_;
  int begun_ = 0;
  std::map<std::string, std::vector<order>> uncommitted_;
  std::vector<order> rows_;
};

class order_committer final : public transaction_committer<std::string> {
 public:
  explicit order_committer(order_table& table) : table_(table) {}

 private:
  void commit_one(const std::string& transaction) override { table_.commit(transaction); }
  void abort_others(const std::vector<std::string>&) override { table_.abort_uncommitted(); }

  order_table& table_;
};

class order_writer {
 public:
  explicit order_writer(order_table& table) : table_(&table) {}

  void write(const order& each) {
    if (open_.empty()) open_ = table_->begin();
    table_->insert(open_, each);
  }
  void flush() {}
  void close() {}
  std::string prepare(const prepare_request& request) {
    if (!open_.empty()) pending_.add(std::exchange(open_, {}));
    return encode_transactions(pending_.prepare(request));
  }

 private:
  order_table* table_;
  std::string open_;  // the transaction of the records since the last checkpoint
  pending_transactions<std::string> pending_;
};

struct order_sink {
  order_table* table;

  template <class Element>
  static constexpr bool accepts = std::is_same_v<Element, order>;
  std::string describe() const { return "table of orders"; }

  template <class Element>
  order_writer open(sink_context& context) const {
    context.shared_committer<order_committer>([&] { return std::make_shared<order_committer>(*table); });
    return order_writer(*table);
  }
};

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// An empty folder that is the working directory.
class howto : public ::testing::Test {
 protected:
  howto() : before_(std::filesystem::current_path()) {
    const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "howto";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    std::filesystem::current_path(folder);
  }
  ~howto() override { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
};

const std::string three_orders =
    "{\"customer\":\"ann\",\"amount\":2.5,\"at\":1000}\n"
    "{\"customer\":\"bob\",\"amount\":4,\"at\":\"1970-01-01T00:00:02Z\"}\n"
    "{\"customer\":\"ann\",\"amount\":1.5,\"at\":3000}\n";

// ---- test ------------------------------------------------------------------------------------------------------------

using spent = window_result<std::string, std::tuple<std::int64_t, double>>;

TEST_F(howto, test_steps_on_data_of_the_test) {
  const std::vector<order> orders = {{"ann", 2.5, from_epoch_ms(1000)}, {"ann", 1.5, from_epoch_ms(3000)}};
  std::vector<spent> results;
  const job under_test("test", from(orders, event_time(&order::at, ascending())) | spending() | to<"out">(into(results)));

  weir::testing::dataflow_driver(under_test, {.slots = 2}).run();

  EXPECT_THAT(results, ElementsAre(spent{"ann", from_epoch_ms(0), from_epoch_ms(60'000), {2, 4.0}}));
}

TEST_F(howto, test_steps_record_by_record) {
  auto harness = weir::testing::operator_harness<order>(spending());
  harness.push({"ann", 2.5, {}}, 1s);
  EXPECT_TRUE(harness.values().empty());
  harness.watermark(59'999ms);  // fires the first minute
  EXPECT_EQ(harness.values().size(), 1u);
  harness.push({"ann", 9.0, {}}, 2s);
  EXPECT_EQ(harness.late().size(), 1u);
}

TEST_F(howto, test_under_many_schedules) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<std::string> doubled;
    const job under_test("test", from({1, 2, 3}) | rebalance() | map([](int x) { return std::to_string(2 * x); }) |
                                     to<"out">(into(doubled)));
    weir::testing::simulate(under_test, {.seed = seed, .slots = 3});
    EXPECT_THAT(doubled, UnorderedElementsAre("2", "4", "6"));
  }
}

TEST_F(howto, test_an_aggregate_of_my_own) {
  const auto largest = fold(
      0.0, [](double so_far, const order& each) { return std::max(so_far, each.amount); },
      [](double so_far, double later) { return std::max(so_far, later); });

  EXPECT_LAWFUL(largest.any_order(), [](weir::testing::random_numbers& random) {
    return order{"ann", static_cast<double>(random.below(1000)) / 8, {}};
  });
}

TEST_F(howto, test_under_faults) {
  const std::string text = "customer,amount,at\nann,2.5,1000\nbob,4,1500\nann,1.5,61000\n";
  const job under_test("spending", from<"orders">(csv<order>("orders.csv"), event_time(&order::at, ascending())) |
                                       spending() | to<"out">(csv("spending.csv")));

  EXPECT_EXACTLY_ONCE(under_test, weir::testing::job_files().given("orders.csv", text), weir::testing::seeds(100));
}

// ---- sources ---------------------------------------------------------------------------------------------------------

TEST_F(howto, read_files_and_live_input) {
  auto several = from<"orders">(csv<order>("orders/2026-*.csv"));
  auto separated = from<"german">(csv<order>("orders.csv", {.separator = ';', .header = false}));
  auto piped = from<"orders">(json_lines<order>(standard_input));
  auto typed = from<"text">(lines(standard_input));
  auto received = from<"text">(socket_lines("localhost", 9000));
  static_cast<void>(std::tuple(std::move(several), std::move(separated), std::move(piped), std::move(typed),
                               std::move(received)));
}

TEST_F(howto, make_records) {
  std::vector<std::int64_t> results;
  const auto make = [](std::uint64_t i) { return static_cast<std::int64_t>(i % 3); };
  auto numbers = from<"numbers">(generate(make, bounded{6}).rate(1e6));
  job("numbers", std::move(numbers) | to<"out">(into(results))).run();
  EXPECT_THAT(results, ElementsAre(0, 1, 2, 0, 1, 2));
}

// ---- what is wrong, what is late ----------------------------------------------------------------------------------------

TEST_F(howto, count_malformed_records) {
  write("orders.jsonl", three_orders + "oops\n");
  auto orders = from<"orders">(json_lines<order>("orders.jsonl").skip_malformed());
  const job_report report = job("orders", std::move(orders) | to<"all">(csv("all.csv"))).run();
  EXPECT_EQ(report.find("orders")->malformed_records, 1u);
}

TEST_F(howto, keep_malformed_records) {
  write("orders.jsonl", three_orders + "oops\n");
  auto [orders, bad] = from<"orders">(json_lines<order>("orders.jsonl")) | split<"malformed">();
  job("orders", std::move(orders) | to<"all">(csv("all.csv")), std::move(bad) | to<"bad">(json_lines("bad.jsonl"))).run();
  EXPECT_THAT(text_of("bad.jsonl"), HasSubstr("\"line\":4,\"text\":\"oops\""));
}

TEST_F(howto, read_a_source_of_your_own) {
  const page_server server;
  const job pages("pages", from<"orders">(page_source{&server}) | map(&order::customer) | to<"out">(lines("pages.txt")));
  std::vector<std::string> expected;
  for (const std::string& shelf : server.shelves()) {
    for (int page = 0; page < 30; ++page) expected.push_back(shelf + std::to_string(page));
  }
  EXPECT_EXACTLY_ONCE(pages, weir::testing::job_files().expect("pages.txt", expected), weir::testing::seeds(50));
}

TEST_F(howto, keep_late_records) {
  write("orders.jsonl", three_orders + R"({"customer":"ann","amount":1,"at":120000})" + "\n" +
                            R"({"customer":"ann","amount":8,"at":4000})" + "\n");
  auto orders = from<"orders">(json_lines<order>("orders.jsonl"),
                               event_time(&order::at, out_of_orderness(5s)).watermark_interval(1));
  auto [totals, late] = std::move(orders) | spending() | split<"late">();
  job("orders", std::move(totals) | to<"totals">(json_lines("totals.jsonl")),
      std::move(late) | to<"late">(json_lines("late.jsonl")))
      .run();
  EXPECT_THAT(text_of("late.jsonl"), HasSubstr("\"amount\":8"));
}

// ---- time -------------------------------------------------------------------------------------------------------------

TEST_F(howto, give_records_another_time) {
  write("orders.jsonl", three_orders);
  auto orders = from<"orders">(json_lines<order>("orders.jsonl"), event_time(&order::at, trailing{}).align("shop", 30s));
  auto delivered = std::move(orders) | update([](order& each) { each.at += 24h; }) |
                   assign_event_time<"delivered">(event_time(&order::at, out_of_orderness(1h)));
  job("orders", std::move(delivered) | spending() | to<"totals">(csv("spending.csv"))).run({.slots = 1});
  EXPECT_THAT(text_of("spending.csv"), HasSubstr("ann,86400000,86460000,2,4\n"));
}

// ---- several streams ----------------------------------------------------------------------------------------------------

TEST_F(howto, write_several_results) {
  std::vector<int> all;
  std::vector<int> large;
  job("two sinks", from({1, 20, 3}) | branch(filter([](int x) { return x > 10; }) | to<"large">(into(large)),
                                            to<"all">(into(all))))
      .run();
  EXPECT_THAT(large, ElementsAre(20));
  EXPECT_THAT(all, UnorderedElementsAre(1, 20, 3));
}

TEST_F(howto, read_one_stream_twice) {
  write("orders.jsonl", three_orders);
  auto orders = from<"orders">(json_lines<order>("orders.jsonl"), event_time(&order::at, ascending())) | share();
  auto customers = orders | key_by(&order::customer) | window(global(at_end_of_input)) | aggregate<"customers">(count());
  job("orders", orders | spending() | to<"totals">(csv("spending.csv")),
      std::move(customers) | to<"numbers">(csv("customers.csv")))
      .run({.slots = 1});
  EXPECT_THAT(text_of("spending.csv"), HasSubstr("customer,window_start,window_end,count,spent\n"));
  EXPECT_THAT(text_of("customers.csv"), HasSubstr("ann,"));
}

/// Answers when the test says so.
class price_client {
 public:
  void ask(const std::string&, std::function<void(double)> then) { asked_.push_back(std::move(then)); }
  void answer(double price) { asked_.back()(price); }

 private:
  std::vector<std::function<void(double)>> asked_;
};

struct priced {
  BOOST_HANA_DEFINE_STRUCT(priced, (std::string, customer), (double, price));
};

inline auto pricing(std::shared_ptr<price_client> client) {
  return async_map<"priced">(
      [client](const order& each, async_result<priced> result) {
        client->ask(each.customer, [each, result](double price) { result.complete(priced{each.customer, price}); });
      },
      ordered(100)
          .timeout(5s, [](const order& late) { return priced{late.customer, 0}; })
          .retry(exponential_backoff(4, 100ms, 2s)));
}

TEST_F(howto, ask_a_service) {
  const auto client = std::make_shared<price_client>();
  auto harness = weir::testing::operator_harness<order>(pricing(client));
  harness.push({"ann", 2.5, {}}, 1s);
  client->answer(7.5);
  harness.advance_processing_time(0ns);  // takes what has come
  EXPECT_EQ(harness.values().back().price, 7.5);
  harness.push({"bob", 4, {}}, 2s);
  harness.advance_processing_time(5s);  // the time is over
  EXPECT_EQ(harness.values().back().price, 0);
}

async_task<priced> price_of(const order& each) {
  co_await async_delay(20ms);
  co_return priced{each.customer, 2 * each.amount};
}

TEST_F(howto, ask_a_service_with_a_coroutine) {
  std::vector<priced> results;
  auto orders = from(std::vector<order>{{"ann", 2.5, {}}}) | share();
  auto prices = orders | async_map<"priced">(price_of, unordered(500));
  weir::testing::dataflow_driver(job("prices", std::move(prices) | to<"out">(into(results)))).run();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].price, 5.0);
}

TEST_F(howto, join_streams_of_one_type) {
  std::vector<int> results;
  auto both = from({1, 2}) | union_(from({3}));
  job("both", std::move(both) | to<"out">(into(results))).run();
  EXPECT_THAT(results, UnorderedElementsAre(1, 2, 3));
}

TEST_F(howto, apply_rules_to_all_keys) {
  auto orders = from(std::vector<order>{{"ann", 5, {}}, {"bob", 5, {}}});
  auto limits = from(std::vector<limit>{{"ann", 3}});
  auto refused = connect(std::move(orders) | key_by(&order::customer), std::move(limits) | broadcast()) |
                 broadcast_process<"refused">(limit_check{});
  std::vector<order> results;
  job("rules", std::move(refused) | to<"out">(into(results))).run();
  for (const order& each : results) EXPECT_EQ(each.customer, "ann") << "where her limit came first";
}

TEST_F(howto, look_records_up_in_a_file) {
  write("limits.csv", "customer,amount\nann,3\n");
  auto orders = from(std::vector<order>{{"ann", 5, {}}, {"bob", 1, {}}});
  const auto limits = lookup_table(csv<limit>("limits.csv"), &limit::customer).refresh_every(5min);
  auto above = std::move(orders) | lookup_left_join<"limits">(limits, &order::customer, [](const order& o, const limit* l) {
                 return std::max(0.0, o.amount - (l == nullptr ? 0 : l->amount));
               });
  std::vector<double> results;
  job("table", std::move(above) | to<"out">(into(results))).run();
  EXPECT_THAT(results, UnorderedElementsAre(2, 1));
}

TEST_F(howto, keep_the_first_and_the_largest) {
  const std::vector<order> made = {{"ann", 5, {}}, {"ann", 9, {}}, {"ann", 7, {}}};
  auto orders = from(made);
  auto bids = from(made);
  auto first = std::move(orders) | key_by(&order::customer) | dedup<"first">(ttl(24h));
  auto best = std::move(bids) | key_by(&order::customer) | top<"best">(2, &order::amount, bounded_keys(1000));
  std::vector<order> firsts;
  std::vector<ranking<std::string, order>> rankings;
  job("largest", std::move(first) | to<"firsts">(into(firsts)), std::move(best) | to<"rankings">(into(rankings))).run({.slots = 1});
  ASSERT_EQ(firsts.size(), 1u);
  EXPECT_EQ(firsts[0].amount, 5);
  ASSERT_EQ(rankings.size(), 3u);
  ASSERT_EQ(rankings[2].elements.size(), 2u);
  EXPECT_EQ(rankings[2].elements[1].amount, 7);
}

/// What a job over `write_to` says when it fails.
template <class Sink>
std::string refusal_of(Sink&& write_to) {
  try {
    job("refused", from({1, 2}) | std::forward<Sink>(write_to)).run({.slots = 1});
  } catch (const error& failure) {
    return failure.what();
  }
  return "no refusal";
}

TEST_F(howto, give_each_sink_a_file_of_its_own) {
  EXPECT_THAT(refusal_of(branch(to<"one">(lines("out.txt")), to<"two">(lines("./out.txt")))),
              HasSubstr("sink 'two' cannot write ./out.txt: sink 'one' of the same job writes this file"));
  EXPECT_THAT(refusal_of(to<"out">(lines("/dev/null"))), HasSubstr("it is a directory, a device or a pipe"));
  EXPECT_THAT(refusal_of(to<"out">(lines("."))), HasSubstr("it is a directory, a device or a pipe"));
  EXPECT_EQ(refusal_of(to<"out">(lines("out.txt"))), "no refusal");
  EXPECT_EQ(refusal_of(to<"out">(lines("out.txt"))), "no refusal") << "an older result is replaced";
}

// ---- sinks -----------------------------------------------------------------------------------------------------------

TEST_F(howto, fill_a_directory) {
  write("orders.jsonl", "{\"customer\":\"ann\",\"amount\":200,\"at\":1000}\n" + three_orders);
  auto large = filter([](const order& each) { return each.amount >= 100; }) |
               to<"large">(csv(directory("large").roll_bytes(64 << 20).roll_after(5min)));
  job("orders", from<"orders">(json_lines<order>("orders.jsonl")) | std::move(large)).run();
  std::vector<order> read;
  job("read", from<"large">(csv<order>("large/*.csv")) | to<"out">(into(read))).run();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].amount, 200);
}

TEST_F(howto, write_a_sink_that_commits_in_two_phases) {
  write("orders.jsonl", three_orders);
  order_table table;
  const job orders("orders", from<"orders">(json_lines<order>("orders.jsonl")) | rebalance() |
                                 to<"table">(order_sink{&table}));
  orders.run({.slots = 2});
  EXPECT_EQ(table.rows().size(), 3u);
  run_options with{.slots = 2};
  with.checkpoints.directory = "checkpoints";
  orders.run(with);
  EXPECT_EQ(table.rows().size(), 6u);
}

// ---- programs -----------------------------------------------------------------------------------------------------------

int orders_main(int argc, char** argv) {
  std::string input = "orders.jsonl";
  double least = 0;
  return command_line("orders", "Lists large orders.")
      .option("--input", input, "JSON lines file")
      .option("--least", least, "smaller orders are left out")
      .run(argc, argv, [&] {
        return job("orders", from<"orders">(json_lines<order>(input)) |
                                 filter([least](const order& each) { return each.amount >= least; }) |
                                 to<"out">(csv("large.csv")));
      });
}

template <std::size_t Count>
int run_main(int (*main_function)(int, char**), const char* (&&arguments)[Count]) {
  return main_function(static_cast<int>(Count), const_cast<char**>(arguments));
}

TEST_F(howto, take_options_of_your_own) {
  write("orders.jsonl", three_orders);
  EXPECT_EQ(run_main(orders_main, {"orders", "--least", "4", "--log-level", "error"}), 0);
  EXPECT_EQ(text_of("large.csv"), "customer,amount,at\nbob,4,2000\n");
  EXPECT_EQ(run_main(orders_main, {"orders", "--leest", "4"}), 2);
}

TEST_F(howto, run_a_job_inside_a_program) {
  write("orders.jsonl", three_orders);
  const job orders("orders", from<"orders">(json_lines<order>("orders.jsonl")) | to<"out">(csv("all.csv")));
  job_handle running = orders.start({.slots = 2});
  const job_report report = running.wait();  // throws weir::error if the job failed; stop() ends an endless one
  EXPECT_EQ(report.find("orders")->records_out, 3u);
}

// ---- the documents -----------------------------------------------------------------------------------------------------

/// Lines without the spaces at their beginnings.
std::string flush_left(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    result += line.substr(std::min(line.find_first_not_of(' '), line.size())) + "\n";
  }
  return result;
}

/// The blocks of a Markdown text that begin with "```" and `language`.
std::vector<std::string> blocks_of(const std::string& text, const std::string& language) {
  std::vector<std::string> blocks;
  bool inside = false;
  bool wanted = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line == "```" + language;
      if (wanted) blocks.emplace_back();
    } else if (wanted) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST(documents, of_the_folder_quote_this_file) {
  const std::string code = flush_left(text_of("docs/howto/howto_test.cpp"));
  const auto blocks = blocks_of(text_of("docs/howto/README.md"), "cpp");
  EXPECT_GE(blocks.size(), 10u);
  for (const std::string& block : blocks) {
    EXPECT_TRUE(code.find("\n" + flush_left(block)) != std::string::npos) << "howto_test.cpp does not have:\n" << block;
  }
}

TEST_F(howto, run_the_job_of_the_readme) {
  write("trades.jsonl",
        "{\"symbol\":\"ACME\",\"price\":10.5,\"shares\":100,\"at\":1000}\n"
        "{\"symbol\":\"ACME\",\"price\":11.5,\"shares\":50,\"at\":2000}\n"
        "{\"symbol\":\"WEIR\",\"price\":1.5,\"shares\":0,\"at\":3000}\n");
  EXPECT_EQ(run_main(readme_main, {"turnover", "--log-level", "error"}), 0);
  EXPECT_EQ(text_of("turnover.csv"),
            "symbol,window_start,window_end,count,sum_shares,max_price\nACME,0,60000,2,150,11.5\n");
}

TEST(documents, show_the_plan_that_the_job_of_the_readme_prints) {
  const std::string shown = blocks_of(text_of("README.md"), "").at(0);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_main(readme_main, {"turnover", "plan", "--slots", "2"}), 0);
  const std::string printed = ::testing::internal::GetCapturedStdout();
  const std::string plan =
      std::regex_replace(printed, std::regex("window_result<.*>, keyed state"), "window_result<...>, keyed state");
  EXPECT_EQ(shown, "$ ./turnover plan --slots 2\n" + plan);
}

}  // namespace
