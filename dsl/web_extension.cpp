#include "weir/dsl/web_extension.hpp"

#include <fmt/format.h>

#include "weir/core/error.hpp"

namespace weir::detail {
namespace {

/// Constant-initialised, so that it is there before any static object registers.
constinit const web_extension* linked = nullptr;

}  // namespace

const web_extension& linked_web(const std::string& job) {
  if (linked != nullptr) return *linked;
  throw error(
      fmt::format("job '{}': this program was built without the web server; add \"//web\" to the deps of its "
                  "target (weir::web in CMake)",
                  job));
}

web_registration::web_registration(const web_extension& extension) { linked = &extension; }

}  // namespace weir::detail
