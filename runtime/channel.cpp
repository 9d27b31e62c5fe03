#include "weir/runtime/channel.hpp"

#include <utility>

#include "weir/runtime/local_channel.hpp"
#include "weir/runtime/spsc_channel.hpp"

namespace weir::detail {

std::unique_ptr<channel> make_channel(const channel_config& config, batch_maker make) {
  if (config.same_thread) return std::make_unique<local_channel>(config, make);
  return std::make_unique<spsc_channel>(config, make);
}

batch_base* batch_pool::make() {
  owned_.push_back(make_(batch_records_));
  return owned_.back().get();
}

bool batch_pool::discard(batch_base* spent) {
  if (owned_.size() <= kept_max_) return false;
  for (auto& candidate : owned_) {
    if (candidate.get() != spent) continue;
    candidate = std::move(owned_.back());
    owned_.pop_back();
    return true;
  }
  return false;
}

}  // namespace weir::detail
