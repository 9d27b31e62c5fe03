#pragma once
// The state of a key that has panes: its windows, ascending. In snapshots the same as a list_state of panes.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/counted_memory.hpp"
#include "weir/state/state_kind.hpp"

namespace weir::detail {

template <class Pane>
using pane_vector = std::vector<Pane, counted_allocator<Pane>>;

template <class Pane>
struct pane_cell {
  static constexpr bool has_presence_bit = false;
  pane_vector<Pane> panes;

  bool empty() const noexcept { return panes.empty(); }
  void clear() noexcept { panes.clear(); }
  static constexpr void drop_expired(const ttl_step&) noexcept {}
  beside_entry memory() const {
    return {.counted = heap_bytes(panes.capacity() * sizeof(Pane)),
            .owned = sum_over(panes.data(), panes.size(), [](const Pane& each) { return owned_bytes(each); })};
  }

  template <class Out>
  void encode(Out& out) const {
    encode_varint(panes.size(), out);
    for (const Pane& each : panes) weir::encode(each, out);
  }
  void decode(std::string_view& in) {
    panes.clear();
    for (std::uint64_t left = decode_count<Pane>(in); left > 0; --left) decode_into(in, panes.emplace_back());
  }
};

/// A state handle (state/state_kind.hpp) through which the panes of the current key may be changed.
template <class Pane>
class pane_list : state_tag {
 public:
  pane_vector<Pane>& get() const noexcept { return *panes_; }

 private:
  friend state_access;
  template <bool WithTtl>
  using cell = pane_cell<Pane>;
  using schema_types = state_types<Pane>;
  static constexpr std::string_view kind = "list";

  static void configure(const state_setting&) noexcept {}
  void point_at(pane_cell<Pane>& cell) noexcept { panes_ = &cell.panes; }

  pane_vector<Pane>* panes_ = nullptr;
};

}  // namespace weir::detail
