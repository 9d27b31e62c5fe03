#pragma once
// The operator of windows in general: any assigner, trigger, evictor and lateness. It is a process function
// (process_operator.hpp) whose state of a key is the list of that key's panes, so that snapshots, restoring, rescaling
// and keeping rows in RocksDB are the same as there. Plain windows have an operator of their own (aggregate.hpp).
//
// Timers belong to panes and lie in them. The key's row has at most one timer per clock, at the earliest time at which
// one of its panes wants to be looked at: a session that grows with every record moves its own timer only.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/timestamp.hpp"
#include "weir/dsl/collector.hpp"
#include "weir/dsl/pane_body.hpp"
#include "weir/dsl/process_context.hpp"
#include "weir/state/row_cells.hpp"
#include "weir/windows/merging.hpp"
#include "weir/windows/pane.hpp"
#include "weir/windows/pane_list.hpp"
#include "weir/windows/windowing.hpp"

namespace weir::detail {

[[noreturn]] void throw_merged_into_the_past(const time_window& window, bool in_event_time);

template <class Own, class Sides>
struct with_late;
template <class Element, class... Sides>
struct with_late<Element, side_outputs<Sides...>> {
  using late = side<"late", Element>;
  using type = side_outputs<late, Sides...>;
};

/// `Windowing` says which windows there are and when they fire, `Body` what they hold and what comes out.
template <class Element, class Key, class Windowing, class Body>
class pane_function : public Body {
  using assigner_type = typename Windowing::assigner_type;
  using trigger_type = decltype(effective_trigger(std::declval<const assigner_type&>(),
                                                  std::declval<const typename Windowing::trigger_type&>()));
  using trigger_state = trigger_state_t<trigger_type, Element>;
  using contents_type = typename Body::contents_type;
  using pane_type = pane<contents_type, trigger_state, typename Body::window_state_type>;
  using context_type = process_context<Key>;
  using late = typename with_late<Element, typename Body::own_sides>::late;
  using life = end_of_life::clock;

  static constexpr bool merges = merges_windows<assigner_type>;
  static constexpr bool ends_by_watermark = ends_in_event_time<assigner_type>;
  static constexpr bool ends_by_clock = ends_in_processing_time<assigner_type>;
  static constexpr bool has_event_timers = ends_by_watermark || sees_event_time<trigger_type, trigger_state>;
  static constexpr bool has_processing_timers = ends_by_clock || sees_processing_time<trigger_type, trigger_state>;

 public:
  using output_type = typename Body::output_type;
  using side_outputs = typename with_late<Element, typename Body::own_sides>::type;

  pane_function(Windowing windowing, Body body)
      : Body(std::move(body)),
        assigner_(std::move(windowing.assigner)),
        trigger_(effective_trigger(assigner_, windowing.trigger)),
        lateness_(windowing.lateness) {}

  void process(const Element& element, context_type& context, auto& out) {
    const timestamp time = context.timestamp().value_or(min_timestamp);
    timestamp assigned_at = time;
    if constexpr (ends_by_clock) assigned_at = as_timestamp(context.processing_time());
    bool taken = false;
    each_window(assigner_, element, assigned_at, [&](const time_window& window) {
      if (put(element, time, window, context, out)) taken = true;
    });
    if constexpr (ends_by_watermark) {
      if (!taken && saturating_add(time, lateness_) <= context.current_watermark()) {
        ++late_records_;
        out(late{element});
      }
    }
  }

  void on_timer(timestamp at, context_type& context, auto& out)
    requires has_event_timers
  {
    look<life::event>(at, context, out);
  }
  void on_timer(processing_clock::time_point at, context_type& context, auto& out)
    requires has_processing_timers
  {
    look<life::processing>(as_timestamp(at), context, out);
  }

  // ---- for the operator ---------------------------------------------------------------------------------------------

  std::uint64_t take_late_records() noexcept { return std::exchange(late_records_, 0); }
  std::uint64_t open_panes() const noexcept { return open_panes_; }
  /// The handles are at a row that has been restored.
  void count_restored() noexcept { open_panes_ += panes.get().size(); }

  pane_list<pane_type> panes;  ///< state: see listed_fields_of below

 private:
  /// Puts an element into a window, unless that is late.
  template <class Out>
  bool put(const Element& element, timestamp time, const time_window& window, context_type& context, Out& out) {
    pane_vector<pane_type>& all = panes.get();
    if (!merges && is_late(window, context)) return false;
    pane_type* found = nullptr;
    if constexpr (merges) {
      const std::size_t before = all.size();
      found = &join_window(all, window, make_pane, [&](pane_type& first, const time_window& whole, auto from, auto to) {
        merge(first, whole, from, to, context);
      });
      open_panes_ += all.size() - before;  // modulo 2^64: it may have become smaller
      if (is_late(found->window(), context)) {
        erase(all, static_cast<std::size_t>(found - all.data()));
        return false;
      }
    } else {
      found = &pane_of(all, window);
    }
    Body::add(found->contents, element, time);
    const time_window of = found->window();
    const end_of_life end = end_of(of);
    const trigger_result result = with_trigger(*found, of, end, context, [&](trigger_context& at) {
      return trigger_.on_element(found->trigger, element, time, at);
    });
    found->end_deleted = false;
    act(*found, of, result, false, context, out);
    arm(*found, end, context);
    return true;
  }

  static pane_type make_pane(const time_window& window) {
    pane_type made{};
    made.start = window.start;
    made.end = window.end;
    return made;
  }

  /// The pane of a window, which is opened if need be.
  pane_type& pane_of(pane_vector<pane_type>& all, const time_window& window) {
    const auto place =
        std::lower_bound(all.begin(), all.end(), window,
                         [](const pane_type& pane, const time_window& of) { return pane.window() < of; });
    if (place != all.end() && place->window() == window) return *place;
    ++open_panes_;
    return *all.insert(place, make_pane(window));
  }

  /// Makes `first` the pane of `whole`, of which [from, to) become part, too.
  template <class Iterator>
  void merge(pane_type& first, const time_window& whole, Iterator from, Iterator to, context_type& context) {
    if constexpr (ends_by_watermark) {
      if (is_late(whole, context)) throw_merged_into_the_past(whole, true);
    } else if (ends_by_clock && whole.max_timestamp() <= as_timestamp(context.processing_time())) {
      throw_merged_into_the_past(whole, false);
    }
    for (Iterator other = from; other != to; ++other) {
      trigger_.merge(first.trigger, std::as_const(other->trigger));
      Body::merge(first.contents, other->contents);
      first.firings += other->firings;
    }
    first.event_timers.clear();
    first.processing_timers.clear();
    first.fired_at_end = false;
    const end_of_life end = end_of(whole);
    with_trigger(first, whole, end, context, [&](trigger_context& at) {
      trigger_.on_merge(first.trigger, at);
      return trigger_result::continue_;
    });
  }

  /// Asks the triggers of the panes that have a timer at `at`, or end there, and then sets the row's timer anew.
  template <life By, class Out>
  void look(timestamp at, context_type& context, Out& out) {
    pane_vector<pane_type>& all = panes.get();
    for (std::size_t i = 0; i < all.size();) {
      const time_window of = all[i].window();
      const end_of_life end = end_of(of);
      const bool ends = end.is(By, at);
      if (!remove_timer(timers<By>(all[i]), at) && !ends) {
        ++i;
        continue;
      }
      pane_type& pane = all[i];
      if (!ends || !pane.end_deleted) {
        const trigger_result result = with_trigger(pane, of, end, context, [&](trigger_context& to) {
          if constexpr (By == life::event) {
            return ask_at_event_time(trigger_, pane.trigger, at, to);
          } else {
            return ask_at_processing_time(trigger_, pane.trigger, as_processing_time(at), to);
          }
        });
        act(pane, of, result, true, context, out);
      }
      if (ends) {
        erase(all, i);
      } else {
        ++i;
      }
    }
    for (const pane_type& each : all) arm(each, end_of(each.window()), context);
  }

  void erase(pane_vector<pane_type>& all, std::size_t index) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(index));
    --open_panes_;
  }

  template <class Call>
  trigger_result with_trigger(pane_type& pane, const time_window& window, end_of_life end, context_type& context,
                              Call&& call) {
    const auto read = [](void* of) { return static_cast<context_type*>(of)->processing_time(); };
    end.deleted = pane.end_deleted;
    trigger_context seen(window, end, context.current_watermark(), {read, &context}, pane.event_timers,
                         pane.processing_timers);
    const trigger_result result = call(seen);
    pane.end_deleted = end.deleted;
    return result;
  }

  template <class Out>
  void act(pane_type& pane, const time_window& window, trigger_result result, bool by_timer, context_type& context,
           Out& out) {
    if (fires(result) && !Body::holds_nothing(pane.contents)) {
      const firing of{window, {pane.firings, timing_of(pane, window, by_timer, context)}};
      ++pane.firings;
      Body::emit(pane.contents, context, of, pane.window_state, out);
    }
    if (purges(result)) pane.contents = contents_type{};
  }

  static pane_timing timing_of(pane_type& pane, const time_window& window, bool by_timer, context_type& context) {
    timestamp now = context.current_watermark();
    if constexpr (ends_by_clock) now = as_timestamp(context.processing_time());
    if (window.max_timestamp() > now) return pane_timing::early;
    const bool again = std::exchange(pane.fired_at_end, true);
    return by_timer && !again ? pane_timing::on_time : pane_timing::late;
  }

  /// When a window with all that it has is dropped.
  end_of_life end_of(const time_window& window) const noexcept {
    if constexpr (ends_by_watermark) {
      const timestamp at = saturating_add(window.max_timestamp(), lateness_);
      if (at != max_timestamp) return {life::event, at};
    } else if constexpr (ends_by_clock) {
      if (window.max_timestamp() != max_timestamp) return {life::processing, window.max_timestamp()};
    }
    return {};
  }
  bool is_late(const time_window& window, const context_type& context) const noexcept {
    if constexpr (ends_by_watermark) {
      return saturating_add(window.max_timestamp(), lateness_) <= context.current_watermark();
    } else {
      return false;
    }
  }

  template <life By>
  static pane_timers& timers(pane_type& of) noexcept {
    if constexpr (By == life::event) {
      return of.event_timers;
    } else {
      return of.processing_timers;
    }
  }

  /// Lets the row be looked at when a pane wants it.
  void arm(const pane_type& pane, const end_of_life& end, context_type& context) const {
    if constexpr (has_event_timers) {
      if (end.by == life::event) arm_event(end.at, context);
      if (!pane.event_timers.empty()) arm_event(pane.event_timers.front(), context);
    }
    if constexpr (has_processing_timers) {
      if (end.by == life::processing) arm_processing(as_processing_time(end.at), context);
      if (!pane.processing_timers.empty()) {
        arm_processing(as_processing_time(pane.processing_timers.front()), context);
      }
    }
  }
  static void arm_event(timestamp at, context_type& context) {
    const auto next = context.next_event_time_timer();
    if (next && *next <= at) return;
    if (next) context.delete_event_time_timer(*next);
    context.register_event_time_timer(at);
  }
  static void arm_processing(processing_clock::time_point at, context_type& context) {
    const auto next = context.next_processing_time_timer();
    if (next && *next <= at) return;
    if (next) context.delete_processing_time_timer(*next);
    context.register_processing_time_timer(at);
  }

  assigner_type assigner_;
  trigger_type trigger_;
  std::chrono::milliseconds lateness_;
  std::uint64_t late_records_ = 0;  // since they were taken
  std::uint64_t open_panes_ = 0;
};

/// The row of a key: its panes, then the states of the user's function, if there is one.
template <class Element, class Key, class Windowing, class Body>
struct listed_fields_of<pane_function<Element, Key, Windowing, Body>> {
  using function = pane_function<Element, Key, Windowing, Body>;
  template <class... Fields>
  static auto before(field_list<Fields...>) -> field_list<field<&function::panes, "panes">, Fields...>;
  using type = decltype(before(typename Body::function_states{}));
};

}  // namespace weir::detail
