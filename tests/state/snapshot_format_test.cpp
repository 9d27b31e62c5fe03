// What a snapshot holds after writing and reading, and that no damage of its files goes unnoticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "weir/core/hash.hpp"
#include "weir/core/version.hpp"
#include "weir/state/snapshot_reader.hpp"
#include "weir/state/snapshot_writer.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
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

bool is_damaged(const std::function<void()>& function) {
  try {
    function();
  } catch (const snapshot_damaged&) {
    return true;
  } catch (const error&) {
  }
  return false;
}

bool equal(const snapshot_block& a, const snapshot_block& b) {
  return a.kind == b.kind && a.operator_index == b.operator_index && a.subtask == b.subtask &&
         a.key_group == b.key_group && a.rows == b.rows && a.rows_in_group == b.rows_in_group && a.name == b.name &&
         a.bytes == b.bytes;
}

/// Two operators, a name of arbitrary bytes, an empty block and two that differ in one byte.
std::vector<snapshot_block> some_blocks() {
  return {{block_kind::part, 0, 1, mixed_key_groups, 0, 0, "positions", "\1\2\3\4"},
          {block_kind::rows, 1, 0, 5, 2, 7, "rows", "k1v1k2v2"},
          {block_kind::rows, 1, 0, 5, 2, 7, "rows", "k1v1k2v3"},
          {block_kind::rows, 1, 2, 127, 1, 1, "%\0\xff\"\\ \xc3\xa9\xed\xa0\x80"s, "\0\0"s},
          {block_kind::part, 1, 2, mixed_key_groups, 0, 0, "", ""}};
}

snapshot_manifest some_manifest() {
  snapshot_manifest made;
  made.job = "campaign \"views\" é";
  made.id = 42;
  made.savepoint = true;
  made.created_ms = -5;
  made.key_groups = 128;
  made.operators = {{"events", "source", "", "splits", 2}, {"views", "aggregate", "int32", "count:int64", 3}};
  return made;
}

void write_snapshot(storage& disk, const std::string& directory) {
  snapshot_writer writer(disk, directory);
  for (const snapshot_block& each : some_blocks()) writer.append(each);
  writer.finish(some_manifest());
}

/// All blocks, in the order of the manifest.
std::vector<snapshot_block> read_blocks(storage& disk, const std::string& directory) {
  snapshot_reader reader(disk, directory);
  std::vector<snapshot_block> blocks;
  for (const block_place& place : reader.manifest().blocks) blocks.push_back(reader.read(place));
  return blocks;
}

/// The text without its checksum line, and the line that belongs to a text: as a program in another language would.
constexpr std::size_t checksum_line_bytes = R"("checksum": "0123456789abcdef"})"s.size() + 1;
std::string with_checksum(std::string text) {
  const std::uint64_t checksum = detail::hash_bytes(text.data(), text.size());
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(checksum));
  return text + "\"checksum\": \"" + digits + "\"}\n";
}
std::string without_checksum(const std::string& text) { return text.substr(0, text.size() - checksum_line_bytes); }

class snapshot_format : public ::testing::Test {
 protected:
  snapshot_format() { write_snapshot(disk, "sp"); }

  /// Replaces the only occurrence in the manifest and corrects the checksum.
  void edit_manifest(const std::string& from, const std::string& to) {
    std::string text = without_checksum(manifest);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, text.npos) << from << " is not in " << text;
    disk.write("sp/MANIFEST", with_checksum(text.replace(at, from.size(), to)));
  }

  memory_storage disk;
  const std::string manifest = (write_snapshot(disk, "first"), disk.read("first/MANIFEST"));
  const std::string data = disk.read("first/data");
};

TEST_F(snapshot_format, what_was_written_is_read) {
  snapshot_reader reader(disk, "sp");
  snapshot_manifest expected = some_manifest();
  expected.weir_version = version;
  expected.data_bytes = data.size();
  expected.blocks = reader.manifest().blocks;
  EXPECT_EQ(reader.manifest(), expected);

  const auto blocks = some_blocks();
  ASSERT_EQ(reader.manifest().blocks.size(), blocks.size());
  snapshot_block reused;
  for (std::size_t i = blocks.size(); i-- > 0;) {
    reader.read_into(reader.manifest().blocks[i], reused);
    EXPECT_TRUE(equal(reused, blocks[i])) << i;
  }
  EXPECT_NO_THROW(reader.require_job("campaign \"views\" é"));
  EXPECT_THAT(message_of([&] { reader.require_job("clicks"); }),
              AllOf(HasSubstr("sp holds a snapshot of job 'campaign \"views\" é'"), HasSubstr("'clicks'")));
}

TEST_F(snapshot_format, an_empty_snapshot_is_one) {
  snapshot_writer writer(disk, "empty");
  EXPECT_EQ(writer.bytes_written(), 24u);
  writer.finish({});
  snapshot_reader reader(disk, "empty");
  EXPECT_THAT(reader.manifest().blocks, IsEmpty());
  EXPECT_EQ(writer.bytes_written(), disk.read("empty/data").size() + disk.read("empty/MANIFEST").size());
}

TEST_F(snapshot_format, random_blocks_of_all_sizes_are_read_back) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    const auto bytes = [&](std::size_t most) {
      std::string made(random() % (most + 1), '\0');
      for (char& each : made) each = static_cast<char>(random());
      return made;
    };
    std::vector<snapshot_block> blocks(random() % 30);
    for (snapshot_block& each : blocks) {
      each = {random() % 2 != 0 ? block_kind::rows : block_kind::part,
              static_cast<std::uint32_t>(random() % 2),
              static_cast<std::uint32_t>(random() % 2),
              random() % 4 != 0 ? static_cast<std::uint32_t>(random() % 128) : mixed_key_groups,
              static_cast<std::uint32_t>(random()),
              random(),
              bytes(40),
              bytes(random() % 8 == 0 ? 1 << 20 : 300)};
    }
    const std::string directory = "random" + std::to_string(seed);
    {
      snapshot_writer writer(disk, directory);
      for (const snapshot_block& each : blocks) writer.append(each);
      writer.finish(some_manifest());
    }
    const auto found = read_blocks(disk, directory);
    ASSERT_EQ(found.size(), blocks.size()) << "seed " << seed;
    for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_TRUE(equal(found[i], blocks[i])) << "seed " << seed;
  }
}

/// The bytes of the reference page, put together by hand; only the two checksums are looked up.
TEST_F(snapshot_format, the_bytes_are_those_of_the_reference) {
  const auto checksum_of = [](const std::string& bytes) {
    const std::uint64_t value = detail::hash_bytes(bytes.data(), bytes.size());
    std::string made;
    for (int shift = 0; shift < 64; shift += 8) made.push_back(static_cast<char>(value >> shift));
    return made;
  };
  const std::string header = "\x89weir\r\n\x1a\1\0\0\0\0\0\0\0"s;
  const std::string payload = "k1v1k2v2";
  const std::string block =
      "WBLK\1\0\4\0"
      "\1\0\0\0"
      "\0\0\0\0"
      "\5\0\0\0"
      "\2\0\0\0"
      "\7\0\0\0\0\0\0\0"
      "\x8\0\0\0\0\0\0\0"s +
      checksum_of(payload) + "rows";
  snapshot_writer writer(disk, "bytes");
  writer.append(some_blocks()[1]);
  writer.finish(some_manifest());
  EXPECT_EQ(disk.read("bytes/data"), header + checksum_of(header) + block + checksum_of(block) + payload);
}

TEST_F(snapshot_format, the_checksum_is_the_published_xxh3) {
  EXPECT_EQ(detail::hash_bytes("", 0), 0x2d06800538d394c2u);  // the vector of the XXH3 specification
}

TEST_F(snapshot_format, the_manifest_is_json_that_a_person_can_read) {
  const auto parsed = nlohmann::json::parse(manifest);
  EXPECT_EQ(parsed["weir_snapshot"], 1);
  EXPECT_EQ(parsed["job"], "campaign \"views\" é");
  EXPECT_EQ(parsed["operators"][1]["uid"], "views");
  EXPECT_EQ(parsed["blocks"][0]["key_group"], nullptr);
  EXPECT_EQ(parsed["blocks"][1]["key_group"], 5);
  EXPECT_EQ(parsed["blocks"][3]["name"], "%25%00%FF\"\\ é%ED%A0%80");
  EXPECT_THAT(manifest, StartsWith("{\n\"weir_snapshot\": 1,\n\"weir_version\": "));
  EXPECT_THAT(manifest, HasSubstr("\n{\"uid\": \"views\", \"kind\": \"aggregate\", "));
  EXPECT_EQ(with_checksum(without_checksum(manifest)), manifest);
}

TEST_F(snapshot_format, every_flipped_bit_is_found) {
  for (const std::string name : {"data", "MANIFEST"}) {
    const std::string whole = disk.read("sp/" + name);
    for (std::size_t i = 0; i < whole.size() * 8; ++i) {
      std::string bytes = whole;
      bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << i % 8));
      disk.write("sp/" + name, bytes);
      EXPECT_TRUE(is_damaged([&] { read_blocks(disk, "sp"); })) << name << " bit " << i;
      EXPECT_THAT(message_of([&] { read_blocks(disk, "sp"); }), StartsWith("sp/" + name + " is damaged: "));
    }
    disk.write("sp/" + name, whole);
  }
}

TEST_F(snapshot_format, every_cut_and_every_added_byte_is_found) {
  for (const std::string name : {"data", "MANIFEST"}) {
    const std::string whole = disk.read("sp/" + name);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      disk.write("sp/" + name, whole.substr(0, size));
      EXPECT_TRUE(is_damaged([&] { read_blocks(disk, "sp"); })) << name << " of " << size << " bytes";
    }
    disk.write("sp/" + name, whole + '\0');
    EXPECT_TRUE(is_damaged([&] { read_blocks(disk, "sp"); })) << name;
    disk.write("sp/" + name, whole);
  }
  EXPECT_EQ(read_blocks(disk, "sp").size(), some_blocks().size());
}

TEST_F(snapshot_format, a_file_that_shrinks_while_it_is_read_is_found) {
  snapshot_reader reader(disk, "sp");
  disk.open_to_append("sp/data", data.size() - 1);
  const auto& blocks = reader.manifest().blocks;
  EXPECT_THAT(message_of([&] { reader.read(blocks.back()); }),
              AllOf(HasSubstr("sp/data is damaged: the block at offset " + std::to_string(blocks.back().offset)),
                    HasSubstr("is cut short")));
}

TEST_F(snapshot_format, swapped_blocks_are_found) {
  const auto places = snapshot_reader(disk, "sp").manifest().blocks;
  ASSERT_EQ(places[1].bytes, places[2].bytes);
  std::string bytes = data;
  bytes.replace(places[1].offset, places[1].bytes, data, places[2].offset, places[2].bytes);
  bytes.replace(places[2].offset, places[2].bytes, data, places[1].offset, places[1].bytes);
  disk.write("sp/data", bytes);
  snapshot_reader reader(disk, "sp");
  EXPECT_EQ(reader.read(places[0]).bytes, some_blocks()[0].bytes);
  EXPECT_THAT(message_of([&] { reader.read(places[1]); }),
              AllOf(HasSubstr("sp/data is damaged: the block at offset"), HasSubstr("is not the one whose checksum")));
  EXPECT_TRUE(is_damaged([&] { reader.read(places[2]); }));
}

TEST_F(snapshot_format, the_data_of_another_snapshot_is_found) {
  snapshot_writer writer(disk, "other");
  auto blocks = some_blocks();
  blocks[1].bytes[0] = 'K';
  for (const snapshot_block& each : blocks) writer.append(each);
  writer.finish(some_manifest());
  disk.write("sp/data", disk.read("other/data"));
  snapshot_reader reader(disk, "sp");
  EXPECT_TRUE(is_damaged([&] { reader.read(reader.manifest().blocks[1]); }));
}

TEST_F(snapshot_format, foreign_and_missing_files_are_named) {
  disk.write("sp/data", std::string(data.size(), 'x'));
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }),
              "sp/data is damaged: it does not begin as a snapshot's data file does; bring it back from a copy, or "
              "remove its directory and restore another snapshot");
  disk.remove("sp/data");
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }), StartsWith("sp/data is damaged: it is missing; "));
  disk.write("sp/MANIFEST", "{}\n");
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }),
              StartsWith("sp/MANIFEST is damaged: its last line is not the checksum; "));
  disk.write("sp/MANIFEST", with_checksum("Dear diary,\n"));
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }), HasSubstr("it is not JSON"));
  disk.write("sp/MANIFEST", with_checksum(std::string(100'000, '[')));
  EXPECT_TRUE(is_damaged([&] { snapshot_reader(disk, "sp"); }));
  disk.remove("sp/MANIFEST");
  for (const char* directory : {"sp", "nowhere"}) {
    EXPECT_THAT(message_of([&] { snapshot_reader(disk, directory); }),
                AllOf(HasSubstr(directory + " holds no complete snapshot"s), HasSubstr("name the directory of")));
    EXPECT_FALSE(is_damaged([&] { snapshot_reader(disk, directory); }));
  }
}

TEST_F(snapshot_format, a_newer_format_asks_for_a_newer_weir) {
  edit_manifest("\"weir_snapshot\": 1", "\"weir_snapshot\": 2");
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }),
              AllOf(HasSubstr("sp/MANIFEST has the snapshot format 2"), HasSubstr("newer weir")));
  EXPECT_FALSE(is_damaged([&] { snapshot_reader(disk, "sp"); }));
  edit_manifest("\"weir_snapshot\": 1", "\"weir_snapshot\": 0");
  EXPECT_TRUE(is_damaged([&] { snapshot_reader(disk, "sp"); }));

  disk.write("sp/MANIFEST", manifest);
  std::string header = data.substr(0, 16);
  header[8] = 2;
  const std::uint64_t checksum = detail::hash_bytes(header.data(), header.size());
  for (int shift = 0; shift < 64; shift += 8) header.push_back(static_cast<char>(checksum >> shift));
  disk.write("sp/data", header + data.substr(24));
  EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }), StartsWith("sp/data has the snapshot format 2"));
}

TEST_F(snapshot_format, unknown_members_are_ignored) {
  edit_manifest("\"job\":", "\"mood\": {\"job\": [1, null]},\n\"job\":");
  EXPECT_EQ(snapshot_reader(disk, "sp").manifest(), snapshot_reader(disk, "first").manifest());
  edit_manifest("{\"offset\":", "{\"colour\": \"red\", \"offset\":");
  EXPECT_EQ(read_blocks(disk, "sp").size(), some_blocks().size());
}

TEST_F(snapshot_format, missing_members_are_refused) {
  for (const char* name :
       {"weir_snapshot", "weir_version", "job",     "id",       "savepoint", "created_ms", "key_groups",
        "operators",     "data_bytes",   "blocks",  "uid",      "kind",      "key_schema", "state_schema",
        "parallelism",   "offset",       "bytes",   "operator", "subtask",   "key_group",  "rows",
        "rows_in_group", "name",         "checksum"}) {
    edit_manifest("\""s + name + "\":", "\"other\":");
    EXPECT_THAT(message_of([&] { snapshot_reader(disk, "sp"); }),
                AllOf(StartsWith("sp/MANIFEST is damaged: "), HasSubstr("lacks '"s + name + "'")));
  }
}

TEST_F(snapshot_format, impossible_values_are_refused) {
  const auto edited = [&](const std::string& from, const std::string& to) {
    edit_manifest(from, to);
    const std::string message = message_of([&] { read_blocks(disk, "sp"); });
    EXPECT_THAT(message, StartsWith("sp/MANIFEST is damaged: ")) << from << " " << to;
    return message;
  };
  EXPECT_THAT(edited("\"id\": 42", "\"id\": 42.0"), HasSubstr("it has a 'id' that is not a whole number"));
  EXPECT_THAT(edited("\"id\": 42", "\"id\": -42"), HasSubstr("'id'"));
  EXPECT_THAT(edited("\"id\": 42", "\"id\": 10000000000"), HasSubstr("more than ten digits"));
  EXPECT_THAT(edited("\"created_ms\": -5", "\"created_ms\": 9223372036854775808"), HasSubstr("too large"));
  EXPECT_THAT(edited("\"id\": 42", "\"id\": 1e999"), HasSubstr("a number in it is too large"));
  EXPECT_THAT(edited("\"id\": 42", "\"id\": 4\xff"), HasSubstr("it is not JSON at byte "));
  EXPECT_THAT(edited("\"savepoint\": true", "\"savepoint\": 1"), HasSubstr("'savepoint'"));
  EXPECT_THAT(edited("\"job\": \"", "\"job\": \"%4 "), HasSubstr("'job'"));
  EXPECT_THAT(edited("\"key_groups\": 128", "\"key_groups\": 100"), HasSubstr("100 key groups are not possible"));
  EXPECT_THAT(edited("\"key_groups\": 128", "\"key_groups\": 64"), HasSubstr("key group 127 of 64"));
  EXPECT_THAT(edited("\"key_groups\": 128", "\"key_groups\": 4294967424"), HasSubstr("too large"));
  EXPECT_THAT(edited("\"parallelism\": 2", "\"parallelism\": 0"), HasSubstr("'events' has no subtasks"));
  EXPECT_THAT(edited("\"parallelism\": 3", "\"parallelism\": 2"), HasSubstr("subtask 2 of 'views', which has 2"));
  EXPECT_THAT(edited("\"operator\": 0", "\"operator\": 2"), HasSubstr("block 0 belongs to operator 2 of 2"));
  EXPECT_THAT(edited("\"kind\": \"rows\"", "\"kind\": \"cols\""), HasSubstr("block 1 has the unknown kind 'cols'"));
  EXPECT_THAT(edited("\"offset\": 24", "\"offset\": 25"), HasSubstr("block 0 begins at offset 25 instead of 24"));
  EXPECT_THAT(edited("\"bytes\": 69", "\"bytes\": 18446744073709551615"),
              HasSubstr("block 0 has 18446744073709551615"));
  EXPECT_THAT(edited("\"bytes\": 69", "\"bytes\": 1073741824"), HasSubstr("block 0 ends behind the data file"));
  EXPECT_THAT(edited("\"bytes\": 69", "\"bytes\": 10"), HasSubstr("block 0 has 10 bytes"));
  EXPECT_THAT(edited("\"bytes\": 69", "\"bytes\": 70"), HasSubstr("block 1 begins at offset"));
  EXPECT_THAT(edited("\"checksum\": \"", "\"checksum\": \"0"), HasSubstr("not 16 hexadecimal digits"));
  EXPECT_THAT(edited("\"operators\": [", "\"operators\": 1, \"x\": ["), HasSubstr("'operators'"));
  EXPECT_THAT(edited("\"blocks\": [", "\"blocks\": [5, "), HasSubstr("block 0 is not an object"));
}

/// A manifest with a right checksum that says something else of a block than the block itself.
TEST_F(snapshot_format, a_manifest_cannot_make_a_block_another_one) {
  const auto blocks = some_blocks();
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"rows\": 2", "\"rows\": 3"},
                                                        {"\"rows_in_group\": 7", "\"rows_in_group\": 8"},
                                                        {"\"key_group\": 5", "\"key_group\": 6"},
                                                        {"\"name\": \"rows\"", "\"name\": \"cols\""},
                                                        {"\"subtask\": 1", "\"subtask\": 0"},
                                                        {"\"kind\": \"part\", \"op", "\"kind\": \"rows\", \"op"}}) {
    edit_manifest(from, to);
    EXPECT_THAT(message_of([&] { read_blocks(disk, "sp"); }), StartsWith("sp/data is damaged: the block at offset "))
        << from;
  }
}

TEST_F(snapshot_format, a_place_that_no_manifest_holds_asks_for_no_memory) {
  snapshot_reader reader(disk, "sp");
  block_place place = reader.manifest().blocks[1];
  place.bytes = std::uint64_t{1} << 62;
  EXPECT_TRUE(is_damaged([&] { reader.read(place); }));
  place.bytes = 3;
  EXPECT_TRUE(is_damaged([&] { reader.read(place); }));
  place.offset = ~std::uint64_t{0} - 1;
  EXPECT_TRUE(is_damaged([&] { reader.read(place); }));
}

TEST_F(snapshot_format, a_failing_disk_is_not_damage) {
  snapshot_reader reader(disk, "sp");
  disk.fail_next(storage_operation::read, "the cable is out");
  const auto read = [&] { reader.read(reader.manifest().blocks[0]); };
  EXPECT_FALSE(is_damaged(read));
  EXPECT_FALSE(is_damaged(read));
  EXPECT_EQ(reader.read(reader.manifest().blocks[0]).bytes, some_blocks()[0].bytes);
}

TEST_F(snapshot_format, several_threads_read_one_snapshot) {
  snapshot_reader first(disk, "sp");
  std::vector<std::thread> threads;
  std::atomic<int> equal_blocks = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, reader = first.clone()]() mutable {
      for (int round = 0; round < 50; ++round) {
        for (std::size_t k = 0; k < some_blocks().size(); ++k) {
          equal_blocks += equal(reader.read(reader.manifest().blocks[k]), some_blocks()[k]) ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(equal_blocks, 4 * 50 * 5);
}

TEST_F(snapshot_format, the_writer_refuses_what_no_reader_would_accept) {
  const auto refusal = [&](const std::function<void(snapshot_manifest&, snapshot_block&)>& change) {
    snapshot_manifest changed = some_manifest();
    snapshot_block block = some_blocks()[1];
    change(changed, block);
    const std::string message = message_of([&] {
      snapshot_writer writer(disk, "refused");
      writer.append(block);
      writer.finish(changed);
    });
    EXPECT_EQ(disk.exists("refused"), message == "no error");
    return message;
  };
  EXPECT_THAT(refusal([](auto& all, auto&) { all.id = snapshot_id_max + 1; }), HasSubstr("ten digits"));
  EXPECT_THAT(refusal([](auto& all, auto&) { all.key_groups = 0; }), HasSubstr("refused/MANIFEST cannot be written"));
  EXPECT_THAT(refusal([](auto&, auto& block) { block.subtask = 3; }), HasSubstr("subtask 3 of 'views', which has 3"));
  EXPECT_THAT(refusal([](auto&, auto& block) { block.operator_index = 2; }), HasSubstr("operator 2 of 2"));
  EXPECT_THAT(refusal([](auto&, auto& block) { block.name.resize(70'000); }), HasSubstr("a name of 70000 bytes"));
  EXPECT_EQ(refusal([](auto&, auto&) {}), "no error");
}

}  // namespace
}  // namespace weir
