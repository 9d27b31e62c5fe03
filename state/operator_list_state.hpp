#pragma once
// operator_list_state: a list that belongs to a subtask of a process function and not to a key, so that functions on plain
// streams can have it, too:
//   struct grouping {
//     BOOST_HANA_DEFINE_STRUCT(grouping, (operator_list_state<order>, waiting));
//     using output_type = std::vector<order>;
//     void process(const order& each, process_context<>&, collector<output_type>& out) {
//       waiting.add(each);
//       if (waiting.size() < 100) return;
//       out({waiting.begin(), waiting.end()});
//       waiting.clear();
//     }
//   };
// Flink: the list of OperatorStateStore::getListState, and of getUnionListState with redistribution::union_.
// docs/decisions/0014 says why it is as it is.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/core/owned_bytes.hpp"
#include "weir/state/slim_vector.hpp"
#include "weir/state/state_kind.hpp"

namespace weir {

/// What becomes of the lists of all subtasks when a job is restored.
enum class redistribution : std::uint8_t {
  split,   ///< as many subtasks as before: each its own list; else one element after the other to the subtasks in turn
  union_,  ///< every subtask gets the lists of all, one behind the other in the order of the subtasks
};

/// The list of this subtask. It lies on the heap whatever the state backend, is copied whole into each snapshot, and does
/// not expire. Ranges that it gives are valid until it changes.
template <class Element, redistribution How = redistribution::split>
class operator_list_state : detail::operator_state_tag {
  static_assert(sizeof(detail::storable_state<Element>) > 0);

 public:
  using value_type = Element;

  operator_list_state() = default;
  operator_list_state(const operator_list_state& other) : name_(other.name_) {
    for (const Element& each : other) elements_.emplace_back(each);
  }
  operator_list_state& operator=(const operator_list_state&) = delete;

  /// Throws weir::error where the job has not started, or does not know of this list.
  void add(const Element& element) {
    require_subtask();
    elements_.emplace_back(element);
  }
  void add(Element&& element) {
    require_subtask();
    elements_.emplace_back(std::move(element));
  }

  /// All elements in the order in which they were added.
  std::span<const Element> get() const noexcept { return {elements_.begin(), elements_.size()}; }
  const Element* begin() const noexcept { return elements_.begin(); }
  const Element* end() const noexcept { return elements_.end(); }
  std::size_t size() const noexcept { return elements_.size(); }
  bool empty() const noexcept { return elements_.empty(); }

  /// Replaces the list with the elements of any range, which may be a part of it. Throws as `add`.
  template <class Range>
  void update(Range&& elements) {
    require_subtask();
    detail::slim_vector<Element> fresh;
    for (auto&& each : elements) fresh.emplace_back(std::forward<decltype(each)>(each));
    elements_ = std::move(fresh);
  }

  void clear() noexcept { elements_.clear(); }

 private:
  friend detail::state_access;
  using schema_types = detail::state_types<Element>;
  static constexpr std::string_view kind = How == redistribution::split ? "operator_list" : "operator_union_list";

  void configure(const detail::state_setting& setting) { name_ = setting.name; }
  void require_subtask() const {
    if (name_.empty()) [[unlikely]]
      detail::throw_state_without_subtask();
  }

  std::size_t owned() const { return detail::sum_over(begin(), size(), detail::owned_bytes<Element>); }

  void encode(std::string& out) const {
    detail::encode_varint(elements_.size(), out);
    for (const Element& each : elements_) weir::encode(each, out);
  }
  /// Takes the list of one old subtask from the front of `in` and adds those elements for which `is_own(union)` is true; it
  /// is asked for each in turn.
  template <class IsOwn>
  void decode(std::string_view& in, IsOwn& is_own) {
    for (std::uint64_t left = detail::decode_count<Element>(in); left > 0; --left) {
      Element each = weir::decode<Element>(in);
      if (is_own(How == redistribution::union_)) elements_.emplace_back(std::move(each));
    }
  }

  std::string_view name_;  ///< of the member; empty: the state of no subtask
  detail::slim_vector<Element> elements_;
};

}  // namespace weir
