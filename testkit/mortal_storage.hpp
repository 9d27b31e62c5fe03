#pragma once
// The disk as a simulated process sees it: everything goes on to the disk below until the process dies, between two
// calls or within one; after that nothing does, not even what destructors would still tidy up. Calls may also fail.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/storage.hpp"

namespace weir::testing {

class mortal_storage final : public storage {
 public:
  explicit mortal_storage(storage& below) : life_(std::make_shared<life>()), below_(&below) {}

  /// The process dies with the call after `calls` further ones that change something: before it has any effect, or
  /// after all of it.
  void die_at(std::uint64_t calls, bool after_effect) {
    life_->left = calls;
    life_->after_effect = after_effect;
  }
  void die() noexcept { life_->dead = true; }
  bool dead() const noexcept { return life_->dead; }
  /// How many calls that change something were made.
  std::uint64_t calls() const noexcept { return life_->calls; }

  /// The call after `calls` further ones, of any kind, throws weir::error: before it has any effect (an append has half
  /// of it), or after all of it.
  void fail_at(std::uint64_t calls, bool after_effect) {
    life_->until_error = calls;
    life_->error_after_effect = after_effect;
  }
  /// How many calls have failed so.
  std::uint64_t errors() const noexcept { return life_->errors; }

  std::unique_ptr<readable_file> open(const std::string& path) override;
  std::unique_ptr<writable_file> create(const std::string& path) override;
  std::unique_ptr<writable_file> open_to_append(const std::string& path, std::uint64_t length) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  file_info stat(const std::string& path) override;
  bool exists(const std::string& path) override;
  std::vector<file_info> list(const std::string& pattern) override;
  std::vector<std::string> list_directory(const std::string& path) override;
  void create_directories(const std::string& path) override;
  void remove_directory(const std::string& path) override;
  std::unique_ptr<storage_lock> lock(const std::string& path) override;

 private:
  struct life {
    bool dead = false;
    std::optional<std::uint64_t> left;
    bool after_effect = false;
    std::uint64_t calls = 0;
    std::optional<std::uint64_t> until_error;
    bool error_after_effect = false;
    std::uint64_t errors = 0;

    /// Makes a call that changes something, or dies, or fails. Throws weir::error once the process is dead.
    template <class Call>
    auto change(Call&& call);
    /// Makes a call that changes nothing, or fails: to die there is to die before or after.
    template <class Call>
    auto look(Call&& call);
    bool fails_now();
  };
  class reading;
  class writing;

  std::shared_ptr<life> life_;
  storage* below_;
};

}  // namespace weir::testing
