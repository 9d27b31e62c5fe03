#pragma once
// Assigners, triggers and evictors that are put together while the program runs, out of those of the library.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/core/record.hpp"
#include "weir/windows/evictor.hpp"
#include "weir/windows/trigger.hpp"
#include "weir/windows/window_assigner.hpp"

namespace weir::cases {

struct keyed_value {
  BOOST_HANA_DEFINE_STRUCT(keyed_value, (std::string, key), (std::int64_t, value));
};

/// Any assigner of one clock. Whether windows merge and by which clock they end are part of the type.
template <class Clock, bool Merges>
class any_assigner {
 public:
  using clock = Clock;
  static constexpr bool merges = Merges;

  template <class Assigner>
  explicit any_assigner(Assigner of)
      : assign_([of](const keyed_value& element, timestamp time) {
          std::vector<time_window> windows;
          each_window(of, element, time, [&](const time_window& window) { windows.push_back(window); });
          return windows;
        }) {}

  template <class Visitor>
  void assign(const keyed_value& element, timestamp time, Visitor&& visitor) const {
    for (const time_window& window : assign_(element, time)) visitor(window);
  }
  bool fires() const { return true; }
  std::string describe() const { return "any"; }

 private:
  std::function<std::vector<time_window>(const keyed_value&, timestamp)> assign_;
};

/// Any trigger. Its state is the binary form of the other's.
class any_trigger {
 public:
  using state_type = std::string;

  template <class Trigger>
    requires(!std::is_same_v<Trigger, any_trigger>)
  explicit any_trigger(Trigger trigger) : model_(std::make_shared<model<Trigger>>(std::move(trigger))) {}

  trigger_result on_element(std::string& state, const keyed_value& element, timestamp time,
                            trigger_context& context) const {
    return model_->on_element(state, element, time, context);
  }
  trigger_result on_event_time(std::string& state, timestamp at, trigger_context& context) const {
    return model_->on_event_time(state, at, context);
  }
  trigger_result on_processing_time(std::string& state, processing_clock::time_point at,
                                    trigger_context& context) const {
    return model_->on_processing_time(state, at, context);
  }
  void merge(std::string& state, const std::string& later) const { model_->merge(state, later); }
  void on_merge(std::string& state, trigger_context& context) const { model_->on_merge(state, context); }
  void clear(std::string& state, trigger_context& context) const { model_->clear(state, context); }
  std::string describe() const { return "any"; }
  bool can_merge() const { return model_->can_merge(); }

 private:
  struct interface {
    virtual ~interface() = default;
    virtual trigger_result on_element(std::string&, const keyed_value&, timestamp, trigger_context&) const = 0;
    virtual trigger_result on_event_time(std::string&, timestamp, trigger_context&) const = 0;
    virtual trigger_result on_processing_time(std::string&, processing_clock::time_point, trigger_context&) const = 0;
    virtual void merge(std::string&, const std::string&) const = 0;
    virtual void on_merge(std::string&, trigger_context&) const = 0;
    virtual void clear(std::string&, trigger_context&) const = 0;
    virtual bool can_merge() const = 0;
  };

  template <class Trigger>
  struct model final : interface {
    using state = trigger_state_t<Trigger, keyed_value>;
    explicit model(Trigger t) : trigger(std::move(t)) {}

    /// `call(state)` with the state that `bytes` are, and write it back.
    template <class Call>
    static auto with(std::string& bytes, Call&& call) {
      state held = read(bytes);
      struct writer {
        std::string& bytes;
        state& held;
        ~writer() {
          bytes.clear();
          encode(held, bytes);
        }
      } const write{bytes, held};
      return call(held);
    }
    static state read(const std::string& bytes) {
      std::string_view in = bytes;
      return bytes.empty() ? state{} : decode<state>(in);
    }

    trigger_result on_element(std::string& bytes, const keyed_value& element, timestamp time,
                              trigger_context& context) const override {
      return with(bytes, [&](state& held) { return trigger.on_element(held, element, time, context); });
    }
    trigger_result on_event_time(std::string& bytes, timestamp at, trigger_context& context) const override {
      return with(bytes, [&](state& held) { return weir::detail::ask_at_event_time(trigger, held, at, context); });
    }
    trigger_result on_processing_time(std::string& bytes, processing_clock::time_point at,
                                      trigger_context& context) const override {
      return with(bytes, [&](state& held) { return weir::detail::ask_at_processing_time(trigger, held, at, context); });
    }
    void merge(std::string& bytes, const std::string& later) const override {
      if constexpr (trigger_can_merge<Trigger, keyed_value>) {
        with(bytes, [&](state& held) { trigger.merge(held, read(later)); });
      }
    }
    void on_merge(std::string& bytes, trigger_context& context) const override {
      if constexpr (trigger_can_merge<Trigger, keyed_value>) {
        with(bytes, [&](state& held) { trigger.on_merge(held, context); });
      }
    }
    void clear(std::string& bytes, trigger_context& context) const override {
      with(bytes, [&](state& held) { trigger.clear(held, context); });
    }
    bool can_merge() const override { return trigger_can_merge<Trigger, keyed_value>; }

    Trigger trigger;
  };

  std::shared_ptr<const interface> model_;
};

/// Any evictor.
class any_evictor {
 public:
  template <class Evictor>
    requires(!std::is_same_v<Evictor, any_evictor>)
  explicit any_evictor(Evictor of)
      : before_([of](window_buffer<keyed_value>& elements, const time_window& window) {
          of.evict_before(elements, window);
        }),
        after_([of](window_buffer<keyed_value>& elements, const time_window& window) {
          of.evict_after(elements, window);
        }) {}

  void evict_before(window_buffer<keyed_value>& elements, const time_window& window) const {
    before_(elements, window);
  }
  void evict_after(window_buffer<keyed_value>& elements, const time_window& window) const { after_(elements, window); }
  std::string describe() const { return "any"; }

 private:
  std::function<void(window_buffer<keyed_value>&, const time_window&)> before_;
  std::function<void(window_buffer<keyed_value>&, const time_window&)> after_;
};

}  // namespace weir::cases
