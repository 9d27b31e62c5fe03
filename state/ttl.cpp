#include "weir/state/ttl.hpp"

#include <string>

#include "weir/core/error.hpp"

namespace weir {

ttl::ttl(std::chrono::milliseconds duration) : duration_(duration) {
  if (duration.count() <= 0) {
    throw error("weir: ttl(" + std::to_string(duration.count()) +
                "ms): state cannot live for that long; give a positive duration, such as ttl(1h)");
  }
}

ttl ttl::refresh_on_read() const noexcept {
  ttl changed = *this;
  changed.refreshes_on_read_ = true;
  return changed;
}

ttl ttl::return_expired() const noexcept {
  ttl changed = *this;
  changed.returns_expired_ = true;
  return changed;
}

ttl ttl::no_background_cleanup() const noexcept {
  ttl changed = *this;
  changed.cleans_up_ = false;
  return changed;
}

}  // namespace weir
