#pragma once
// branch: several fragments, each ending in a sink, read the same records inside one stage.
#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "weir/dsl/operator.hpp"
#include "weir/dsl/to.hpp"

namespace weir {
namespace detail {

/// One branch: its chain, and where its operators stand among those of the stage.
template <class Chain>
struct branch_chain {
  Chain chain;
  std::size_t first_operator;
};

template <class... ChainLocals>
struct branch_local {
  operator_pack<ChainLocals...> branches;

  template <class Record, class Out>
  [[gnu::always_inline]] void process(Record&& record, const Out& out) {
    using meta = std::remove_cvref_t<decltype(out.meta())>;
    [&]<std::size_t... Index>(std::index_sequence<Index...>) __attribute__((always_inline)) {
      (emitter<ChainLocals, 0, meta>{packed_at<Index>(branches), out.meta()}(std::as_const(record)), ...);
    }(std::index_sequence_for<ChainLocals...>{});
  }
};

/// The terminal that hands every record to several chains; each of them ends in a sink, so none can be full.
template <class... Chains>
class branch_operator {
 public:
  explicit branch_operator(branch_chain<Chains>... branches) : branches_{{std::move(branches)}...} {}

  void open(operator_context& context) {
    each([&](auto& branch) { branch.chain.open(context.subtask, branch.first_operator); });
  }

  auto batch_local() {
    return [this]<std::size_t... Index>(std::index_sequence<Index...>) {
      return branch_local<decltype(packed_at<Index>(branches_).chain.make_locals())...>{
          {{packed_at<Index>(branches_).chain.make_locals()}...}};
    }(std::index_sequence_for<Chains...>{});
  }
  template <class Local>
  void absorb(Local& local, std::uint64_t in) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (packed_at<Index>(branches_).chain.absorb(packed_at<Index>(local.branches), in), ...);
    }(std::index_sequence_for<Chains...>{});
  }

  static constexpr bool ready() noexcept { return true; }
  static constexpr bool spilling() noexcept { return false; }
  void mark(mark_kind, timestamp) noexcept {}

  bool holds_output() {
    bool any = false;
    each([&](auto& branch) { any = branch.chain.terminal().holds_output() || any; });
    return any;
  }
  bool flush(flush_reason reason) {
    each([&](auto& branch) { branch.chain.terminal().flush(reason); });
    return true;
  }
  void close() {
    each([](auto& branch) { branch.chain.terminal().close(); });
  }

  processing_clock::time_point next_processing_timer()
    requires(Chains::has_processing_timers || ...)
  {
    auto next = processing_clock::time_point::max();
    each([&](auto& branch) { next = std::min(next, branch.chain.next_processing_timer()); });
    return next;
  }
  template <class Out>
    requires(Chains::has_processing_timers || ...)
  advance_result on_processing_time(processing_clock::time_point now, const Out&) {
    each([&](auto& branch) { branch.chain.advance_processing_time(now); });  // sinks are never full
    return {};
  }

  std::size_t state_bytes(const memory_look& look)
    requires(Chains::holds_state || ...)
  {
    std::size_t sum = 0;
    each([&](auto& branch) {
      if constexpr (std::remove_cvref_t<decltype(branch.chain)>::holds_state) sum += branch.chain.state_bytes(look);
    });
    return sum;
  }

  void begin_snapshot(const operator_snapshot& out) {
    each([&](auto& branch) { branch.chain.begin_snapshot(out.whole()); });
  }
  bool snapshot_slice(const operator_snapshot& out) {
    bool done = true;
    each([&](auto& branch) { done = branch.chain.snapshot_slice(out.whole()) && done; });
    return done;
  }
  void abandon_snapshot() {
    each([](auto& branch) { branch.chain.abandon_snapshot(); });
  }
  void finish_snapshot(const operator_snapshot& out) {
    each([&](auto& branch) { branch.chain.finish_snapshot(out.whole()); });
  }
  void restore(const operator_restore& from) {
    each([&](auto& branch) { branch.chain.restore(from.whole(), from.watermark()); });
  }

 private:
  template <class Function>
  void each(Function&& function) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (function(packed_at<Index>(branches_)), ...);
    }(std::index_sequence_for<Chains...>{});
  }
  operator_pack<branch_chain<Chains>...> branches_;
};

template <class... Facts>
struct branch_not_within_stage {
  static_assert(never<Facts...>,
                "weir: branch(...): each branch must be operators that end in to<\"uid\">(sink); to use key_by or another "
                "exchange in a branch, or to go on with the stream, share() it instead");
};

/// The head of a branch under construction; nothing can close it.
struct branch_head {};

template <class Description>
inline constexpr bool ends_in_to = false;
template <fixed_string Uid, class Sink>
inline constexpr bool ends_in_to<to_description<Uid, Sink>> = true;
template <class First, class Second>
inline constexpr bool ends_in_to<fragment<First, Second>> = ends_in_to<Second>;

template <class Description>
inline constexpr bool stays_in_stage = !requires { requires Description::leaves_stage; };
template <class First, class Second>
inline constexpr bool stays_in_stage<fragment<First, Second>> = stays_in_stage<First> && stays_in_stage<Second>;

/// Follows the types of a branch up to its sink, or up to the operator that rejects what reaches it.
template <class Stream, class Description>
struct branch_walk {
  using stream = Stream;
  using description = Description;
  static constexpr bool accepted = Description::template accepts<Stream>;
};
template <class Stream, class First, class Second>
struct branch_walk<Stream, fragment<First, Second>> {
  static auto find() {
    using walked = branch_walk<Stream, First>;
    if constexpr (walked::accepted) {
      using before = typename walked::stream;
      using last = typename walked::description;
      return branch_walk<decltype(std::declval<last>().apply(std::declval<before>())), Second>{};
    } else {
      return walked{};
    }
  }
  using found = decltype(find());
  using stream = typename found::stream;
  using description = typename found::description;
  static constexpr bool accepted = found::accepted;
};

/// The first branch that rejects what reaches it.
template <class Stream, class First, class... Rest>
struct rejecting_branch : std::conditional_t<branch_walk<Stream, First>::accepted, rejecting_branch<Stream, Rest...>,
                                             branch_walk<Stream, First>> {};
template <class Stream, class Last>
struct rejecting_branch<Stream, Last> : branch_walk<Stream, Last> {};

/// The guarantee of the sink that a branch ends in, for the elements that reach it.
template <class Stream, class Branch>
using guarantee_of_branch = typename branch_walk<Stream, Branch>::description::template guarantee<
    typename branch_walk<Stream, Branch>::stream::element_type>;

/// Pipes the operators of a branch behind `source` and returns its chain; `whole` gets their descriptions.
template <class Stream, class Description>
auto finish_branch(Stream&& source, const Description& branch, stage_draft& whole) {
  if constexpr (is_fragment<Description>) {
    return finish_branch(std::forward<Stream>(source) | std::remove_cvref_t<decltype(branch.first)>(branch.first),
                         branch.second, whole);
  } else {
    auto stage = plain_stage(std::forward<Stream>(source));
    using element = typename Stream::element_type;
    branch.template describe<element>(stage.draft);
    auto terminal = branch.template make_operator<element>(stage.draft.columns());
    whole.add_operators_of(std::move(stage.draft));
    return flatten(std::move(stage.links), std::move(terminal));
  }
}

template <class... Branches>
struct branch_description : operator_tag {
  static constexpr bool ends_pipeline = true;
  std::tuple<Branches...> branches;
  explicit branch_description(Branches... parts) : branches(std::move(parts)...) {}

  /// What each branch begins with.
  template <class Stream>
  using begun = stream<typename Stream::element_type, no_key, typename Stream::clock, typename Stream::guarantee,
                       open_stage<branch_head, no_operators>>;

  static constexpr bool well_formed =
      sizeof...(Branches) > 0 && ((ends_in_to<Branches> && stays_in_stage<Branches>)&&...);
  template <class Stream>
  static constexpr bool accepts = [] {
    if constexpr (well_formed) {
      return (branch_walk<begun<Stream>, Branches>::accepted && ...);
    } else {
      return false;
    }
  }();
  template <class Stream>
  static void explain() {
    if constexpr (well_formed) {
      using rejected = rejecting_branch<begun<Stream>, Branches...>;
      rejected::description::template explain<typename rejected::stream>();
    } else {
      static_cast<void>(branch_not_within_stage<Stream>{});
    }
  }

  template <class Stream>
  auto apply(Stream&& source) && {
    using stream_type = std::remove_cvref_t<Stream>;
    auto stage = plain_stage(std::forward<Stream>(source));
    stage.draft.add({.kind = "branch"});
    const auto build = [&](const auto& part) {
      open_stage<branch_head, no_operators> opened;
      opened.draft.take_columns_of(stage.draft);
      const std::size_t first_operator = stage.draft.operator_count();
      auto chain = finish_branch(begun<stream_type>(std::move(opened)), part, stage.draft);
      return branch_chain<decltype(chain)>{std::move(chain), first_operator};
    };
    // A braced list, because its elements are made in order: positions of operators depend on it.
    auto chains = std::apply([&](const auto&... part) { return std::tuple{build(part)...}; }, branches);
    auto terminal = std::apply(
        [](auto&... each) {
          return branch_operator<std::remove_cvref_t<decltype(each.chain)>...>(std::move(each)...);
        },
        chains);
    using guarantee = weakest<typename stream_type::guarantee, guarantee_of_branch<begun<stream_type>, Branches>...>;
    return delivered_pipeline<guarantee>(close_stage(std::move(stage), std::move(terminal), 0));
  }
};

}  // namespace detail

/// Ends a pipeline in several fragments that each read every record, inside one stage: nothing is copied between them.
///   | branch(filter(is_error) | to<"errors">(lines("errors.txt")), to<"all">(csv("all.csv")))
/// Requires  each branch to be stateless operators that end in a sink.
template <class... Branches>
auto branch(Branches... branches) {
  return detail::branch_description<Branches...>(std::move(branches)...);
}

}  // namespace weir
