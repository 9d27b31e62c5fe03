#pragma once
// The operator state of a process function as a snapshot holds it. Each subtask puts in one part; its bytes are, for
// each operator_list_state and broadcast_map_state in declaration order, how many elements as varint and then the
// elements, by the codec (core/codec.hpp); an element of a map is a pair of key and value. A restored subtask reads the
// parts of all old ones and takes what is its own.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/core/record.hpp"
#include "weir/state/state_fields.hpp"
#include "weir/state/state_kind.hpp"

namespace weir::detail {

/// What the part of a subtask is called.
inline constexpr std::string_view operator_state_name = "operator state";

template <class Function>
inline constexpr bool has_operator_states = operator_state_fields<Function>::size > 0;

/// Makes the lists of a function those of a subtask, which may fill them.
template <class Function>
void attach_operator_states(Function& function) {
  visit_fields(operator_state_fields<Function>{}, [&](auto field) {
    state_access::configure(function.*decltype(field)::pointer, {decltype(field)::name, nullptr});
  });
}

/// Appends the bytes described above.
template <class Function>
void encode_operator_states(const Function& function, std::string& out) {
  visit_fields(operator_state_fields<Function>{},
               [&](auto field) { state_access::encode(function.*decltype(field)::pointer, out); });
}

/// Bytes on the heap that the elements own; those of the lists and maps themselves are counted (counted_memory.hpp).
template <class Function>
std::size_t bytes_of_operator_states(const Function& function) {
  std::size_t bytes = 0;
  visit_fields(operator_state_fields<Function>{},
               [&](auto field) { bytes += state_access::owned(function.*decltype(field)::pointer); });
  return bytes;
}

/// Which elements of restored lists belong to a new subtask. Takes up the parts of the old subtasks, in their order.
template <class Function>
class operator_state_share {
 public:
  operator_state_share(std::size_t subtask, std::size_t parallelism, std::size_t old_parallelism)
      : subtask_(subtask), parallelism_(parallelism), old_parallelism_(old_parallelism) {}

  /// Adds the subtask's share of the lists of `old_subtask` to those of `function`. Takes them from the front of `in`;
  /// throws weir::error if they are cut short.
  void take(Function& function, std::size_t old_subtask, std::string_view& in) {
    std::size_t list = 0;
    visit_fields(operator_state_fields<Function>{}, [&](auto field) {
      state_access::decode(function.*decltype(field)::pointer, in, choice{*this, old_subtask, numbers_[list++]});
    });
  }

 private:
  /// What of one list in the part of an old subtask is this subtask's own.
  struct choice {
    const operator_state_share& share;
    std::size_t old_subtask;
    std::uint64_t& number;

    /// Whether the next element is; `all`: every subtask has every element.
    bool operator()(bool all) const {
      const bool stays = share.parallelism_ == share.old_parallelism_;
      const std::size_t owner = stays ? old_subtask : static_cast<std::size_t>(number++ % share.parallelism_);
      return all || owner == share.subtask_;
    }
    /// Whether all elements are, where each old subtask had the same ones: more subtasks take the copies in turn.
    bool is_copy() const { return share.subtask_ % share.old_parallelism_ == old_subtask; }
  };

  std::size_t subtask_;
  std::size_t parallelism_;
  std::size_t old_parallelism_;
  std::array<std::uint64_t, operator_state_fields<Function>::size> numbers_{};  ///< by list: elements seen so far
};

}  // namespace weir::detail
