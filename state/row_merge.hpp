#pragma once
// Rows of several sources in order: runs on disk, and sections of rows in memory that are each sorted. A heap of their
// next rows (Knuth, The Art of Computer Programming 3, 5.4.1). Used by row_sorter.hpp.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "weir/state/sorted_run.hpp"

namespace weir::detail {

/// A row that lies elsewhere, with its first bytes, which decide most comparisons.
struct row_entry {
  std::uint64_t prefix;
  const char* bytes;
  std::uint32_t size;

  std::string_view row() const noexcept { return {bytes, size}; }
  friend bool operator<(const row_entry& left, const row_entry& right) noexcept {
    return left.prefix != right.prefix ? left.prefix < right.prefix : left.row() < right.row();
  }
};

/// The first eight bytes compare as the rows do, where they differ.
row_entry entry_of(std::string_view row) noexcept;

/// One thread. begin() and advance() may throw weir::error, which names the file.
class row_merge {
 public:
  /// Both before begin(). A section is sorted, and stays as it is while this lives.
  void add(std::unique_ptr<run_reader> run);
  void add(std::span<const row_entry> section);
  void begin();

  bool done() const noexcept { return heads_.empty(); }
  /// The least that is left, valid until advance(). Requires !done().
  std::string_view row() const noexcept { return heads_.front().entry.row(); }
  void advance();

  std::size_t memory_bytes() const noexcept;

 private:
  struct source {
    std::unique_ptr<run_reader> run;  ///< null: a section
    std::span<const row_entry> section{};
  };
  struct head {
    row_entry entry;
    std::size_t source;
  };

  /// Moves the source on; false behind its last row.
  static bool next_of(source& from, row_entry& entry);
  void sink_first() noexcept;

  std::vector<source> sources_;
  std::vector<head> heads_;  // of the sources that have a row: a heap, the least first
};

}  // namespace weir::detail
