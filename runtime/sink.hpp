#pragma once
// What a sink is to the runtime. A sink description is a copyable value; per subtask it opens a writer:
//
//   template <class Element> static constexpr bool accepts
//   std::string describe() const
//   template <class Element> auto open(sink_context&) const     the writer of one subtask
//   void writer::write(const Element&)                           one record
//   void writer::flush()                                         after a batch, when the stage flushes
//   void writer::close()                                         after the last record
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/runtime/operator.hpp"

namespace weir::detail {

struct sink_context {
  std::string_view job_name;
  std::string_view uid;
  std::size_t subtask;
  std::size_t parallelism;
  weir::clock& clock;
  weir::storage& storage;
  const std::vector<std::string>& columns;  ///< names of the flat columns; empty: those of the element type
  shared_operator_state& shared;
  const std::function<void(std::shared_ptr<job_listener>)>& add_listener;
};

}  // namespace weir::detail
