#include "weir/connectors/line_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "weir/connectors/fd_line_reader.hpp"
#include "weir/core/error.hpp"
#include "weir/testkit/memory_storage.hpp"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using numbered_line = std::pair<std::uint64_t, std::string>;

/// What a reader must find, the slow way: every line that begins in [begin, end), with its offset.
std::vector<numbered_line> lines_of(const std::string& text, std::uint64_t begin, std::uint64_t end) {
  std::vector<numbered_line> lines;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t stop = start;
    while (stop < text.size() && text[stop] != '\n') ++stop;
    std::string line = text.substr(start, stop - start);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (start >= begin && start < end) lines.emplace_back(start, line);
    start = stop + 1;
  }
  return lines;
}

class disk : public ::testing::Test {
 protected:
  line_reader reader(const std::string& text, std::uint64_t begin = 0, std::uint64_t end = line_reader::to_the_end,
                     line_reader_options options = {}) {
    files.write("f", text);
    return {files.open("f"), "f", begin, end, options};
  }

  static std::vector<numbered_line> read_all(line_reader& reader) {
    std::vector<numbered_line> lines;
    for (std::string_view line; reader.next_line(line);) lines.emplace_back(reader.offset(), line);
    return lines;
  }

  weir::testing::memory_storage files;
};
using line_reader_on = disk;
using for_each_line_on = disk;

TEST_F(line_reader_on, a_small_file) {
  line_reader lines = reader("one\ntwo\r\n\n\r\nlast");
  EXPECT_EQ(lines.next_offset(), 0u);
  EXPECT_THAT(read_all(lines), ElementsAre(numbered_line(0, "one"), numbered_line(4, "two"), numbered_line(9, ""),
                                           numbered_line(10, ""), numbered_line(12, "last")));
  EXPECT_EQ(lines.next_offset(), 16u);
  std::string_view line;
  EXPECT_FALSE(lines.next_line(line));
}

TEST_F(line_reader_on, an_empty_file_and_an_empty_split) {
  line_reader empty = reader("");
  EXPECT_THAT(read_all(empty), IsEmpty());
  line_reader nothing = reader("a\nb\n", 2, 2);
  EXPECT_THAT(read_all(nothing), IsEmpty());
  line_reader beyond = reader("a\nb", 100, 200);
  EXPECT_THAT(read_all(beyond), IsEmpty());
}

TEST_F(line_reader_on, the_end_of_one_split_is_the_begin_of_the_next) {
  const std::string text = "aaa\nbbb\nccc\n";
  line_reader first = reader(text, 0, 4);
  EXPECT_THAT(read_all(first), ElementsAre(numbered_line(0, "aaa")));
  line_reader second = reader(text, 4, 5);
  EXPECT_THAT(read_all(second), ElementsAre(numbered_line(4, "bbb")));
  line_reader third = reader(text, 5, 8);
  EXPECT_THAT(read_all(third), IsEmpty());
}

TEST_F(line_reader_on, random_files_cut_anywhere_with_any_block_size) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 400; ++round) {
    std::string text(random() % 3000, 'x');
    const unsigned rarity = 1 + random() % 200;
    for (char& each : text) {
      if (random() % rarity == 0) each = "\n\r,"[random() % 3];
    }
    std::vector<numbered_line> found;
    std::uint64_t begin = 0;
    const std::size_t block_bytes = 1 + random() % 500;
    while (begin < text.size()) {
      const std::uint64_t end = begin + 1 + random() % (1 + random() % 3000);
      line_reader lines = reader(text, begin, end, {.block_bytes = block_bytes});
      std::vector<numbered_line> of_split;
      std::string_view line;
      while (lines.next_line(line)) {
        of_split.emplace_back(lines.offset(), line);
        if (random() % 8 == 0) {  // a restart from a snapshot
          lines = reader(text, lines.next_offset(), end, {.block_bytes = block_bytes});
        }
      }
      ASSERT_EQ(of_split, lines_of(text, begin, end)) << "split " << begin << " " << end << " block " << block_bytes;
      found.insert(found.end(), of_split.begin(), of_split.end());
      begin = end;
    }
    ASSERT_EQ(found, lines_of(text, 0, text.size()));
  }
}

TEST_F(line_reader_on, lines_longer_than_a_block) {
  const std::string text = "short\n" + std::string(5000, 'a') + "\n" + std::string(70, 'b') + "\nend";
  line_reader lines = reader(text, 0, line_reader::to_the_end, {.block_bytes = 64});
  EXPECT_EQ(read_all(lines), lines_of(text, 0, text.size()));
}

TEST_F(line_reader_on, a_line_beyond_the_limit_is_refused) {
  line_reader lines = reader("ab\n" + std::string(5000, 'a') + "\n", 0, line_reader::to_the_end,
                             {.block_bytes = 64, .line_bytes_max = 1000});
  std::string_view line;
  EXPECT_TRUE(lines.next_line(line));
  try {
    lines.next_line(line);
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("f has a line of more than 1000 bytes at offset 3; break its lines up"));
  }
  line_reader within =
      reader(std::string(1000, 'a') + "\n", 0, line_reader::to_the_end, {.block_bytes = 64, .line_bytes_max = 1000});
  EXPECT_EQ(read_all(within).size(), 1u);
}

TEST_F(line_reader_on, does_not_read_far_beyond_its_split) {
  std::string text(1 << 20, 'x');
  for (std::size_t i = 99; i < text.size(); i += 100) text[i] = '\n';
  std::size_t reads = 0;
  files.observe([&](weir::testing::storage_operation operation, const std::string&) {
    if (operation == weir::testing::storage_operation::read) ++reads;
  });
  line_reader lines = reader(text, 0, 1000);
  EXPECT_EQ(read_all(lines).size(), 10u);
  EXPECT_EQ(reads, 1u);
}

TEST_F(line_reader_on, a_pinned_block_stays_valid_while_the_reader_goes_on) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  line_reader lines = reader(text, 0, line_reader::to_the_end, {.block_bytes = 128});
  std::vector<std::pair<block_handle, std::string_view>> kept;
  std::vector<std::string_view> expected_order;
  for (std::string_view line; lines.next_line(line);) {
    kept.emplace_back(lines.pin(), line);
    if (kept.size() > 200) kept.erase(kept.begin(), kept.begin() + 100);
  }
  ASSERT_GT(kept.size(), 100u);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].second, "line " + std::to_string(1000 - kept.size() + i));
  }
}

TEST_F(line_reader_on, blocks_may_be_released_on_another_thread) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + "\n";
  line_reader lines = reader(text, 0, line_reader::to_the_end, {.block_bytes = 1024});
  std::mutex mutex;
  std::vector<std::pair<block_handle, std::string_view>> sent;
  std::atomic<bool> done = false;
  std::uint64_t sum = 0;
  std::thread consumer([&] {
    for (bool last = false; !last;) {
      last = done;
      std::vector<std::pair<block_handle, std::string_view>> taken;
      {
        const std::lock_guard lock(mutex);
        taken.swap(sent);
      }
      for (const auto& [block, chunk] : taken) {
        for_each_line(chunk, [&](std::string_view line) { sum += std::stoull(std::string(line)); });
      }
    }
  });
  for (std::string_view chunk = lines.next_chunk(); !chunk.empty(); chunk = lines.next_chunk()) {
    const std::lock_guard lock(mutex);
    sent.emplace_back(lines.pin(), chunk);
  }
  done = true;
  consumer.join();
  EXPECT_EQ(sum, 20000ull * 19999 / 2);
}

TEST_F(line_reader_on, padding_behind_every_line_may_be_read) {
  line_reader lines = reader("a\nlast", 0, line_reader::to_the_end, {.block_bytes = 6});
  for (std::string_view line; lines.next_line(line);) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < line_block::padding_bytes; ++i)
      sum += static_cast<unsigned char>(line.data()[line.size() + i]);
    EXPECT_LT(sum, 64u * 256);
  }
}

TEST_F(for_each_line_on, chunks_hold_the_same_lines) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += std::string(static_cast<std::size_t>(i * 7 % 90), 'a') + (i % 3 == 0 ? "\r\n" : "\n");
  text += "unfinished";
  line_reader lines = reader(text, 100, 20000, {.block_bytes = 512});
  std::vector<numbered_line> found;
  for (std::string_view chunk = lines.next_chunk(); !chunk.empty(); chunk = lines.next_chunk()) {
    for_each_line(chunk, [&](std::string_view line) { found.emplace_back(lines.offset_of(line.data()), line); });
  }
  EXPECT_EQ(found, lines_of(text, 100, 20000));
}

TEST_F(line_reader_on, line_numbers_count_from_one) {
  files.write("f", "a\nbb\n\nc");
  EXPECT_EQ(line_number_at(files, "f", 0), 1u);
  EXPECT_EQ(line_number_at(files, "f", 2), 2u);
  EXPECT_EQ(line_number_at(files, "f", 5), 3u);
  EXPECT_EQ(line_number_at(files, "f", 6), 4u);
}

class pipe_of_lines : public ::testing::Test {
 protected:
  pipe_of_lines() { EXPECT_EQ(::pipe(ends), 0); }
  ~pipe_of_lines() override {
    ::close(ends[0]);
    close_writer();
  }
  void send(std::string_view text) {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<::ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};
using fd_line_reader_on = pipe_of_lines;

TEST_F(fd_line_reader_on, never_waits) {
  fd_line_reader lines(ends[0], "pipe");
  std::string_view line;
  EXPECT_EQ(lines.next_line(line), line_status::would_block);
  send("one\r\ntw");
  EXPECT_EQ(lines.next_line(line), line_status::line);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(lines.next_line(line), line_status::would_block);
  EXPECT_TRUE(lines.has_partial_line());
  EXPECT_EQ(lines.next_line(line), line_status::would_block);
  send("o\n\nthree");
  EXPECT_EQ(lines.next_line(line), line_status::line);
  EXPECT_EQ(line, "two");
  EXPECT_EQ(lines.next_line(line), line_status::line);
  EXPECT_EQ(line, "");
  EXPECT_EQ(lines.next_line(line), line_status::would_block);
  close_writer();
  EXPECT_EQ(lines.next_line(line), line_status::line);
  EXPECT_EQ(line, "three");
  EXPECT_EQ(lines.next_line(line), line_status::end);
  EXPECT_EQ(lines.next_line(line), line_status::end);
  EXPECT_EQ(lines.lines_read(), 4u);
}

TEST_F(fd_line_reader_on, random_pieces_with_any_block_size) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(random() % 60, 'x') + (random() % 2 == 0 ? "\n" : "\r\n");
  fd_line_reader lines(ends[0], "pipe", {.block_bytes = 1 + random() % 100});
  std::vector<std::string> found;
  std::string_view line;
  std::size_t sent = 0;
  for (;;) {
    if (sent < text.size() && random() % 2 == 0) {
      const std::size_t size = std::min<std::size_t>(random() % 200, text.size() - sent);
      send(std::string_view(text).substr(sent, size));
      sent += size;
    } else if (sent == text.size()) {
      close_writer();
    }
    line_status result = line_status::would_block;
    while ((result = lines.next_line(line)) == line_status::line) found.emplace_back(line);
    if (result == line_status::end) break;
  }
  std::vector<std::string> expected;
  for (auto& [offset, each] : lines_of(text, 0, text.size())) expected.push_back(each);
  EXPECT_EQ(found, expected);
}

TEST_F(fd_line_reader_on, refuses_endless_lines_and_closed_descriptors) {
  fd_line_reader lines(ends[0], "pipe", {.block_bytes = 16, .line_bytes_max = 100});
  send("first\n" + std::string(500, 'x'));
  std::string_view line;
  EXPECT_EQ(lines.next_line(line), line_status::line);
  try {
    lines.next_line(line);
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("line 2 of pipe is longer than 100 bytes"));
  }
  fd_line_reader closed(-5, "closed");
  EXPECT_EQ(closed.next_line(line), line_status::would_block);
  fd_line_reader bad(987654, "bad");
  EXPECT_THROW(bad.next_line(line), error);
}

}  // namespace
}  // namespace weir
