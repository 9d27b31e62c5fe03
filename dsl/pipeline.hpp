#pragma once
// What a stream becomes when it ends in a sink; `job` takes these.
#include <memory>
#include <vector>

namespace weir {
namespace detail {
struct stage;
}

/// A pipeline that ends in sinks: what `job` takes.
class pipeline {
 public:
  pipeline();
  explicit pipeline(std::shared_ptr<const detail::stage> sink);
  pipeline(const pipeline&);
  pipeline(pipeline&&) noexcept;
  pipeline& operator=(const pipeline&);
  pipeline& operator=(pipeline&&) noexcept;
  ~pipeline();

  /// Takes the sinks of `other`, too.
  void add(const pipeline& other);
  const std::vector<std::shared_ptr<const detail::stage>>& sinks() const noexcept { return sinks_; }

 private:
  std::vector<std::shared_ptr<const detail::stage>> sinks_;
};

}  // namespace weir
