"""The bugs that tests/planted/run.py plants, each in a copy of the tree: exact lines and what takes their place.

`old` stands exactly once in `file`. `test` is the test of `target` that is to find the bug.
"""

from collections import namedtuple

Bug = namedtuple("Bug", "name file old new test target", defaults=["//tests/runtime:recovery_test"])

BUGS = [
    Bug(
        name="results are committed before the manifest is published",
        file="runtime/checkpoint_coordinator.cpp",
        old="    published->writer.finish(manifest);\n",
        new="    commit(published->prepared);\n    published->writer.finish(manifest);\n",
        test="recovery.of_stateless_operators",
    ),
    Bug(
        name="a sink acknowledges before its part is synced",
        file="connectors/part_file.cpp",
        old="  if (file_) naming(uid_, result_, [&] { file_->sync(); });\n",
        new="",
        test="recovery.of_windows",
    ),
    Bug(
        name="a manifest is published before its data is synced",
        file="state/snapshot_writer.cpp",
        old="  data_->sync();\n  data_->close();\n",
        new="  data_->close();\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="a manifest is published before it is synced",
        file="state/snapshot_writer.cpp",
        old="  file->append(text);\n  file->sync();\n",
        new="  file->append(text);\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="the combiner is not flushed at a barrier",
        file="dsl/pre_aggregating_writer.hpp",
        old="    if (kind != mark_kind::watermark) send_all();\n",
        new="    if (kind != mark_kind::watermark && kind != mark_kind::barrier) send_all();\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="the pre-image of a row is skipped",
        file="dsl/process_operator.hpp",
        old="      table_->before_change(*found, hash, before_change(rows_name, snapshot_));\n",
        new="      table_->before_change(*found, hash, [](const auto&...) {});\n",
        test="recovery.of_process_functions_with_timers",
    ),
    Bug(
        name="the pre-image of a rolling aggregate is skipped",
        file="state/keyed_table.hpp",
        old="    if (snapshot_ != nullptr) hand_over(in, found, visitor);\n    return found->state;\n",
        new="    static_cast<void>(visitor);\n    return found->state;\n",
        test="recovery.of_running_totals",
    ),
    Bug(
        name="a row made during a snapshot counts as part of it",
        file="state/keyed_table.hpp",
        old="    snapshot_->settle(place_of(in, made));\n",
        new="",
        test="recovery.of_running_totals",
    ),
    Bug(
        name="timers are not restored",
        file="dsl/process_operator.hpp",
        old="        row.timers().for_each(domain, [&](timestamp at) { all.queue.push(at, key, hash); });\n",
        new="        static_cast<void>(key), static_cast<void>(hash);\n",
        test="recovery.of_process_functions_with_timers",
    ),
    Bug(
        name="inputs are not held back while barriers align",
        file="runtime/barrier_alignment.hpp",
        old="return aligning_ != 0 && holds_back_ && inputs_[input].arrived; }",
        new="return aligning_ != 0 && holds_back_ && inputs_[input].arrived && false; }",
        test="recovery.of_windows",
    ),
    Bug(
        name="barriers of a checkpoint that was given up count for the next",
        file="runtime/barrier_alignment.hpp",
        old="      for (input_state& each : inputs_) each.arrived = false;\n      aligning_ = id;\n",
        new="      aligning_ = id;\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="state of a checkpoint that was given up gets into the next",
        file="runtime/checkpoint_coordinator.cpp",
        old="  } else if (pending_ && message.id == pending_->id) {\n",
        new="  } else if (pending_) {\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="the source's position is taken behind the barrier",
        file="runtime/source_subtask.hpp",
        old="    snapshot_.begin(id, chain_, [this] { put_position(true); });\n"
            "    chain_.terminal().mark(mark_kind::barrier, barrier_time(id));\n",
        new="    chain_.terminal().mark(mark_kind::barrier, barrier_time(id));\n"
            "    std::size_t records = 0;\n"
            "    if (reader_ && chain_.terminal().ready()) static_cast<void>(read(records));\n"
            "    snapshot_.begin(id, chain_, [this] { put_position(true); });\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="finished splits are forgotten",
        file="runtime/source_subtask.hpp",
        old="    if (snapshot_.enabled()) finished_.push_back(assigned_->number);\n",
        new="",
        test="recovery.of_windows",
    ),
    Bug(
        name="splits begun before an earlier restore are forgotten",
        file="runtime/split_assigner.cpp",
        old="    if (taken.at(split.number)) continue;\n    taken[split.number] = true;\n",
        new="    taken[split.number] = true;\n    continue;\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="the latest event time of a split is forgotten",
        file="runtime/source_subtask.hpp",
        old="    generator_.observe(assigned_->latest);\n",
        new="",
        test="recovery.of_late_records",
    ),
    Bug(
        name="an operator's watermark is not restored",
        file="runtime/operator_subtask.cpp",
        old="      watermark = restored_watermark(held);\n",
        new="",
        test="recovery.of_late_records",
    ),
    Bug(
        name="old parts are not taken over",
        file="connectors/part_file.cpp",
        old="  if (own) closed_.insert(closed_.end(), from.parts.begin(), from.parts.end());\n",
        new="  static_cast<void>(own);\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="parts of subtasks that are no more are not taken over",
        file="dsl/to.hpp",
        old="      writer_->take_over(prepared, subtask % from.parallelism() == from.subtask());\n",
        new="      writer_->take_over(prepared, subtask == from.subtask());\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="names of parts repeat after a restore",
        file="connectors/part_file.cpp",
        old="      path_(hidden_prefix(path, uid) + std::to_string(begins_after) + \"-\"",
        new="      path_(hidden_prefix(path, uid) + std::to_string(0 * begins_after) + \"-\"",
        test="recovery.of_windows",
    ),
    Bug(
        name="the rows of some key groups are skipped in a restore",
        file="dsl/keyed_rows.hpp",
        old="    if (mixed && !from.groups().contains(key_group_of(hash))) {\n",
        new="    if ((mixed && !from.groups().contains(key_group_of(hash))) || key_group_of(hash) % 8 == 3) {\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="what ended subtasks put in is left out of later checkpoints",
        file="runtime/checkpoint_coordinator.cpp",
        old="  for (checkpoint_message& message : *finished_[subtask]) {\n",
        new="  for (checkpoint_message& message : std::vector<checkpoint_message>()) {\n",
        test="recovery.of_windows",
    ),
    Bug(
        name="damage that shows while subtasks are made is an error like others",
        file="runtime/job_execution.cpp",
        old="    } catch (const snapshot_damaged&) {\n      throw;",
        new="    } catch (const snapshot_damaged& cause) {\n      throw error(cause.what());",
        test="recovery.of_windows",
    ),
    Bug(
        name="a damaged checkpoint stays beside those of another line",
        file="runtime/job_attempt.cpp",
        old="      remove_damaged();\n",
        new="",
        test="recovery.of_windows",
    ),
    Bug(
        name="a snapshot of a sort leaves out what is in memory",
        file="state/row_sorter.cpp",
        old="  write_run();\n  row_store_files files;\n",
        new="  row_store_files files;\n",
        test="bounded_stream.is_sorted_by_key_exactly_once",
        target="//tests/dsl:bounded_test",
    ),
    Bug(
        name="a run is removed although a snapshot names it",
        file="state/row_sorter.cpp",
        old="  if (of.shared) return;\n",
        new="",
        test="bounded_stream.is_sorted_by_key_exactly_once",
        target="//tests/dsl:bounded_test",
    ),
    Bug(
        name="a run is named by a snapshot before it is synced",
        file="state/sorted_run.cpp",
        old="  if (durably) file_->sync();\n",
        new="  static_cast<void>(durably);\n",
        test="bounded_stream.is_sorted_by_key_exactly_once",
        target="//tests/dsl:bounded_test",
    ),
    Bug(
        name="sorted records of other subtasks are not restored",
        file="dsl/sorted_rows.cpp",
        old="    if (!common_groups(held, from.groups())) continue;\n",
        new="    if (held.first != from.groups().first) continue;\n",
        test="bounded_stream.is_sorted_by_key_exactly_once",
        target="//tests/dsl:bounded_test",
    ),
]
