#include "weir/runtime/async_watermarks.hpp"

#include "weir/core/codec.hpp"

namespace weir::detail {
namespace {

using stored = std::pair<timestamp, std::vector<std::pair<std::uint64_t, timestamp>>>;

}  // namespace

std::string async_watermarks::encode() const {
  std::string bytes;
  weir::encode(stored(passed, waiting), bytes);
  return bytes;
}

async_watermarks async_watermarks::decode(std::string_view bytes) {
  auto [passed, waiting] = decode_all<stored>(bytes);
  return {passed, std::move(waiting)};
}

}  // namespace weir::detail
