// Files that are written past the page cache, by themselves and through the storage.
#include "weir/runtime/past_cache_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "weir/core/error.hpp"
#include "weir/runtime/posix_storage.hpp"

namespace weir {
namespace {

using detail::past_cache_writer;

constexpr std::size_t block = past_cache_writer::alignment;
constexpr std::size_t piece = past_cache_writer::piece_bytes;

/// Owns an empty directory of the real file system.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir_past_cache_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw error("cannot make a temporary directory");
    path = name;
  }
  ~temporary_directory() { std::filesystem::remove_all(path); }
  std::string path;
};

/// Bytes that are others at every place within a piece, and in every piece.
std::string numbered_bytes(std::size_t count) {
  std::string bytes(count + sizeof(std::uint64_t), '\0');
  for (std::size_t at = 0; at < count; at += sizeof(std::uint64_t)) {
    const std::uint64_t number = (at + 1) * 0x9e3779b97f4a7c15u;
    std::memcpy(bytes.data() + at, &number, sizeof number);
  }
  bytes.resize(count);
  return bytes;
}

std::string content_of(const std::string& path) {
  std::string bytes(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

/// No file of this process becomes larger. Nothing where the limit may not be set.
class file_size_limit {
 public:
  explicit file_size_limit(std::size_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

 private:
  ::rlimit before_{};
  void (*handler_)(int) = nullptr;
};

class past_cache : public ::testing::Test {
 protected:
  past_cache() : descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {}
  ~past_cache() override { ::close(descriptor); }

  /// By three appends of different lengths.
  int write(const std::string& bytes) const {
    const auto writer = past_cache_writer::begin(descriptor);
    if (writer == nullptr) return -1;
    const std::string_view all = bytes;
    const std::size_t first = all.size() / 3;
    const std::size_t second = all.size() / 7;
    for (const std::string_view part : {all.substr(0, first), all.substr(first, second), all.substr(first + second)}) {
      if (const int code = writer->append(part)) return code;
    }
    return writer->finish();
  }

  temporary_directory directory;
  std::string path = directory.path + "/f";
  int descriptor;
};

TEST_F(past_cache, takes_any_number_of_bytes) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, piece - 1, piece, piece + 1,
                                 piece + block, 3 * piece, 3 * piece + block - 1, 5 * piece + 7}) {
    ASSERT_EQ(::ftruncate(descriptor, 0), 0);
    ASSERT_EQ(::lseek(descriptor, 0, SEEK_SET), 0);
    const std::string bytes = numbered_bytes(size);
    if (write(bytes) == -1) GTEST_SKIP() << "this file system has a page cache only";
    EXPECT_TRUE(content_of(path) == bytes) << size << " bytes came back as others";
    EXPECT_EQ(::fcntl(descriptor, F_GETFL) & O_DIRECT, 0) << "the descriptor must take normal writes again";
  }
}

// A file system that refuses when it is written to says what it says to a place between two blocks.
TEST_F(past_cache, goes_on_through_the_cache_where_the_file_system_refuses) {
  ASSERT_EQ(::write(descriptor, "begin", 5), 5);
  const std::string bytes = numbered_bytes(4 * piece + 100);
  const int code = write(bytes);
  if (code == -1) GTEST_SKIP() << "this file system has a page cache only";
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(content_of(path) == "begin" + bytes);
}

TEST_F(past_cache, says_what_failed_again_and_again) {
  const std::string bytes = numbered_bytes(piece);
  const file_size_limit limit(2 * piece);
  const auto writer = past_cache_writer::begin(descriptor);
  if (writer == nullptr) GTEST_SKIP() << "this file system has a page cache only";
  int code = 0;
  for (std::size_t i = 0; i < 2 + past_cache_writer::pieces && code == 0; ++i) code = writer->append(bytes);
  EXPECT_EQ(code, EFBIG);
  EXPECT_EQ(writer->append("x"), EFBIG);
  EXPECT_EQ(writer->finish(), EFBIG);
  EXPECT_EQ(writer->finish(), EFBIG);
}

// ---- through the storage, where the first 32 MiB go through the cache ------------------------------------------------

constexpr std::size_t through_cache = std::size_t{32} << 20;

TEST_F(past_cache, files_of_the_storage_are_what_was_appended) {
  const std::string bytes = numbered_bytes(through_cache + 2 * piece + 3);
  const std::string_view all = bytes;
  posix_storage disk;
  for (const std::size_t size : {through_cache + 1, bytes.size()}) {
    const std::string name = directory.path + "/" + std::to_string(size);
    const auto file = disk.create(name);
    file->write_past_cache();
    file->append(all.substr(0, 5));
    file->append(all.substr(5, size - 5));
    file->start_sync();
    file->sync();
    EXPECT_TRUE(content_of(name) == all.substr(0, size)) << size << " bytes came back as others";
    file->append("more");
    file->close();
    EXPECT_TRUE(content_of(name) == bytes.substr(0, size) + "more") << size;
  }
}

TEST_F(past_cache, destroying_a_file_keeps_what_was_appended) {
  const std::string bytes = numbered_bytes(through_cache + piece + 3);
  posix_storage disk;
  {
    const auto file = disk.create(directory.path + "/g");
    file->write_past_cache();
    file->append(bytes);
  }
  EXPECT_TRUE(content_of(directory.path + "/g") == bytes);
}

TEST_F(past_cache, a_write_that_failed_in_between_fails_the_sync_with_its_reason) {
  const std::string name = directory.path + "/g";
  const std::string bytes = numbered_bytes(piece);
  posix_storage disk;
  const auto file = disk.create(name);
  const file_size_limit limit(through_cache + block);
  file->write_past_cache();
  file->append(numbered_bytes(through_cache));
  const auto message_of = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const error& cause) {
      return cause.what();
    }
    return "no error";
  };
  const std::string expected =
      "cannot write " + name + ": File too large; the file system or `ulimit -f` allows no larger files";
  EXPECT_EQ(message_of([&] { file->append(bytes); file->sync(); }), expected);
  EXPECT_EQ(message_of([&] { file->append("x"); }), expected);
  EXPECT_EQ(message_of([&] { file->sync(); }), expected);
  EXPECT_EQ(message_of([&] { file->close(); }), expected);
}

}  // namespace
}  // namespace weir
