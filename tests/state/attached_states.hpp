#pragma once
// A function and one row that its states point at, as during a call, on a clock moved by hand. For the tests of states.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/codec.hpp"
#include "weir/state/state_row.hpp"
#include "weir/state/ttl.hpp"

namespace weir::testing {

template <class Function, bool WithTtl = false, bool WithTimers = false>
class attached_states {
 public:
  using row_type = state_row<Function, WithTtl, WithTimers>;

  explicit attached_states(const Function& of = Function(), std::optional<ttl> expiry = std::nullopt) : function_(of) {
    if (expiry) step_.emplace(*expiry);
    row_type::configure(function_, step_ ? &*step_ : nullptr);
    row_.attach(function_);
  }
  attached_states(const attached_states&) = delete;

  Function* operator->() { return &function_; }
  row_type& row() { return row_; }
  const detail::ttl_step& step() const { return *step_; }

  void at(std::int64_t ms) { step_->now = processing_clock::time_point(std::chrono::milliseconds(ms)); }

  std::string bytes() const {
    std::string out;
    encode(row_, out);
    return out;
  }
  void restore(std::string_view in) {
    decode_into(in, row_);
    row_.attach(function_);
  }

 private:
  Function function_;
  std::optional<detail::ttl_step> step_;
  row_type row_;
};

/// State that expires after 100 ms.
template <class Function>
class expiring_states : public attached_states<Function, true> {
 public:
  explicit expiring_states(const ttl& expiry = ttl(std::chrono::milliseconds(100)))
      : attached_states<Function, true>(Function(), expiry) {}
};

template <class Value>
std::optional<Value> copy_of(const Value* found) {
  return found == nullptr ? std::nullopt : std::optional<Value>(*found);
}

}  // namespace weir::testing
