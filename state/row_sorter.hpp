#pragma once
// Sorts more rows than fit into memory: what is told to `spill` goes into a file in order, a run, and all runs are
// merged in the end (Knuth, The Art of Computer Programming 3, 5.4). Rows are bytes and compare as bytes
// (core/ordered_bytes.hpp). Used by sort_by (dsl/sort_by.hpp).
//
// No call sorts all: rows in memory are sorted in sections as they come, and merged row by row when they are taken out.
// Many runs are joined into one by calls of join_some, each of as many rows as it is told; a spill does what is left.
//
// A run never changes, so snapshots share them as they share the tables of a row store (shared_files.hpp): a snapshot
// writes what came since the last one, and names the rest.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/storage.hpp"
#include "weir/state/row_merge.hpp"

namespace weir::detail {

/// What the part of a snapshot is called that names runs: a row_store_files.
inline constexpr std::string_view runs_name = "runs";

/// Where a job may spill. Both on one file system.
struct spill_places {
  std::string spilled{};  ///< while it runs; empty: nowhere
  std::string shared{};   ///< that of its checkpoints; empty: none are taken
};

/// One thread. Everything but add() may throw weir::error, which names the file.
class row_sorter {
 public:
  /// `name` begins the names of its files, as those of nobody else in the job. Both references outlive it.
  row_sorter(storage& disk, const spill_places& places, std::string name);
  row_sorter(const row_sorter&) = delete;
  row_sorter& operator=(const row_sorter&) = delete;
  ~row_sorter();

  /// Requires that no row was taken out by next().
  void add(std::string_view row);

  bool can_spill() const noexcept { return !places_.spilled.empty(); }
  /// What was added goes to disk; nothing if that is nothing. Runs that are being joined are joined to the end first.
  /// Requires can_spill().
  void spill();
  /// Goes on joining runs where there are many of one level, by so many rows at most.
  void join_some(std::size_t rows);

  std::size_t rows() const noexcept { return rows_; }
  /// What a spill would free.
  std::size_t unspilled_bytes() const noexcept;
  /// That, and what reads runs once rows are taken out. What reads those that are being joined is not counted.
  std::size_t memory_bytes() const noexcept;
  /// Written into files so far.
  std::uint64_t spilled_bytes() const noexcept { return spilled_bytes_; }

  /// Makes all rows durable in the `shared` of the checkpoints, and returns the part that names their files. Requires a
  /// place for them.
  std::string snapshot();

  /// Calls `visit(row)` for every row that a part of the snapshot `directory` names, in any order. Throws
  /// snapshot_damaged where a file is missing or not as it was written.
  static void read_snapshot(storage& disk, std::string_view part, const std::string& directory,
                            const std::function<void(std::string_view)>& visit);

  /// The next row in order, valid until the next call; false when there is none. After the last one no file of its own is
  /// left, and what is left in memory goes by forget_some().
  bool next(std::string_view& row);
  /// Frees some of what was in memory; false once nothing is left. Requires that next() has given the last row.
  bool forget_some() noexcept;

 private:
  struct run {
    std::string path;
    std::uint64_t bytes = 0;
    unsigned level = 0;   ///< how often its rows were merged
    bool shared = false;  ///< a snapshot may name it
    bool joins = false;   ///< it is being joined
  };
  struct joining;

  char* allocate(std::size_t bytes);
  void sort_last_section();
  void forget_rows() noexcept;
  std::string path_of_next_run();
  void add_runs(row_merge& to, bool joined_only) const;
  void add_sections(row_merge& to) const;
  void write_run();
  void begin_joining();
  void finish_joining();
  void abandon_joining() noexcept;
  void discard(const run& of) noexcept;

  storage& disk_;
  const spill_places& places_;
  std::string name_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_bytes_ = 0;                   // of all
  std::size_t chunk_left_ = 0;                    // of the last one
  std::vector<std::vector<row_entry>> sections_;  // full and sorted, but the last one
  std::vector<run> runs_;
  std::size_t rows_ = 0;
  std::uint64_t next_run_ = 0;
  std::uint64_t spilled_bytes_ = 0;
  std::unique_ptr<joining> joining_;
  std::unique_ptr<row_merge> merging_;  // of all, once rows are taken out
  bool all_taken_ = false;
};

/// The places while an attempt to run a job lasts: what another one has left behind is removed, and in the end what this
/// one does.
class spill_room {
 public:
  /// Throws weir::error. `places` may have none.
  spill_room(storage& disk, spill_places places);
  spill_room(const spill_room&) = delete;
  spill_room& operator=(const spill_room&) = delete;
  ~spill_room();

  const spill_places& places() const noexcept { return places_; }

 private:
  void clear();

  storage& disk_;
  spill_places places_;
};

}  // namespace weir::detail
