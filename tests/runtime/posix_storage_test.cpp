// The laws of storage, run over the real file system and over the one in memory, and what each has beyond them.
#include "weir/runtime/posix_storage.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "weir/core/error.hpp"
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

void write_file(storage& disk, const std::string& path, std::string_view bytes) {
  const auto file = disk.create(path);
  file->append(bytes);
  file->close();
}

std::string read_file(storage& disk, const std::string& path) {
  const auto file = disk.open(path);
  std::string bytes;
  char buffer[7];
  while (const std::size_t count = file->read_at(bytes.size(), buffer)) bytes.append(buffer, count);
  return bytes;
}

/// Owns an empty directory of the real file system.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir_storage_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw error("cannot make a temporary directory");
    path = name;
  }
  ~temporary_directory() { std::filesystem::remove_all(path); }
  std::string path;
};

template <class Storage>
struct place;

template <>
struct place<posix_storage> {
  temporary_directory directory;
  posix_storage disk;
  std::string root = directory.path;
};

template <>
struct place<memory_storage> {
  place() { disk.create_directories(root); }
  std::string root = "/data/in/memory";
  memory_storage disk;
};

template <class Storage>
class storage_law : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return given.root + "/" + name; }
  std::vector<std::string> listed(const std::string& pattern) {
    std::vector<std::string> names;
    for (const file_info& each : disk.list(at(pattern))) names.push_back(each.path.substr(given.root.size() + 1));
    return names;
  }

  place<Storage> given;
  storage& disk = given.disk;
};

using storages = ::testing::Types<posix_storage, memory_storage>;
TYPED_TEST_SUITE(storage_law, storages);

TYPED_TEST(storage_law, what_was_appended_is_read_at_any_offset) {
  const auto file = this->disk.create(this->at("f"));
  file->append("hello ");
  file->append("");
  file->append("world");
  file->sync();
  const auto reading = this->disk.open(this->at("f"));
  char buffer[5];
  EXPECT_EQ(reading->read_at(6, buffer), 5u);
  EXPECT_EQ(std::string_view(buffer, 5), "world");
  EXPECT_EQ(reading->read_at(9, buffer), 2u);
  EXPECT_EQ(reading->read_at(11, buffer), 0u);
  EXPECT_EQ(reading->read_at(500, buffer), 0u);
  file->append("!");
  EXPECT_EQ(reading->read_at(11, buffer), 1u);
  file->close();
  file->close();
  EXPECT_THAT(message_of([&] { file->append("more"); }), HasSubstr("closed"));
  EXPECT_THAT(message_of([&] { file->sync(); }), HasSubstr("closed"));
}

TYPED_TEST(storage_law, start_sync_changes_nothing_that_can_be_read) {
  const auto file = this->disk.create(this->at("f"));
  file->start_sync();
  file->append("a");
  file->start_sync();
  file->append("b");
  file->sync();
  file->start_sync();
  EXPECT_EQ(read_file(this->disk, this->at("f")), "ab");
}

TYPED_TEST(storage_law, create_truncates) {
  write_file(this->disk, this->at("f"), "long content");
  write_file(this->disk, this->at("f"), "new");
  EXPECT_EQ(read_file(this->disk, this->at("f")), "new");
}

TYPED_TEST(storage_law, destroying_a_file_keeps_what_was_appended) {
  this->disk.create(this->at("f"))->append("kept");
  EXPECT_EQ(read_file(this->disk, this->at("f")), "kept");
}

TYPED_TEST(storage_law, rename_replaces_the_target_and_leaves_open_files_alone) {
  write_file(this->disk, this->at("old"), "old");
  const auto reading = this->disk.open(this->at("old"));
  write_file(this->disk, this->at("new"), "new!");
  this->disk.rename(this->at("new"), this->at("old"));
  EXPECT_EQ(read_file(this->disk, this->at("old")), "new!");
  EXPECT_FALSE(this->disk.exists(this->at("new")));
  char buffer[8];
  EXPECT_EQ(reading->read_at(0, buffer), 3u);
}

TYPED_TEST(storage_law, rename_moves_between_directories) {
  this->disk.create_directories(this->at("a/b"));
  write_file(this->disk, this->at("f"), "x");
  this->disk.rename(this->at("f"), this->at("a/b/g"));
  EXPECT_EQ(read_file(this->disk, this->at("a/b/g")), "x");
  EXPECT_THAT(this->listed("*"), IsEmpty());
}

TYPED_TEST(storage_law, remove_is_forgiving) {
  write_file(this->disk, this->at("f"), "x");
  this->disk.remove(this->at("f"));
  EXPECT_FALSE(this->disk.exists(this->at("f")));
  this->disk.remove(this->at("f"));
  this->disk.remove(this->at("no/such/directory"));
}

TYPED_TEST(storage_law, stat_tells_size_and_change) {
  write_file(this->disk, this->at("f"), "12345");
  const file_info before = this->disk.stat(this->at("f"));
  EXPECT_EQ(before.path, this->at("f"));
  EXPECT_EQ(before.size, 5u);
  EXPECT_TRUE(before.regular);
  ::usleep(20'000);  // the clock of a file system is coarse
  write_file(this->disk, this->at("f"), "54321");
  EXPECT_NE(this->disk.stat(this->at("f")).modified_ns, before.modified_ns);
  EXPECT_FALSE(this->disk.stat(this->given.root).regular);
  EXPECT_TRUE(this->disk.exists(this->given.root));
}

TYPED_TEST(storage_law, list_matches_patterns_within_components) {
  this->disk.create_directories(this->at("d/e"));
  for (const char* name : {"b.csv", "a.csv", ".hidden.csv", "c.txt", "d/x.csv", "d/e/y.csv"}) {
    write_file(this->disk, this->at(name), "");
  }
  EXPECT_THAT(this->listed("*.csv"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(this->listed("[ab].*"), ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(this->listed("?.txt"), ElementsAre("c.txt"));
  EXPECT_THAT(this->listed("*"), ElementsAre("a.csv", "b.csv", "c.txt"));
  EXPECT_THAT(this->listed("*/*.csv"), ElementsAre("d/x.csv"));
  EXPECT_THAT(this->listed(".*.csv"), ElementsAre(".hidden.csv"));
  EXPECT_THAT(this->listed("a.csv"), ElementsAre("a.csv"));
  EXPECT_THAT(this->listed("none*"), IsEmpty());
  EXPECT_THAT(this->listed("no/such/*"), IsEmpty());
}

TYPED_TEST(storage_law, create_directories_makes_all_of_them_and_may_be_repeated) {
  this->disk.create_directories(this->at("x/y/z"));
  this->disk.create_directories(this->at("x/y/z/"));
  write_file(this->disk, this->at("x/y/z/f"), "1");
  EXPECT_TRUE(this->disk.exists(this->at("x/y")));
  EXPECT_THAT(message_of([&] { this->disk.create_directories(this->at("x/y/z/f")); }), HasSubstr("Not a directory"));
}

TYPED_TEST(storage_law, open_to_append_cuts_the_file_and_goes_on_there) {
  write_file(this->disk, this->at("f"), "committed, torn");
  const auto file = this->disk.open_to_append(this->at("f"), 9);
  EXPECT_EQ(read_file(this->disk, this->at("f")), "committed");
  file->append(" and");
  file->append(" more");
  file->sync();
  file->close();
  EXPECT_EQ(read_file(this->disk, this->at("f")), "committed and more");
  this->disk.open_to_append(this->at("f"), 18)->append("!");
  EXPECT_EQ(read_file(this->disk, this->at("f")), "committed and more!");
  this->disk.open_to_append(this->at("f"), 0);
  EXPECT_EQ(read_file(this->disk, this->at("f")), "");
}

TYPED_TEST(storage_law, open_to_append_refuses_a_file_that_is_too_short_or_missing) {
  write_file(this->disk, this->at("f"), "12345");
  EXPECT_THAT(message_of([&] { this->disk.open_to_append(this->at("f"), 6); }),
              AllOf(HasSubstr("cannot go on writing " + this->at("f")), HasSubstr("only 5 bytes")));
  EXPECT_EQ(read_file(this->disk, this->at("f")), "12345");
  EXPECT_THAT(message_of([&] { this->disk.open_to_append(this->at("none"), 0); }),
              AllOf(HasSubstr("cannot open " + this->at("none")), HasSubstr("No such file or directory")));
  EXPECT_FALSE(this->disk.exists(this->at("none")));
  EXPECT_THAT(message_of([&] { this->disk.open_to_append(this->given.root, 0); }), HasSubstr("Is a directory"));
}

TYPED_TEST(storage_law, a_file_has_one_writer) {
  auto first = this->disk.create(this->at("f"));
  first->append("first");
  for (const auto& again : std::vector<std::function<void()>>{[&] { this->disk.create(this->at("f")); },
                                                              [&] { this->disk.open_to_append(this->at("f"), 0); }}) {
    EXPECT_THAT(message_of(again), HasSubstr(this->at("f") + " is being written by another running program"));
  }
  EXPECT_EQ(read_file(this->disk, this->at("f")), "first");
  first->close();
  first = this->disk.open_to_append(this->at("f"), 5);
  EXPECT_THAT(message_of([&] { this->disk.create(this->at("f")); }), HasSubstr("is being written"));
  first.reset();
  write_file(this->disk, this->at("f"), "second");
  EXPECT_EQ(read_file(this->disk, this->at("f")), "second");
}

TYPED_TEST(storage_law, a_lock_is_held_by_one_until_it_is_destroyed) {
  auto held = this->disk.lock(this->at("LOCK"));
  EXPECT_TRUE(this->disk.exists(this->at("LOCK")));
  EXPECT_THAT(message_of([&] { this->disk.lock(this->at("LOCK")); }),
              AllOf(HasSubstr(this->at("LOCK")), HasSubstr("another running job or process uses it")));
  EXPECT_THAT(message_of([&] { this->disk.create(this->at("LOCK")); }), HasSubstr(this->at("LOCK")));
  const auto other = this->disk.lock(this->at("OTHER"));
  held.reset();
  held = this->disk.lock(this->at("LOCK"));
  EXPECT_THAT(message_of([&] { this->disk.lock(this->at("no/LOCK")); }), HasSubstr("No such file or directory"));
}

TYPED_TEST(storage_law, a_lock_leaves_the_content_alone) {
  write_file(this->disk, this->at("f"), "content");
  EXPECT_THAT(message_of([&] { this->disk.lock(this->at("f")); }), "no error");
  EXPECT_EQ(read_file(this->disk, this->at("f")), "content");
}

TYPED_TEST(storage_law, list_directory_names_everything_once) {
  this->disk.create_directories(this->at("d/e/f"));
  this->disk.create_directories(this->at("d/[x]"));
  for (const char* name : {"d/b", "d/.hidden", "d/e/y", "other"}) write_file(this->disk, this->at(name), "");
  EXPECT_THAT(this->disk.list_directory(this->at("d")), ElementsAre(".hidden", "[x]", "b", "e"));
  EXPECT_THAT(this->disk.list_directory(this->at("d/")), ElementsAre(".hidden", "[x]", "b", "e"));
  EXPECT_THAT(this->disk.list_directory(this->at("d/[x]")), IsEmpty());
  EXPECT_THAT(message_of([&] { this->disk.list_directory(this->at("none")); }),
              AllOf(HasSubstr("cannot list " + this->at("none")), HasSubstr("No such file or directory")));
  EXPECT_THAT(message_of([&] { this->disk.list_directory(this->at("d/b")); }), HasSubstr("Not a directory"));
}

TYPED_TEST(storage_law, remove_directory_takes_only_an_empty_one) {
  this->disk.create_directories(this->at("d/e"));
  EXPECT_THAT(message_of([&] { this->disk.remove_directory(this->at("d")); }),
              AllOf(HasSubstr("cannot remove the directory " + this->at("d")), HasSubstr("Directory not empty")));
  this->disk.remove_directory(this->at("d/e"));
  write_file(this->disk, this->at("d/f"), "x");
  EXPECT_THAT(message_of([&] { this->disk.remove_directory(this->at("d")); }), HasSubstr("Directory not empty"));
  EXPECT_THAT(message_of([&] { this->disk.remove_directory(this->at("d/f")); }), HasSubstr("Not a directory"));
  this->disk.remove(this->at("d/f"));
  this->disk.remove_directory(this->at("d"));
  EXPECT_FALSE(this->disk.exists(this->at("d")));
  this->disk.remove_directory(this->at("d"));
  this->disk.remove_directory(this->at("no/such"));
}

TYPED_TEST(storage_law, errors_name_the_path_and_the_reason) {
  const std::string missing = this->at("missing");
  EXPECT_THAT(message_of([&] { this->disk.open(missing); }),
              AllOf(HasSubstr("cannot open " + missing), HasSubstr("No such file or directory")));
  EXPECT_THAT(message_of([&] { this->disk.stat(missing); }), HasSubstr("cannot find " + missing));
  EXPECT_THAT(message_of([&] { this->disk.create(this->at("no/f")); }),
              AllOf(HasSubstr("cannot create " + this->at("no/f")), HasSubstr("No such file or directory")));
  EXPECT_THAT(message_of([&] { this->disk.rename(missing, this->at("f")); }),
              AllOf(HasSubstr("cannot rename " + missing + " to " + this->at("f")), HasSubstr("No such file")));
  EXPECT_THAT(message_of([&] { this->disk.open(this->given.root); }), HasSubstr("Is a directory"));
  EXPECT_THAT(message_of([&] { this->disk.create(this->given.root); }), HasSubstr("Is a directory"));
}

TEST(posix_storage, says_that_the_disk_is_full) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  posix_storage disk;
  const auto file = disk.create("/dev/full");
  EXPECT_EQ(message_of([&] { file->append("x"); }),
            "cannot write /dev/full: No space left on device; free some space or choose another disk");
}

TEST(posix_storage, says_that_permission_is_missing) {
  const temporary_directory directory;
  posix_storage disk;
  write_file(disk, directory.path + "/f", "x");
  ::chmod((directory.path + "/f").c_str(), 0);
  const int owner = ::setfsuid(65534);  // root may do everything, so it asks as nobody
  if (::setfsuid(static_cast<uid_t>(-1)) != 65534) GTEST_SKIP() << "root may do everything, and cannot be nobody here";
  const std::string message = message_of([&] { disk.open(directory.path + "/f"); });
  ::setfsuid(static_cast<uid_t>(owner));
  EXPECT_THAT(message, HasSubstr("Permission denied; check the owner"));
}

TEST(posix_storage, a_lock_keeps_other_processes_out_and_dies_with_its_own) {
  const temporary_directory directory;
  const std::string path = directory.path + "/LOCK";
  posix_storage disk;
  const auto in_child = [&](const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  const auto tries_to_lock = [&] { return message_of([&] { disk.lock(path); }) == "no error" ? 0 : 1; };
  {
    const auto held = disk.lock(path);
    EXPECT_EQ(in_child(tries_to_lock), 1);
  }
  EXPECT_EQ(in_child([&] {
              static_cast<void>(disk.lock(path).release());  // the process ends while it holds the lock
              return 0;
            }),
            0);
  EXPECT_EQ(in_child(tries_to_lock), 0);
}

TEST(posix_storage, open_to_append_refuses_a_pipe) {
  const temporary_directory directory;
  const std::string path = directory.path + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int keeps_open = ::open(path.c_str(), O_RDWR);
  posix_storage disk;
  EXPECT_THAT(message_of([&] { disk.open_to_append(path, 0); }), HasSubstr("it is a pipe or device"));
  const auto file = disk.create(path);
  file->append("x");
  EXPECT_EQ(message_of([&] { file->start_sync(); }), "no error");
  ::close(keeps_open);
}

TEST(posix_storage, reads_pipes_forward_only) {
  const temporary_directory directory;
  const std::string path = directory.path + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int keeps_open = ::open(path.c_str(), O_RDWR);
  ASSERT_EQ(::write(keeps_open, "abcdef", 6), 6);
  posix_storage disk;
  const auto file = disk.open(path);
  EXPECT_FALSE(disk.stat(path).regular);
  char buffer[4];
  EXPECT_EQ(file->read_at(0, buffer), 4u);
  EXPECT_EQ(file->read_at(4, buffer), 2u);
  EXPECT_EQ(std::string_view(buffer, 2), "ef");
  EXPECT_THAT(message_of([&] { file->read_at(0, buffer); }), HasSubstr("can only be read forward"));
  ::close(keeps_open);
}

TEST(memory_storage, a_crash_loses_what_was_not_synced) {
  memory_storage disk;
  disk.write("d/old", "old");
  const auto synced = disk.create("d/synced");
  synced->append("durable");
  synced->sync();
  synced->append(" and not");
  const auto unsynced = disk.create("e");
  unsynced->append("lost");
  synced->start_sync();
  unsynced->start_sync();
  disk.crash();
  EXPECT_THAT(disk.paths(), ElementsAre("d/old", "d/synced"));
  EXPECT_EQ(disk.read("d/synced"), "durable");
  EXPECT_THAT(message_of([&] { synced->append("x"); }), HasSubstr("the disk has crashed"));
}

TEST(memory_storage, a_crash_brings_back_what_was_removed_or_replaced_without_sync) {
  memory_storage disk;
  disk.write("a", "1");
  disk.write("b", "2");
  disk.remove("a");
  write_file(disk, "b", "replaced");
  disk.crash();
  EXPECT_EQ(disk.read("a"), "1");
  EXPECT_EQ(disk.read("b"), "2");
}

TEST(memory_storage, a_rename_without_sync_publishes_an_empty_file) {
  memory_storage disk;
  const auto file = disk.create("f.tmp");
  file->append("content");
  disk.rename("f.tmp", "f");
  EXPECT_EQ(disk.read("f"), "content");
  disk.crash();
  EXPECT_EQ(disk.read("f"), "");
  EXPECT_THAT(disk.paths(), ElementsAre("f"));
}

TEST(memory_storage, a_rename_after_sync_survives) {
  memory_storage disk;
  disk.write("f", "old");
  const auto file = disk.create("f.tmp");
  file->append("content");
  file->sync();
  disk.rename("f.tmp", "f");
  disk.crash();
  EXPECT_EQ(disk.read("f"), "content");
}

TEST(memory_storage, a_rename_between_directories_survives_on_both_sides) {
  memory_storage disk;
  disk.create_directories("to");
  disk.write("from/f", "content");
  disk.rename("from/f", "to/f");
  disk.crash();
  EXPECT_THAT(disk.paths(), ElementsAre("to/f"));
}

TEST(memory_storage, a_seeded_crash_keeps_a_part_of_the_unsynced_bytes) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    memory_storage disk;
    const auto file = disk.create("f");
    file->append("ab");
    file->sync();
    file->append("cd");
    disk.crash(seed);
    outcomes.insert(disk.read("f"));
  }
  EXPECT_THAT(outcomes, ElementsAre("ab", "abc", "abcd"));
}

TEST(memory_storage, a_crash_undoes_a_cut_that_was_not_synced) {
  memory_storage disk;
  disk.write("f", "committed, torn");
  disk.open_to_append("f", 9)->append("XY");
  disk.open_to_append("f", 4)->append("Z");
  EXPECT_EQ(disk.read("f"), "commZ");
  disk.crash();
  EXPECT_EQ(disk.read("f"), "committed, torn");

  const auto file = disk.open_to_append("f", 9);
  file->append("!");
  file->sync();
  file->append(" lost");
  disk.crash();
  EXPECT_EQ(disk.read("f"), "committed!");
}

TEST(memory_storage, a_seeded_crash_undoes_a_cut_or_keeps_it) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    memory_storage disk;
    disk.write("f", "abcd");
    disk.open_to_append("f", 2)->append("XY");
    disk.crash(seed);
    outcomes.insert(disk.read("f"));
  }
  EXPECT_THAT(outcomes, ElementsAre("ab", "abX", "abXY", "abcd"));
}

TEST(memory_storage, a_seeded_crash_keeps_any_of_the_changes_to_directories) {
  std::set<std::vector<std::string>> outcomes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    memory_storage disk;
    disk.write("d/old", "");
    disk.remove("d/old");
    disk.create("d/new");
    disk.crash(seed);
    outcomes.insert(disk.paths());
  }
  EXPECT_THAT(outcomes, ElementsAre(std::vector<std::string>{}, std::vector<std::string>{"d/new"},
                                    std::vector<std::string>{"d/new", "d/old"}, std::vector<std::string>{"d/old"}));
}

TEST(memory_storage, a_crash_brings_back_a_directory_whose_removal_was_not_durable) {
  memory_storage disk;
  const auto remove_all = [&] {
    disk.remove("d/e/f");
    disk.remove_directory("d/e");
    disk.remove_directory("d");
  };
  disk.write("d/e/f", "1");
  remove_all();
  disk.crash();
  EXPECT_EQ(disk.read("d/e/f"), "1");

  remove_all();
  disk.create("g")->sync();
  disk.crash();
  EXPECT_FALSE(disk.exists("d"));
  EXPECT_THAT(disk.paths(), ElementsAre("g"));

  disk.write("d/e/f", "2");
  remove_all();
  disk.create_directories("d");
  disk.crash();
  EXPECT_THAT(disk.list_directory("d"), IsEmpty());
}

TEST(memory_storage, a_crash_releases_locks_and_writers) {
  memory_storage disk;
  disk.write("f", "x");
  const auto lock = disk.lock("LOCK");
  const auto file = disk.open_to_append("f", 1);
  disk.crash();
  const auto again = disk.lock("LOCK");
  disk.open_to_append("f", 1)->append("y");
  EXPECT_EQ(disk.read("f"), "xy");
}

TEST(memory_storage, planned_failures_happen_once_and_are_counted) {
  memory_storage disk;
  disk.write("f", "x");
  disk.fail_next(storage_operation::open, "the cable is out");
  disk.fail_next(storage_operation::append, "bad sector", 1);
  EXPECT_THAT(message_of([&] { disk.open("f"); }), HasSubstr("cannot open f: the cable is out"));
  EXPECT_EQ(read_file(disk, "f"), "x");
  const auto file = disk.create("g");
  file->append("1234");
  EXPECT_THAT(message_of([&] { file->append("5678"); }), HasSubstr("cannot write g: bad sector"));
  EXPECT_EQ(disk.read("g"), "123456");
  EXPECT_EQ(disk.failures_met(),
            (std::map<storage_operation, std::size_t>{{storage_operation::open, 1}, {storage_operation::append, 1}}));
}

TEST(memory_storage, fills_up) {
  memory_storage disk;
  disk.write("f", "12345");
  disk.limit_capacity(8);
  const auto file = disk.create("g");
  file->append("1");
  EXPECT_THAT(message_of([&] { file->append("234"); }), HasSubstr("cannot write g: No space left on device"));
  EXPECT_EQ(disk.read("g"), "123");
  disk.remove("f");
  file->append("4");
  EXPECT_EQ(disk.read("g"), "1234");
}

TEST(memory_storage, an_observer_sees_every_call_and_may_stop_it) {
  memory_storage disk;
  std::vector<std::string> calls;
  disk.observe([&](storage_operation operation, const std::string& path) {
    calls.push_back(std::string(weir::testing::name_of(operation)) + " " + path);
    if (operation == storage_operation::sync) throw error("stopped");
  });
  const auto file = disk.create("./f");
  file->append("x");
  EXPECT_THROW(file->sync(), error);
  EXPECT_THAT(calls, ElementsAre("create f", "append f", "sync f"));
}

}  // namespace
}  // namespace weir
