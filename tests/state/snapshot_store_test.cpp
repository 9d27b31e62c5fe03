// The checkpoint directory: ids, retention, locks, savepoints, and that a crash or a failing disk at any moment leaves
// whole snapshots only.
#include "weir/state/snapshot_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_writer.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using weir::testing::memory_storage;
using weir::testing::storage_operation;

std::string message_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const error& failure) {
    return failure.what();
  }
  return "no error";
}

/// The bytes of block `index` of snapshot `id`: no two are alike.
std::string content_of(std::uint64_t id, std::uint32_t index) {
  return "snapshot " + std::to_string(id) + " block " + std::to_string(index) + std::string(id % 7 * 50 + index, '.');
}

constexpr std::uint32_t blocks_per_snapshot = 3;

void write_snapshot(storage& disk, const std::string& directory, std::uint64_t id, const std::string& job = "job") {
  snapshot_writer writer(disk, directory);
  for (std::uint32_t i = 0; i < blocks_per_snapshot; ++i) {
    snapshot_block block;
    block.kind = block_kind::rows;
    block.rows = i;
    block.name = "rows";
    block.bytes = content_of(id, i);
    writer.append(block);
  }
  snapshot_manifest manifest;
  manifest.job = job;
  manifest.id = id;
  manifest.operators = {{"uid", "kind", "", "", 1}};
  writer.finish(std::move(manifest));
}

/// Whether the directory holds all of snapshot `id` and nothing else. Throws if it is damaged.
bool is_whole(storage& disk, const std::string& directory, std::uint64_t id) {
  snapshot_reader reader(disk, directory);
  const auto& blocks = reader.manifest().blocks;
  bool whole = reader.manifest().id == id && blocks.size() == blocks_per_snapshot;
  for (std::uint32_t i = 0; whole && i < blocks_per_snapshot; ++i) {
    const snapshot_block block = reader.read(blocks[i]);
    whole = block.bytes == content_of(id, i) && block.rows == i;
  }
  return whole;
}

std::uint64_t write_next(storage& disk, snapshot_store& store) {
  const std::uint64_t id = store.next_id();
  write_snapshot(disk, store.directory_of(id), id);
  return id;
}

TEST(snapshot_store, counts_its_snapshots_newest_first) {
  memory_storage disk;
  snapshot_store store(disk, "a/chk", "job");
  EXPECT_THAT(store.complete(), IsEmpty());
  EXPECT_EQ(store.newest(), std::nullopt);
  for (std::uint64_t id = 1; id <= 12; ++id) EXPECT_EQ(write_next(disk, store), id);
  EXPECT_THAT(store.complete(), ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
  EXPECT_EQ(store.newest(), 12u);
  EXPECT_EQ(store.directory_of(12), "a/chk/chk-0000000012");
  EXPECT_EQ(snapshot_directory("a/chk/", 9'999'999'999), "a/chk/chk-9999999999");
  EXPECT_TRUE(is_whole(disk, store.directory_of(12), 12));
  EXPECT_EQ(complete_snapshots(disk, "a/chk"), store.complete());
  EXPECT_THAT(complete_snapshots(disk, "nowhere"), IsEmpty());
}

TEST(snapshot_store, goes_on_with_its_ids) {
  memory_storage disk;
  {
    snapshot_store store(disk, "chk", "job");
    write_next(disk, store);
    store.next_id();
    EXPECT_EQ(write_next(disk, store), 3u);
    EXPECT_THAT(store.complete(), ElementsAre(3, 1));
  }
  snapshot_store again(disk, "chk", "job");
  EXPECT_EQ(again.next_id(), 4u);
  again.continue_after(50);
  EXPECT_EQ(again.next_id(), 51u);
  again.continue_after(20);
  EXPECT_EQ(again.next_id(), 52u);
  again.continue_after(snapshot_id_max);
  EXPECT_THAT(message_of([&] { again.next_id(); }), HasSubstr("chk has used up its snapshot ids"));
}

TEST(snapshot_store, retains_the_newest_and_leaves_no_trace_of_the_others) {
  memory_storage disk;
  snapshot_store store(disk, "chk", "job");
  for (int i = 0; i < 5; ++i) write_next(disk, store);
  store.retain(2);
  EXPECT_THAT(store.complete(), ElementsAre(5, 4));
  store.retain(2);
  EXPECT_THAT(disk.list_directory("chk"), ElementsAre("LOCK", "chk-0000000004", "chk-0000000005"));
  EXPECT_TRUE(is_whole(disk, store.directory_of(4), 4));
  EXPECT_THAT(message_of([&] { store.retain(0); }), HasSubstr("keep at least one"));
  EXPECT_THAT(store.complete(), ElementsAre(5, 4));
}

TEST(snapshot_store, removes_what_is_incomplete) {
  memory_storage disk;
  disk.write("chk/chk-0000000003/data", "torn");
  disk.write("chk/chk-0000000004/MANIFEST.tmp", "torn");
  disk.write("chk/chk-0000000005/data", "with a stranger's file");
  disk.write("chk/chk-0000000005/notes.txt", "mine");
  disk.create_directories("chk/chk-0000000006");
  disk.write("chk/chk-12/data", "not ours");
  disk.write("chk/chk-000000000x/data", "not ours");
  disk.write("chk/savepoint/data", "not ours");
  snapshot_store store(disk, "chk", "job");
  EXPECT_THAT(disk.paths(), ElementsAre("chk/LOCK", "chk/chk-0000000005/notes.txt", "chk/chk-000000000x/data",
                                        "chk/chk-12/data", "chk/savepoint/data"));
  EXPECT_FALSE(disk.exists("chk/chk-0000000006"));
  EXPECT_THAT(store.complete(), IsEmpty());
  EXPECT_EQ(store.next_id(), 7u);
}

TEST(snapshot_store, is_held_by_one) {
  memory_storage disk;
  auto store = std::make_unique<snapshot_store>(disk, "chk", "job");
  EXPECT_THAT(message_of([&] { snapshot_store(disk, "chk", "job"); }),
              AllOf(HasSubstr("chk/LOCK is locked"), HasSubstr("another running job or process uses it")));
  snapshot_store other(disk, "chk2", "job");
  store.reset();
  EXPECT_NO_THROW(snapshot_store(disk, "chk", "job"));
}

TEST(snapshot_store, refuses_the_directory_of_another_job) {
  memory_storage disk;
  write_snapshot(disk, snapshot_directory("chk", 1), 1, "other");
  EXPECT_THAT(message_of([&] { snapshot_store(disk, "chk", "job"); }),
              AllOf(HasSubstr("chk/chk-0000000001 holds a snapshot of job 'other' and this is job 'job'")));
  EXPECT_NO_THROW(snapshot_store(disk, "chk", "other"));
}

TEST(snapshot_store, keeps_a_damaged_snapshot_and_judges_by_an_older_one) {
  memory_storage disk;
  write_snapshot(disk, snapshot_directory("chk", 1), 1, "other");
  write_snapshot(disk, snapshot_directory("chk", 2), 2, "job");
  disk.write("chk/chk-0000000002/MANIFEST", "torn");
  EXPECT_THAT(message_of([&] { snapshot_store(disk, "chk", "job"); }), HasSubstr("holds a snapshot of job 'other'"));
  const snapshot_store store(disk, "chk", "other");
  EXPECT_THAT(store.complete(), ElementsAre(2, 1));
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, store.directory_of(2)); }),
              AllOf(HasSubstr("chk/chk-0000000002/MANIFEST is damaged"), HasSubstr("remove its directory")));
}

TEST(savepoint, takes_a_new_or_an_empty_directory) {
  memory_storage disk;
  write_snapshot(disk, "new/sp/", 7);
  EXPECT_TRUE(is_whole(disk, "new/sp", 7));
  disk.create_directories("empty");
  write_snapshot(disk, "empty", 8);
  EXPECT_TRUE(is_whole(disk, "empty", 8));
}

TEST(savepoint, refuses_a_directory_with_anything_in_it) {
  memory_storage disk;
  disk.write("used/.notes", "mine");
  disk.create_directories("outer/inner");
  disk.write("file", "mine");
  write_snapshot(disk, "sp", 1);
  EXPECT_THAT(message_of([&] { snapshot_writer(disk, "used"); }),
              "cannot write a snapshot to used: '.notes' is in it already; name a new or an empty directory");
  EXPECT_THAT(message_of([&] { snapshot_writer(disk, "outer"); }), HasSubstr("'inner' is in it already"));
  EXPECT_THAT(message_of([&] { snapshot_writer(disk, "sp"); }), HasSubstr("cannot write a snapshot to sp"));
  EXPECT_THAT(message_of([&] { snapshot_writer(disk, "file"); }), HasSubstr("Not a directory"));
  EXPECT_EQ(disk.read("used/.notes"), "mine");
  EXPECT_TRUE(is_whole(disk, "sp", 1));
}

TEST(snapshot_writer, abandons_what_it_has_not_finished) {
  memory_storage disk;
  disk.create_directories("mine");
  {
    const snapshot_writer left(disk, "left");
    const snapshot_writer in_mine(disk, "mine");
    EXPECT_TRUE(disk.exists("left/data"));
  }
  EXPECT_FALSE(disk.exists("left"));
  EXPECT_THAT(disk.list_directory("mine"), IsEmpty());

  snapshot_writer writer(disk, "sp");
  writer.abandon();
  writer.abandon();
  EXPECT_FALSE(disk.exists("sp"));
  EXPECT_THAT(message_of([&] { writer.append({}); }), HasSubstr("cannot write to the snapshot in sp"));
  EXPECT_THAT(message_of([&] { writer.finish({}); }), HasSubstr("cannot write to the snapshot in sp"));

  snapshot_writer finished(disk, "sp");
  finished.finish({});
  finished.abandon();
  EXPECT_TRUE(disk.exists("sp/MANIFEST"));
  EXPECT_THAT(message_of([&] { finished.append({}); }), HasSubstr("begin another"));
}

TEST(snapshot_writer, a_full_disk_ends_it) {
  memory_storage disk;
  disk.limit_capacity(1000);
  snapshot_writer writer(disk, "sp");
  snapshot_block block;
  block.bytes = std::string(2000, 'x');
  EXPECT_THAT(message_of([&] { writer.append(block); }),
              AllOf(HasSubstr("cannot write sp/data"), HasSubstr("No space left on device")));
  block.bytes.clear();
  EXPECT_THAT(message_of([&] { writer.append(block); }), HasSubstr("writing it has failed"));
  EXPECT_THAT(message_of([&] { writer.finish({}); }), HasSubstr("writing it has failed"));
  writer.abandon();
  EXPECT_THAT(disk.paths(), IsEmpty());
}

// ---- crashes and failures at every call -----------------------------------------------------------------------------

struct process_killed {};

/// What a job does with its checkpoint directory: the last id that it began, and all whose `finish` has returned.
struct checkpointing {
  std::uint64_t begun = 0;
  std::vector<std::uint64_t> published;

  void run(storage& disk) {
    snapshot_store store(disk, "chk", "job");
    for (int i = 0; i < 4; ++i) {
      begun = store.next_id();
      write_snapshot(disk, store.directory_of(begun), begun);
      published.push_back(begun);
      store.retain(2);
    }
  }
};

/// What must hold whenever a job is started again: every complete snapshot is whole, the newest is at least the last
/// that was published, and two are kept, and the job can go on.
void check_directory(memory_storage& disk, const checkpointing& before) {
  snapshot_store store(disk, "chk", "job");
  const auto complete = store.complete();
  for (const std::uint64_t id : complete) {
    EXPECT_TRUE(is_whole(disk, store.directory_of(id), id)) << id;
    EXPECT_LE(id, before.begun);
  }
  EXPECT_GE(complete.size(), std::min<std::size_t>(2, before.published.size()));
  if (!before.published.empty()) {
    EXPECT_GE(store.newest(), before.published.back());
  }
  for (const std::string& name : disk.list_directory("chk")) {
    const auto is_name = [&](std::uint64_t id) { return store.directory_of(id) == "chk/" + name; };
    EXPECT_TRUE(name == "LOCK" || std::any_of(complete.begin(), complete.end(), is_name)) << name << " was left";
  }
  const std::uint64_t id = write_next(disk, store);
  if (!before.published.empty()) {
    EXPECT_GT(id, before.published.back());
  }
  EXPECT_EQ(store.newest(), id);
  EXPECT_TRUE(is_whole(disk, store.directory_of(id), id));
}

/// Runs `checkpointing` and kills it before storage call `fatal_call`; false if it made fewer calls. The dead process
/// makes no further call: not in destructors either.
bool run_until(memory_storage& disk, std::size_t fatal_call, checkpointing& job) {
  std::size_t calls = 0;
  disk.observe([&](storage_operation, const std::string&) {
    if (calls++ >= fatal_call) throw process_killed{};
  });
  bool killed = false;
  try {
    job.run(disk);
  } catch (const process_killed&) {
    killed = true;
  }
  disk.observe(nullptr);
  return killed;
}

TEST(snapshot_store, survives_a_crash_before_any_call) {
  std::size_t fatal_call = 0;
  for (bool killed = true; killed; ++fatal_call) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      memory_storage disk;
      checkpointing job;
      killed = run_until(disk, fatal_call, job);
      if (seed == 0) {
        disk.crash();
      } else {
        disk.crash(seed);
      }
      check_directory(disk, job);
      if (HasFailure()) FAIL() << "crash before call " << fatal_call << ", seed " << seed;
    }
  }
  EXPECT_GT(fatal_call, 60u);
}

TEST(snapshot_store, survives_a_kill_that_leaves_the_disk_as_it_is) {
  std::size_t fatal_call = 0;
  for (bool killed = true; killed; ++fatal_call) {
    memory_storage disk;
    checkpointing job;
    killed = run_until(disk, fatal_call, job);
    check_directory(disk, job);
    if (HasFailure()) FAIL() << "killed before call " << fatal_call;
  }
}

TEST(snapshot_store, survives_a_crash_while_it_recovers_from_a_crash) {
  for (std::size_t first_call = 0; first_call < 80; first_call += 3) {
    for (std::size_t second_call = 0; second_call < 40; ++second_call) {
      memory_storage disk;
      checkpointing first;
      run_until(disk, first_call, first);
      disk.crash(first_call * 100 + second_call);
      checkpointing second = first;
      run_until(disk, second_call, second);
      disk.crash(first_call * 100 + second_call + 1);
      check_directory(disk, second);
      if (HasFailure()) FAIL() << "crash before call " << first_call << ", then before call " << second_call;
    }
  }
}

/// A disk that refuses one call and goes on: the job sees an error, and goes on in the same process.
TEST(snapshot_store, survives_the_failure_of_any_call) {
  std::size_t failing_call = 0;
  for (bool failed = true; failed; ++failing_call) {
    memory_storage disk;
    checkpointing job;
    std::size_t calls = 0;
    failed = false;
    disk.observe([&](storage_operation, const std::string& path) {
      if (calls++ != failing_call) return;
      failed = true;
      throw error("cannot use " + path + ": the cable is out");
    });
    const std::string message = message_of([&] { job.run(disk); });
    disk.observe(nullptr);
    check_directory(disk, job);
    if (HasFailure()) FAIL() << "call " << failing_call << " failed: " << message;
  }
  EXPECT_GT(failing_call, 60u);
}

/// As before, with a store that lives on: failed snapshots use up their ids and leave nothing behind.
TEST(snapshot_store, goes_on_after_a_failed_snapshot) {
  for (const auto operation : {storage_operation::append, storage_operation::sync, storage_operation::close,
                               storage_operation::rename, storage_operation::create}) {
    for (std::size_t skipped = 0; skipped < 2; ++skipped) {
      memory_storage disk;
      snapshot_store store(disk, "chk", "job");
      write_next(disk, store);
      disk.fail_next(operation, "the cable is out", skipped);
      EXPECT_THAT(message_of([&] {
                    for (int i = 0; i < 2; ++i) write_next(disk, store);
                  }),
                  HasSubstr("the cable is out"));
      store.remove_incomplete();
      const std::uint64_t id = write_next(disk, store);
      store.retain(1);
      EXPECT_THAT(store.complete(), ElementsAre(id));
      EXPECT_THAT(disk.list_directory("chk"), ElementsAre("LOCK", store.directory_of(id).substr(4)));
    }
  }
}

}  // namespace
}  // namespace weir
