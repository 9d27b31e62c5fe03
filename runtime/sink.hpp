#pragma once
// What a sink is to the runtime. A sink description is a copyable value; per subtask it opens a writer:
//
//   template <class Element> static constexpr bool accepts
//   std::string describe() const
//   template <class Element> auto open(sink_context&) const     the writer of one subtask
//   void writer::write(const Element&)                           one record
//   void writer::flush()                                         after a batch, when the stage flushes
//   void writer::close()                                         after the last record
// A sink whose results appear exactly once (two-phase commit) registers a committer in `open`, and its writers have
//   std::string writer::prepare(bool finished)                   at a barrier, and after close: makes what was written
//                                                                durable; its committer can make it visible from these bytes
//   void writer::take_over(std::string_view prepared, bool own)  after a restore, before any record, for each old subtask;
//                                                                own: it is this one that takes its place
#include <cstdint>
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
  std::function<void(std::shared_ptr<committer>)> add_committer;
  bool checkpoints = false;        ///< whether the job takes any: then the writer's `prepare` is called
  std::uint64_t begins_after = 0;  ///< the checkpoint that the job was restored from; 0: it begins anew
};

}  // namespace weir::detail
