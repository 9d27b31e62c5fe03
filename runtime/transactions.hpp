#pragma once
// What most sinks that commit in two phases need: a writer collects what it has written into transactions, any value that
// the codec can encode (core/codec.hpp), such as the name of a staging table or file; a committer commits one at a time.
// docs/howto has an example.
#include <cstdint>
#include <deque>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/codec.hpp"
#include "weir/runtime/committer.hpp"
#include "weir/runtime/sink.hpp"

namespace weir {

/// The transactions of one writer that no complete checkpoint covers yet, oldest first.
template <class Transaction>
class pending_transactions {
 public:
  /// One that can be committed from now on, by anyone, whatever happens to this process: the next checkpoint covers it.
  void add(Transaction closed) { closed_.push_back(std::move(closed)); }

  /// All that the checkpoint must hold: what was closed since the last one, and what was prepared for earlier ones of which
  /// none has been completed.
  std::vector<Transaction> prepare(const prepare_request& request) {
    while (!prepared_.empty() && prepared_.front().checkpoint <= request.completed) prepared_.pop_front();
    for (Transaction& each : closed_) prepared_.push_back({request.checkpoint, std::move(each)});
    closed_.clear();
    std::vector<Transaction> all;
    for (const entry& each : prepared_) all.push_back(each.transaction);
    return all;
  }

 private:
  struct entry {
    std::uint64_t checkpoint;
    Transaction transaction;
  };
  std::vector<Transaction> closed_;
  std::deque<entry> prepared_;
};

/// What `prepare` of a writer returns for a transaction_committer.
template <class Transaction>
prepared_part encode_transactions(const std::vector<Transaction>& transactions) {
  prepared_part bytes;
  encode(transactions, bytes);
  return bytes;
}

/// A committer of transactions.
template <class Transaction>
class transaction_committer : public committer {
 public:
  /// Goes on after one that fails, and throws the first error at the end.
  void commit(const std::vector<prepared_part>& parts) final { commit_all(read(parts)); }
  void recover(const std::vector<prepared_part>& parts) final {
    const std::vector<Transaction> prepared = read(parts);
    commit_all(prepared);
    abort_others(prepared);
  }

 protected:
  /// Makes one visible; does nothing if it is. Throws weir::error if it cannot.
  virtual void commit_one(const Transaction& prepared) = 0;

  /// Before the job starts: takes back what earlier runs of this sink began and left uncommitted. `committed` holds those
  /// that have just been committed.
  virtual void abort_others(const std::vector<Transaction>& committed) = 0;

 private:
  static std::vector<Transaction> read(const std::vector<prepared_part>& parts) {
    std::vector<Transaction> all;
    for (const prepared_part& bytes : parts) {
      std::vector<Transaction> some = decode_all<std::vector<Transaction>>(bytes);
      all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
  }

  void commit_all(const std::vector<Transaction>& all) {
    std::exception_ptr first;
    for (const Transaction& each : all) {
      try {
        commit_one(each);
      } catch (...) {
        if (first == nullptr) first = std::current_exception();
      }
    }
    if (first != nullptr) std::rethrow_exception(first);
  }
};

}  // namespace weir
