#pragma once
// A run: rows in order in a file, in blocks with a checksum each.
//   block = bytes of its rows (4, little endian) · XXH3-64 of these (8) · rows, each: its bytes (4) · the row
// Written and merged by row_sorter.hpp.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/storage.hpp"

namespace weir::detail {

class run_writer {
 public:
  run_writer(storage& disk, const std::string& path);

  void append(std::string_view row);
  /// Makes it durable, if it is to be, and returns its bytes.
  std::uint64_t finish(bool durably);

 private:
  void write_block();

  std::unique_ptr<writable_file> file_;
  std::string block_;
  std::string header_;
  std::uint64_t bytes_ = 0;
};

class run_reader {
 public:
  /// Of a run of so many bytes. Throws snapshot_damaged if the file has others.
  run_reader(storage& disk, std::string path, std::uint64_t bytes);

  /// Goes to the next row, the first one to begin with; false behind the last. Throws snapshot_damaged for bytes that were
  /// not written so.
  bool next();
  /// Valid until next().
  std::string_view row() const noexcept { return row_; }

  std::size_t memory_bytes() const noexcept { return block_.capacity(); }

 private:
  void read_block();
  void read(char* into, std::size_t size);

  std::string path_;
  std::unique_ptr<readable_file> file_;
  std::uint64_t bytes_;
  std::uint64_t offset_ = 0;
  std::string block_;
  std::string_view rest_;  // of the block
  std::string_view row_;
};

}  // namespace weir::detail
