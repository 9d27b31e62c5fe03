// Blocks of a snapshot that a helper reads ahead are those that the subtask would read itself, and so are the errors.
#include "weir/runtime/blocks_ahead.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/runtime/posix_storage.hpp"
#include "weir/state/snapshot_writer.hpp"

namespace weir {
namespace {

using detail::blocks_ahead;
using detail::helper_starter;
using detail::helper_thread;

std::atomic<int> started{0};
std::atomic<int> at_work{0};

class counted_thread final : public helper_thread {
 public:
  explicit counted_thread(std::function<void()> work)
      : thread_([work = std::move(work)] {
          work();
          --at_work;
        }) {}

 private:
  std::jthread thread_;
};

std::unique_ptr<helper_thread> start_thread(std::function<void()> work) {
  ++started;
  ++at_work;
  return std::make_unique<counted_thread>(std::move(work));
}

std::unique_ptr<helper_thread> start_nothing(std::function<void()>) {
  ++started;
  return nullptr;
}

/// A snapshot of blocks of 100 kB to 1.2 MB, each of one letter.
class reading_ahead : public ::testing::Test {
 protected:
  static constexpr std::uint32_t blocks = 26;

  reading_ahead() {
    std::string name = (std::filesystem::temp_directory_path() / "weir_blocks_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw error("cannot make a temporary directory");
    directory = name;
    started = 0;
    snapshot_writer writer(disk, directory + "/chk");
    for (std::uint32_t number = 0; number < blocks; ++number) {
      snapshot_block block{};
      block.kind = block_kind::rows;
      block.key_group = number;
      block.rows = 1;
      block.name = "rows";
      block.bytes = content_of(number);
      writer.append(block);
    }
    snapshot_manifest manifest;
    manifest.job = "job";
    manifest.id = 1;
    manifest.key_groups = 128;
    manifest.operators = {{.uid = "sums", .kind = "process", .key_schema = "u64", .state_schema = "", .parallelism = 1}};
    writer.finish(manifest);
  }
  ~reading_ahead() override { std::filesystem::remove_all(directory); }

  static std::string content_of(std::uint32_t number) {
    return std::string(100'000 + number * 7919 % blocks * 44'000, static_cast<char>('a' + number));
  }

  snapshot_reader open() { return {disk, directory + "/chk"}; }
  static std::vector<const block_place*> places_of(const snapshot_reader& reader) {
    std::vector<const block_place*> places;
    for (const block_place& each : reader.manifest().blocks) places.push_back(&each);
    return places;
  }

  /// Changes a byte of the content of a block.
  void damage(std::uint32_t number) {
    const block_place place = open().manifest().blocks[number];
    std::fstream file(directory + "/chk/data", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place.offset + place.bytes - 10));
    file.put('!');
  }

  /// How many blocks come as they were written, and what is said after them.
  std::pair<std::uint32_t, std::string> read_all(helper_starter start) {
    const snapshot_reader reader = open();
    blocks_ahead ahead(reader.clone(), places_of(reader), start);
    std::uint32_t number = 0;
    try {
      while (const snapshot_block* const block = ahead.next()) {
        if (block->key_group != number || block->bytes != content_of(number)) return {number, "other bytes"};
        ++number;
      }
    } catch (const snapshot_damaged& cause) {
      return {number, cause.what()};
    }
    return {number, ahead.next() == nullptr ? "the end" : "more than there is"};
  }

  posix_storage disk;
  std::string directory;
};

TEST_F(reading_ahead, gives_all_blocks_in_order) {
  EXPECT_EQ(read_all(start_thread), std::pair(blocks, std::string("the end")));
  EXPECT_EQ(started, 1);
  EXPECT_EQ(at_work, 0);
}

TEST_F(reading_ahead, reads_itself_where_there_is_no_helper) {
  EXPECT_EQ(read_all(nullptr), std::pair(blocks, std::string("the end")));
  EXPECT_EQ(read_all(start_nothing), std::pair(blocks, std::string("the end")));
  EXPECT_EQ(started, 1);
}

TEST_F(reading_ahead, says_of_a_damaged_block_what_is_said_without_a_helper) {
  for (const std::uint32_t number : {0u, 1u, 13u, blocks - 1}) {
    damage(number);
    const auto expected = std::pair(
        number, directory + "/chk/data is damaged: the block at offset " +
                    std::to_string(open().manifest().blocks[number].offset) +
                    " has a header or bytes that do not agree with its checksums; bring it back from a copy, or remove its "
                    "directory and restore another snapshot");
    EXPECT_EQ(read_all(nullptr), expected);
    EXPECT_EQ(read_all(start_thread), expected);
    EXPECT_EQ(at_work, 0);
    std::fstream file(directory + "/chk/data", std::ios::in | std::ios::out | std::ios::binary);
    const block_place place = open().manifest().blocks[number];
    file.seekp(static_cast<std::streamoff>(place.offset + place.bytes - 10));
    file.put(static_cast<char>('a' + number));
  }
}

TEST_F(reading_ahead, ends_its_helper_when_the_subtask_goes) {
  for (std::uint32_t taken = 0; taken < 6; ++taken) {
    {
      const snapshot_reader reader = open();
      blocks_ahead ahead(reader.clone(), places_of(reader), start_thread);
      for (std::uint32_t number = 0; number < taken; ++number) {
        ASSERT_EQ(ahead.next()->bytes, content_of(number));
      }
    }
    EXPECT_EQ(at_work, 0);
  }
}

TEST_F(reading_ahead, asks_for_no_helper_for_little) {
  const snapshot_reader reader = open();
  std::vector<const block_place*> places = places_of(reader);
  places.resize(3);
  blocks_ahead ahead(reader.clone(), places, start_thread);
  for (std::uint32_t number = 0; number < 3; ++number) EXPECT_EQ(ahead.next()->bytes, content_of(number));
  EXPECT_EQ(ahead.next(), nullptr);
  EXPECT_EQ(started, 0);
}

}  // namespace
}  // namespace weir
