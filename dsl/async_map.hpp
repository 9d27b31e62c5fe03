#pragma once
// async_map: asks somebody else about each element (a service, a database, a model on another thread) without waiting:
// many calls are under way at a time, and results go on in the order of their inputs, or as they come.
//   … | async_map<"priced">([&client](const order& each) -> async_task<priced> {
//         co_return priced{each, co_await client.price_of(each.item)};
//       }, ordered(100).timeout(5s))
// Flink: AsyncDataStream.orderedWait and unorderedWait.
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/fixed_string.hpp"
#include "weir/core/owned.hpp"
#include "weir/core/type_name.hpp"
#include "weir/dsl/async_function.hpp"
#include "weir/dsl/async_options.hpp"
#include "weir/dsl/async_subtask.hpp"
#include "weir/dsl/keyed_rows.hpp"
#include "weir/dsl/operator.hpp"
#include "weir/state/state_schema.hpp"

namespace weir {
namespace detail {

/// "ordered, 100 in flight, timeout 5s, 3 attempts": for plans.
std::string async_detail(const async_settings& settings);

/// The head of a stage that begins with async_map.
template <class Element, columns Columns, class Function, class Options>
struct async_head {
  static constexpr bool is_operator = true;
  Function function;
  Options options;

  template <class Chain>
  class maker final : public subtask_maker {
   public:
    template <class Links, class Terminal>
    maker(async_head&& head, Links&& links, Terminal&& terminal)
        : head_(std::move(head)), chain_(flatten(std::move(links), std::move(terminal))) {}
    std::unique_ptr<subtask> make(subtask_context& context) const override {
      return std::unique_ptr<subtask>(new async_subtask<Element, Columns, Function, Options, Chain>(
          context, head_.function, head_.options, chain_));
    }

   private:
    async_head head_;
    Chain chain_;
  };
};

template <class Function, class Options>
struct async_map_description : operator_tag {
  static constexpr bool leaves_stage = true;
  Function function;
  Options options;
  std::string uid;
  std::source_location where;
  async_map_description(Function f, Options o, std::string u, std::source_location w)
      : function(std::move(f)), options(std::move(o)), uid(std::move(u)), where(w) {}

  /// Whether all fits; if not, and `Explain`, a static assertion says what is wrong first.
  template <class Stream, bool Explain>
  static constexpr bool check() {
    using element = typename Stream::element_type;
    if constexpr (!std::is_copy_constructible_v<Function>) {
      if constexpr (Explain) static_cast<void>(function_not_copyable<Function>{});
      return false;
    } else if constexpr (!std::is_base_of_v<async_options_tag, Options>) {
      if constexpr (Explain) static_cast<void>(async_map_without_options<Options>{});
      return false;
    } else {
      using traits = async_traits<Function, element>;
      if constexpr (traits::form == async_form::none) {
        if constexpr (Explain) static_cast<void>(async_map_rejected<element, Function>{});
        return false;
      } else if constexpr (traits::form == async_form::at_once) {
        if constexpr (Explain) static_cast<void>(async_map_at_once<element, Function>{});
        return false;
      } else {
        return check_types<element, typename traits::output, Explain>();
      }
    }
  }
  template <class Element, class Output, bool Explain>
  static constexpr bool check_types() {
    using handler = decltype(Options::on_timeout);
    using on_result = decltype(decltype(Options::when_retried)::on_result);
    using on_exception = decltype(decltype(Options::when_retried)::on_exception);
    if constexpr (has_borrowed<Output>) {
      if constexpr (Explain) static_cast<void>(async_map_gives_borrowed<Output>{});
      return false;
    } else if constexpr (!has_binary_form<Element>) {
      if constexpr (Explain) static_cast<void>(async_map_not_storable<Element>{});
      return false;
    } else if constexpr (!handles_timeout_of<handler, Element, Output>) {
      if constexpr (Explain) static_cast<void>(async_timeout_rejected<Element, Output, handler>{});
      return false;
    } else if constexpr (!judges_results<on_result, Output>) {
      if constexpr (Explain) static_cast<void>(async_if_result_rejected<Output, on_result>{});
      return false;
    } else if constexpr (!judges_exceptions<on_exception>) {
      if constexpr (Explain) static_cast<void>(async_if_exception_rejected<on_exception>{});
      return false;
    } else {
      return true;
    }
  }

  template <class Stream>
  static constexpr bool accepts = check<Stream, false>();
  template <class Stream>
  static void explain() {
    check<Stream, true>();
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    using element = typename stream_type::element_type;
    using clock = typename stream_type::clock;
    using output = typename async_traits<Function, element>::output;
    constexpr columns kept{has_time<clock>, false};
    auto before = close_stage(plain_stage(std::forward<Stream>(source)),
                              exchange_writer<element, kept, forward_partitioner>({}), 1);
    const auto input = make_edge_of<element, kept>(std::move(before), {.how = partitioning::forward});
    open_stage<async_head<element, kept, Function, Options>, no_operators> opened{
        {std::move(function), options}, {}, stage_draft(*input)};
    opened.draft.set_parallelism(input->from->parallelism);
    opened.draft.add({.kind = "async_map",
                      .detail = async_detail(options.settings),
                      .uid = uid,
                      .output_type = type_name<output>(),
                      .where = where,
                      .table = make_table_schema(
                          describe_row<async_inputs<async_entry<element, has_time<clock>>>, false, false>())});
    if constexpr (!std::is_same_v<output, element>) opened.draft.clear_columns();
    return make_stream<output, no_key, clock, typename stream_type::guarantee>(std::move(opened));
  }
};

}  // namespace detail

/// Calls `function` for each element, up to `capacity` of them at a time, and goes on while their results are awaited.
/// Emits     the results, with the event time of their element: in the order of the elements (`ordered`, as unless said
///           otherwise), or as they come between two watermarks (`unordered`).
/// Time      watermarks take a place among the elements, and never pass one.
/// State     the elements whose results have not left, by `uid`. A restored job calls again for them first, so a call
/// may
///           happen again; its results count once. At another parallelism they are dealt out anew.
/// Errors    a call that fails fails the job, unless `.retry(...)` has it tried again; so does one that takes longer
/// than
///           `.timeout(...)`, unless that has a handler.
/// Thread    one subtask calls it, and must not have to wait for it; results may be completed by any thread. The
/// function is
///           copied per subtask; `open()` or `open(const open_context&)`, if it has one, is called first. The element
///           that it is given lives until the call returns; for a coroutine, until that ends.
/// Requires  async_task<Output> f(const Element&), a coroutine; or std::future<Output> f(const Element&); or
///           void f(const Element&, async_result<Output>), where a generic f names its output_type.
template <fixed_string Uid, class Function, class Options = async_options<>>
auto async_map(Function function, Options options = ordered(),
               std::source_location where = std::source_location::current()) {
  static_assert(Uid.view().size() > 0,
                "weir: async_map<\"\">(...) has state, which needs a name; write async_map<\"uid\">");
  return detail::async_map_description<Function, Options>(std::move(function), std::move(options),
                                                          std::string(Uid.with_former()), where);
}

template <class Function, class... More>
detail::broken_pipeline async_map(const Function&, const More&...) {
  static_cast<void>(detail::async_map_without_uid<Function>{});
  return {};
}

}  // namespace weir
