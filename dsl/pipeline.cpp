#include "weir/dsl/pipeline.hpp"

#include <utility>

namespace weir {

pipeline::pipeline() = default;
pipeline::pipeline(std::shared_ptr<const detail::stage> sink) { sinks_.push_back(std::move(sink)); }
pipeline::pipeline(const pipeline&) = default;
pipeline::pipeline(pipeline&&) noexcept = default;
pipeline& pipeline::operator=(const pipeline&) = default;
pipeline& pipeline::operator=(pipeline&&) noexcept = default;
pipeline::~pipeline() = default;

void pipeline::add(const pipeline& other) { sinks_.insert(sinks_.end(), other.sinks_.begin(), other.sinks_.end()); }

}  // namespace weir
