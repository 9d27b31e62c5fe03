#pragma once
// Row stores in std::maps: they stand in for RocksDB, which does its own input and output, where a test decides what
// happens when. They check what a row store may rely on (state/row_store.hpp).
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.hpp"
#include "weir/state/row_store.hpp"
#include "weir/state/shared_files.hpp"

namespace weir::testing {

struct map_row_store_options {
  std::size_t cache_bytes = 0;
  std::uint32_t prepared_in = 1;  ///< a snapshot, after so many calls on average
};

class map_row_store final : public detail::row_store {
 public:
  explicit map_row_store(const map_row_store_options& options) : options_(options) {}

  std::size_t cache_bytes() const noexcept override { return options_.cache_bytes; }

  void read(std::span<const std::string_view> keys, const found_visitor& found) override {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string key(keys[i]);
      EXPECT_FALSE(pending_.contains(key)) << "a row is asked for that was put and not written";
      const auto row = rows_.find(key);
      if (row != rows_.end()) found(i, row->second);
    }
  }
  void put(std::string_view key, std::string_view row) override { add(key, std::string(row)); }
  void erase(std::string_view key) override { add(key, std::nullopt); }
  void write() override {
    for (auto& [key, row] : pending_) {
      if (row) rows_.insert_or_assign(key, std::move(*row));
      if (!row) rows_.erase(key);
    }
    pending_.clear();
  }
  void scan(key_group_range groups, const row_visitor& visit) override {
    write();
    for (const auto& [key, row] : rows_) {
      if (groups.contains(detail::row_group_of(key))) visit(key, row);
    }
  }

  bool prepare_snapshot() override {
    write();
    return random_() % options_.prepared_in == 0;
  }
  std::string snapshot() override {
    write();
    detail::row_store_files files;
    files.format = detail::row_store_files::format_now;
    files.contents.assign(rows_.begin(), rows_.end());
    std::string part;
    encode(files, part);
    return part;
  }
  void restore(std::string_view part, const std::string& directory, key_group_range groups) override {
    for (auto& [key, row] : detail::read_row_store_files(part, directory).contents) {
      if (groups.contains(detail::row_group_of(key))) rows_.emplace(std::move(key), std::move(row));
    }
  }

 private:
  void add(std::string_view key, std::optional<std::string> row) {
    pending_.insert_or_assign(std::string(key), std::move(row));
  }

  map_row_store_options options_;
  std::map<std::string, std::string> rows_;
  std::map<std::string, std::optional<std::string>> pending_;
  std::mt19937 random_{1};
};

class map_row_stores final : public detail::row_stores {
 public:
  explicit map_row_stores(const map_row_store_options& options) : options_(options) {}

  bool keeps_rows() const noexcept override { return true; }
  std::unique_ptr<detail::row_store> open(detail::row_store_description) override {
    return std::make_unique<map_row_store>(options_);
  }
  void scan_part(std::string_view part, const std::string& directory, key_group_range groups,
                 const detail::row_store::row_visitor& visit) override {
    for (const auto& [key, row] : detail::read_row_store_files(part, directory).contents) {
      if (groups.contains(detail::row_group_of(key))) visit(key, row);
    }
  }

 private:
  map_row_store_options options_;
};

}  // namespace weir::testing
