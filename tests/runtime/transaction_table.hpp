#pragma once
// A database that commits in two phases, and what a sink needs to write to it. For tests of sinks of a user's own, and for
// observed cases.
#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/error.hpp"
#include "weir/runtime/transactions.hpp"

namespace weir::testing {

/// A database outside the job: rows of open transactions are seen by nobody.
class transaction_table {
 public:
  std::string begin() {
    const std::lock_guard lock(mutex_);
    const std::string name = "transaction " + std::to_string(++begun_);
    open_[name];
    return name;
  }
  void add(const std::string& transaction, const std::string& row) {
    const std::lock_guard lock(mutex_);
    open_.at(transaction).push_back(row);
  }
  void commit(const std::string& transaction) {
    const std::lock_guard lock(mutex_);
    if (fails_next_) {
      fails_next_ = false;
      throw error(transaction + " cannot be committed; the table is locked");
    }
    if (committed_.contains(transaction)) return;
    const auto found = open_.find(transaction);
    if (found == open_.end()) throw error("there is no " + transaction);
    rows_.insert(rows_.end(), found->second.begin(), found->second.end());
    open_.erase(found);
    committed_.insert(transaction);
  }
  void abort_all_but(const std::vector<std::string>& kept) {
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [&](const auto& each) { return std::find(kept.begin(), kept.end(), each.first) == kept.end(); });
  }

  void fail_next_commit() { fails_next_ = true; }
  std::size_t open_transactions() const { return open_.size(); }
  const std::vector<std::string>& rows() const { return rows_; }

 private:
  std::mutex mutex_;
  std::size_t begun_ = 0;
  bool fails_next_ = false;
  std::map<std::string, std::vector<std::string>> open_;
  std::set<std::string> committed_;
  std::vector<std::string> rows_;
};

class table_committer final : public transaction_committer<std::string> {
 public:
  explicit table_committer(transaction_table& into) : table_(into) {}

 private:
  void commit_one(const std::string& transaction) override { table_.commit(transaction); }
  void abort_others(const std::vector<std::string>&) override { table_.abort_all_but({}); }

  transaction_table& table_;
};

/// Always has a transaction open, as Flink's function has.
class table_writer {
 public:
  explicit table_writer(transaction_table& into) : table_(&into), current_(into.begin()) {}

  void write(const std::string& row) { table_->add(current_, row); }
  void write(int number) { write(std::to_string(number)); }
  void flush() {}
  void close() {}
  prepared_part prepare(const prepare_request& request) {
    pending_.add(std::exchange(current_, {}));
    if (!request.finished) current_ = table_->begin();
    return encode_transactions(pending_.prepare(request));
  }

 private:
  transaction_table* table_;
  std::string current_;
  pending_transactions<std::string> pending_;
};

}  // namespace weir::testing
